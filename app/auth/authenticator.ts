import type { KeyObject } from "node:crypto";
import type { ClientRequest, RequestOptions } from "node:http";
import type { Evidence, Fingerprint, TlsProtocol } from "../core/evidence.ts";
import type { ChannelExpectation } from "../core/expectation.ts";
import type { IdentityFacts, RequestGuard } from "./channel.ts";

/** The server's first flight, complete and signed, before anything of ours but the ClientHello has left. */
export interface ServerFlight {
  readonly protocol: TlsProtocol;
  readonly cipher: string;
  /** DER, as sent, leaf first. */
  readonly certificates: readonly Buffer[];
  /** The stapled OCSPResponse (RFC 6066 §8), DER. */
  readonly staple?: Buffer;
  readonly certificateRequested: boolean;
  /** Over both hello messages. */
  readonly transcript: Fingerprint;
}

/** A certificate chain with its private key, for the one handshake that needs it. */
export interface Credentials {
  readonly facts: IdentityFacts;
  /** PEM, leaf first. */
  readonly chain: string;
  readonly key: KeyObject;
}

/** What we showed of ourselves: our second flight as it left, read from the wire after the server had been judged. */
export interface SentFlight {
  /** DER, leaf first; empty when we showed none. */
  readonly certificates: readonly Buffer[];
  readonly certificateVerify: boolean;
}

/** The channel as an authenticator may use it after the handshake and before the verdict. */
export interface UnprovenChannel {
  readonly expectation: ChannelExpectation;
  readonly flight: ServerFlight;
  readonly sent: SentFlight;
  /** The identity that was offered to the server, if any. */
  readonly identity?: IdentityFacts;
  readonly evidence: readonly Evidence[];
  /** For a bodiless request that names nothing but the origin. */
  request(options: RequestOptions): ClientRequest;
}

/** Evidence, and what every later request on the channel needs where the server authenticates each. */
export interface Proof {
  readonly evidence: readonly Evidence[];
  readonly guard?: RequestGuard;
}

/**
 * Proves one side by one method. The opener asks every registered authenticator that applies, in order, at three
 * moments; each returns evidence or throws a Refusal. Adding a method is adding one object to the registry.
 */
export interface Authenticator {
  readonly method: string;
  applies(to: ChannelExpectation): boolean;
  /** Before dialling: what the TLS client may be asked for. @throws Refusal `client.no-identity` */
  credentials?(to: ChannelExpectation, now: number): Promise<Credentials | undefined>;
  /** While our second flight is held back: judges the server. Synchronous, pure but for the clock. */
  judgeServer?(flight: ServerFlight, to: ChannelExpectation, now: number): readonly Evidence[];
  /** After our Finished has left, before any byte of a page: proves the client, or both. */
  prove?(channel: UnprovenChannel, now: () => number, signal: AbortSignal): Promise<readonly Evidence[] | Proof>;
}
