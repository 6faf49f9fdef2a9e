import type { ChannelId, Fingerprint, Pin } from "./evidence.ts";

/** How the client proves itself on a channel; `none` is for subresources, which never learn who the user is. */
export type ClientExpectation =
  | { readonly method: "certificate"; readonly issuer: string; readonly probe: string }
  | { readonly method: "kerberos"; readonly delegate: boolean; readonly probe: string }
  | { readonly method: "form" }
  | { readonly method: "none" };

/** A certificate that IT trusts to issue server certificates (RFC 5280 §6.1.1). */
export interface Anchor {
  readonly pem: string;
  /** SHA-256 of its DER, lower-case hex: what `server.chain` evidence names. */
  readonly fingerprint: Fingerprint;
}

/** A service as Kerberos names it. */
export interface ServiceExpectation {
  /** `HTTP/portal.corp.example@CORP.EXAMPLE`, composed by spn.ts. */
  readonly principal: string;
  /** `enforced` is IT's statement that the acceptor refuses tokens without the right channel binding. */
  readonly binding: "enforced" | "unknown";
}

/** A directory that says how a service is called and where it is (scp.ts); it proves itself before it is asked. */
export interface DirectoryLookup {
  /** DNS name of the LDAPS server. */
  readonly host: string;
  readonly port: number;
  /** Dialled instead of asking DNS when present. */
  readonly addresses?: readonly string[];
  readonly pins: readonly Pin[];
  readonly anchors: readonly Anchor[];
  /** Distinguished name of the search base. */
  readonly base: string;
  /** serviceClassName that is looked for, and class of the principal. */
  readonly serviceClass?: string;
  /** All of them must be among the object's keywords. */
  readonly keywords: readonly string[];
  /** What the service's host must be or lie below. */
  readonly domain?: string;
  /** Realm of the principal: the profile's to say, not the directory's. */
  readonly realm: string;
  /** Whether the principal's name has the port. */
  readonly portInName: boolean;
  readonly binding: ServiceExpectation["binding"];
}

/**
 * What proves a server: where there are pins, one must match; where there are anchors, the chain must verify to one of
 * them; where there is a service, its half of the Kerberos exchange must verify. At least one of pins, anchors and an
 * enforced binding is there.
 */
export interface ServerExpectation {
  readonly pins: readonly Pin[];
  readonly anchors: readonly Anchor[];
  /** With `lookup`, absent until the directory has named it. */
  readonly service?: ServiceExpectation;
  readonly lookup?: DirectoryLookup;
}

/** Where to dial, when that is not the origin's own host and port. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** A way through the network other than the usual one. */
export interface NetworkPath {
  /** An HTTP proxy, asked instead of the system's. */
  readonly proxy?: Place;
  /** Dialled instead of the others. */
  readonly addresses?: readonly string[];
  /** Address of this computer that connections are opened from. */
  readonly localAddress?: string;
}

/** What protects a channel that is no TLS: the session key of a Kerberos context, by RFC 4121's wrapped messages. */
export interface GssTransport {
  readonly kind: "gss";
  /** The least that each message must have; `integrity` is IT's consent to messages that others can read. */
  readonly protection: "confidentiality" | "integrity";
}

/**
 * What the client expects at the other end of one channel, composed from the profile and the origin the user asked
 * for before anything is dialled; never from what a server says (design rule 2).
 */
export interface Expectation {
  readonly site: string;
  /** e.g. `https://bank.example:8443`; the default port is left out, as in URL.origin. */
  readonly origin: string;
  /** DNS name in A-labels, lower case. */
  readonly host: string;
  readonly port: number;
  /** TLS when absent. */
  readonly transport?: GssTransport;
  /** Where the directory, or the profile, says that the service is; says where to knock, never who answers. */
  readonly place?: Place;
  /** Dialled instead of asking DNS when present. */
  readonly addresses?: readonly string[];
  /** The proxy by which this channel is opened, whatever the system's is. */
  readonly proxy?: Place;
  readonly localAddress?: string;
  /** Where the site splits its channels: the path of those that carry what the user gives; this is the other. */
  readonly giving?: NetworkPath;
  /** A directory is only asked where a site's service is; its own channel never carries anything of a page. */
  readonly role: "site" | "subresource" | "directory";
  readonly server: ServerExpectation;
  readonly client: ClientExpectation;
}

/** An expectation bound to the channel that is to meet it. */
export interface ChannelExpectation extends Expectation {
  readonly channel: ChannelId;
}
