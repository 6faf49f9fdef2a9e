/**
 * Evidence: immutable records of facts that were checked on one channel.
 *
 * Authenticators make evidence; only `decide` (verdict.ts) draws conclusions from it. A record names the channel,
 * the site and the origin that it speaks of, and the bytes it rests on, so that it can never count for another.
 */

/** SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469 §2.4), base64 with padding. */
export type Pin = `sha256/${string}`;

/** Names one upstream connection; never reused within a process. */
export type ChannelId = string;

/** Lower-case hex SHA-256 of some bytes. */
export type Fingerprint = string;

export type TlsProtocol = "TLSv1.2" | "TLSv1.3";

interface EvidenceBase {
  readonly channel: ChannelId;
  /** Profile id of the site. */
  readonly site: string;
  /** The https origin the client asked for, e.g. `https://bank.example:8443`. */
  readonly origin: string;
  /** When the fact was checked, milliseconds since the epoch. */
  readonly at: number;
  /** From this time on the fact counts no longer, milliseconds since the epoch. */
  readonly expires: number;
}

/** TLS agreed on an ephemeral key with whoever signed this handshake (RFC 8446 §7.1, RFC 5246 §8.1, RFC 8422). */
export interface KeyAgreementEvidence extends EvidenceBase {
  readonly kind: "channel.key-agreement";
  readonly protocol: TlsProtocol;
  readonly cipher: string;
  /** SHA-256 over both hello messages: names this key agreement. */
  readonly transcript: Fingerprint;
}

/** The server signed this handshake with the key of its leaf certificate, and its Finished verified. */
export interface ServerPossessionEvidence extends EvidenceBase {
  readonly kind: "server.possession";
  /** The leaf's public key. */
  readonly key: Pin;
  readonly certificate: Fingerprint;
  readonly message: "CertificateVerify" | "ServerKeyExchange";
  /** Both hello messages that the signature covers: ties the server's key to one key agreement. */
  readonly transcript: Fingerprint;
}

/** The leaf names the host that the user asked for, in its subject alternative names (RFC 9525). */
export interface ServerNameEvidence extends EvidenceBase {
  readonly kind: "server.name";
  readonly host: string;
  readonly presented: string;
  readonly certificate: Fingerprint;
}

/** Every certificate of the path is within its validity dates; `expires` is the earliest notAfter. */
export interface ServerValidityEvidence extends EvidenceBase {
  readonly kind: "server.validity";
  readonly notBefore: number;
  readonly notAfter: number;
  readonly certificate: Fingerprint;
}

/** The chain verified to an anchor that the profile names (RFC 5280 §6). */
export interface ServerChainEvidence extends EvidenceBase {
  readonly kind: "server.chain";
  readonly anchor: Fingerprint;
  /** Leaf first, anchor last. */
  readonly path: readonly Fingerprint[];
}

/** A pin of the profile equals the leaf's key, or with anchors a key in the verified path. */
export interface ServerPinEvidence extends EvidenceBase {
  readonly kind: "server.pin";
  readonly pin: Pin;
  readonly holder: "leaf" | "path";
  /** The certificate whose key it is: the leaf, or one of the verified path. */
  readonly certificate: Fingerprint;
}

/** A stapled OCSP answer says `good` (RFC 6960); `expires` is its nextUpdate. */
export interface ServerStapleEvidence extends EvidenceBase {
  readonly kind: "server.staple";
  readonly producedAt: number;
  readonly certificate: Fingerprint;
}

/** The server sent a CertificateRequest in this handshake. */
export interface ClientRequestedEvidence extends EvidenceBase {
  readonly kind: "client.requested";
}

/** Our Certificate and CertificateVerify left on this channel, after the server had been judged. */
export interface ClientProofEvidence extends EvidenceBase {
  readonly kind: "client.proof";
  /** The identity's certificate. */
  readonly identity: Fingerprint;
  /** Both hello messages that the signature covers. */
  readonly transcript: Fingerprint;
}

/** The server answered the probe that followed our Finished, and the answer was no rejection. */
export interface ClientAcceptedEvidence extends EvidenceBase {
  readonly kind: "client.accepted";
  readonly status: number;
}

/** The client holds a ticket for the service and made an authenticator with it (RFC 4120 §5.3, §5.5.1). */
export interface KerberosTicketEvidence extends EvidenceBase {
  readonly kind: "kerberos.ticket";
  /** The service, as composed from the profile and as the library canonicalised it: both are the same. */
  readonly principal: string;
  readonly initiator: string;
  /** SHA-256 of the token that carried the authenticator; names this exchange. */
  readonly exchange: Fingerprint;
}

/** The server's AP-REP verified: the context is complete and the library returned the mutual flag (RFC 4120 §5.5.2). */
export interface KerberosMutualEvidence extends EvidenceBase {
  readonly kind: "kerberos.mutual";
  readonly principal: string;
  /** Dotted object identifier; Kerberos 5 is 1.2.840.113554.1.2.2. */
  readonly mechanism: string;
  /** Flags that the library returned, never those asked for. */
  readonly flags: readonly string[];
  readonly exchange: Fingerprint;
}

/** The authenticator carried the tls-server-end-point of this channel's certificate (RFC 5929 §4, RFC 4121 §4.1.1). */
export interface KerberosBindingEvidence extends EvidenceBase {
  readonly kind: "kerberos.binding";
  readonly certificate: Fingerprint;
  /** Hash of the certificate as the binding has it, lower-case hex. */
  readonly endPoint: string;
  readonly exchange: Fingerprint;
}

/** The server answered the request that carried the token, and the answer was no rejection. */
export interface KerberosAcceptedEvidence extends EvidenceBase {
  readonly kind: "kerberos.accepted";
  readonly status: number;
  readonly exchange: Fingerprint;
}

/**
 * The exchange's context protects every message of this channel (RFC 4121 §4.2.4): what it returned is what the profile
 * asks for, at the least, with the order and repetition of messages watched.
 */
export interface GssProtectionEvidence extends EvidenceBase {
  readonly kind: "gss.protection";
  readonly protection: "confidentiality" | "integrity";
  /** Flags that the library returned, never those asked for. */
  readonly flags: readonly string[];
  /** SHA-256 over the tokens of both sides. */
  readonly transcript: Fingerprint;
  readonly exchange: Fingerprint;
}

/** An authenticated directory named the service and its place, in one serviceConnectionPoint object (scp.ts). */
export interface DirectoryEntryEvidence extends EvidenceBase {
  readonly kind: "directory.entry";
  /** `ldaps://dc.example:636` */
  readonly directory: string;
  /** The directory's own channel, on which its verdict was `authenticated` before it was asked. */
  readonly directoryChannel: ChannelId;
  /** The key that the directory proved there. */
  readonly directoryKey: Pin;
  /** Distinguished name of the object. */
  readonly entry: string;
  readonly principal: string;
  readonly host: string;
  readonly port: number;
}

export type Evidence =
  | KeyAgreementEvidence
  | ServerPossessionEvidence
  | ServerNameEvidence
  | ServerValidityEvidence
  | ServerChainEvidence
  | ServerPinEvidence
  | ServerStapleEvidence
  | ClientRequestedEvidence
  | ClientProofEvidence
  | ClientAcceptedEvidence
  | KerberosTicketEvidence
  | KerberosMutualEvidence
  | KerberosBindingEvidence
  | KerberosAcceptedEvidence
  | GssProtectionEvidence
  | DirectoryEntryEvidence;

export type EvidenceKind = Evidence["kind"];
