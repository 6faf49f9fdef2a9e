import type { ReasonCode } from "../../core/reasons.ts";
import type { RefusalDetail } from "../../core/refusal.ts";

/** Flags of a security context (RFC 2743 §1.2), as asked for and as returned. */
export const GSS_FLAGS = ["delegate", "mutual", "replay", "sequence", "confidentiality", "integrity"] as const;
export type GssFlag = (typeof GSS_FLAGS)[number];

export type GssMechanism = "krb5" | "spnego";

export interface InitiateOptions {
  /** `HTTP/portal.corp.example@CORP.EXAMPLE`; imported as a Kerberos principal, which no resolver can rewrite. */
  readonly spn: string;
  readonly mechanism: GssMechanism;
  readonly flags: readonly GssFlag[];
  /** Application data of the channel bindings (RFC 2743 §1.1.6): `tls-server-end-point:` and the hash. */
  readonly channelBindings?: Buffer;
  /** Whose ticket it must be; the signed-in user's, whoever that is, when absent. @throws Refusal `kerberos.other-user` */
  readonly initiator?: string;
}

/** What a context turned out to be. Everything here is what the library returned, nothing what was asked for. */
export interface GssFacts {
  readonly flags: readonly GssFlag[];
  /** Dotted object identifier of the mechanism that was really used. */
  readonly mechanism: string;
  readonly initiator: string;
  readonly target: string;
  /** When the context ends, milliseconds since the epoch. */
  readonly expires: number;
}

export interface GssStep {
  /** To be sent to the peer, if there is anything to send. */
  readonly token?: Buffer;
  /** Present once the context is complete, and only then. */
  readonly facts?: GssFacts;
}

export interface UnwrappedMessage {
  readonly message: Buffer;
  /** It was encrypted, and not only signed. */
  readonly confidential: boolean;
}

/** One security context, as initiator. Every method may throw a Refusal `kerberos.*`, `server.*` or `gss.*`. */
export interface GssContext {
  step(input?: Buffer): Promise<GssStep>;
  wrap(message: Buffer, confidential: boolean): Promise<Buffer>;
  unwrap(message: Buffer): Promise<UnwrappedMessage>;
  /** As `wrap` for each, in this order, in one call. */
  wrapAll(messages: readonly Buffer[], confidential: boolean): Promise<readonly Buffer[]>;
  /** As `unwrap` for each, in this order, in one call; one that fails fails all. */
  unwrapAll(messages: readonly Buffer[]): Promise<readonly UnwrappedMessage[]>;
  dispose(): void;
}

export interface GssCredential {
  readonly principal: string;
  readonly realm: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** The system's Kerberos: GSSAPI on Linux and macOS, SSPI on Windows. */
export interface GssPort {
  initiate(options: InitiateOptions): GssContext;
  /** The user's credential: the default cache or the logon session. @throws Refusal `kerberos.no-ticket` */
  credential(): Promise<GssCredential>;
  dispose(): void;
}

/** A failed call as it travels between processes. */
export interface GssFailure {
  readonly code: ReasonCode;
  readonly detail: RefusalDetail;
}

/** What a library offers inside the process that calls it. Synchronous: its calls block on the KDC. */
export interface GssLibrary {
  credential(): GssCredential;
  initiate(options: InitiateOptions): GssLibraryContext;
}

export interface GssLibraryContext {
  step(input: Uint8Array | undefined): GssStep;
  wrap(message: Uint8Array, confidential: boolean): Buffer;
  unwrap(message: Uint8Array): { readonly message: Buffer; readonly confidential: boolean };
  dispose(): void;
}
