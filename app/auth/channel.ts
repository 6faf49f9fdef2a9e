import type { ClientRequest, RequestOptions } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ChannelId, Evidence, Fingerprint, Pin, TlsProtocol } from "../core/evidence.ts";
import type { ChannelExpectation, Expectation } from "../core/expectation.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Authenticated } from "../core/verdict.ts";

export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly pin: Pin;
  readonly fingerprint: Fingerprint;
}

export interface IdentityFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly notAfter: string;
  readonly fingerprint: Fingerprint;
}

/** One message or decision of the handshake, in order, for the steps shown to the user. */
export interface HandshakeStep {
  readonly from: "client" | "server";
  /** Name of the handshake message (RFC 8446 §4) or of our own decision, e.g. `released second flight`. */
  readonly name: string;
  /** Milliseconds since the dial began. */
  readonly at: number;
  readonly note?: string;
}

/** Durations in milliseconds; a phase that did not happen is absent. */
export interface Timings {
  /** Asking the directory where the service is. */
  locate?: number;
  dial?: number;
  handshake?: number;
  judge?: number;
  probe?: number;
  total?: number;
}

/** What was learned about a channel: complete for an authenticated one, as far as it got for a refused one. */
export interface ChannelFacts {
  readonly protocol?: TlsProtocol;
  readonly cipher?: string;
  readonly alpn?: string;
  /** Without TLS: how a Kerberos context wraps every message. */
  readonly wrapping?: "confidentiality" | "integrity";
  readonly serverCertificate?: CertificateFacts;
  readonly identity?: IdentityFacts;
  readonly steps: readonly HandshakeStep[];
  readonly timings: Timings;
}

/** What one request on a channel needs beyond the channel's verdict, where the server authenticates each request. */
export interface RequestPass {
  /** To be sent with the request; the page's own field of this name is not. */
  readonly authorization: string;
  /**
   * Checks the server's proof in the head of its answer, before a byte of it is released.
   * @param fields names and values of the answer's header, alternating, as received.
   * @throws Refusal; the channel is to be ended then
   */
  verify(status: number, fields: readonly string[]): Promise<void>;
  /** Called when no answer came. */
  abandon(): void;
}

/** Makes a pass for each request on its channel. */
export interface RequestGuard {
  /** @throws Refusal */
  pass(): Promise<RequestPass>;
}

/**
 * An upstream connection whose verdict is `authenticated`. There is no other way to get one, and nothing else carries
 * application bytes. A lapse destroys it in both directions at once.
 */
export interface Channel {
  readonly id: ChannelId;
  readonly expectation: ChannelExpectation;
  readonly verdict: Authenticated;
  readonly evidence: readonly Evidence[];
  readonly facts: ChannelFacts;
  /** Where the server authenticates each request: what a relay must ask before and after each. */
  readonly guard?: RequestGuard;
  /** True while open, idle or busy, and not lapsed. */
  readonly alive: boolean;
  /** Starts one HTTP/1.1 request on this channel; one at a time. `host`, `port` and `agent` of the options are ours. */
  request(options: RequestOptions): ClientRequest;
  /** Resolves once, when the channel has ended: with the refusal for a lapse, undefined for an ordinary close. */
  readonly ended: Promise<Refusal | undefined>;
  /** Ends the channel now; `why` reaches whoever is using it. */
  destroy(why?: Refusal): void;
}

/** Opens the byte stream that TLS will run on: DNS or profile addresses, the system's proxy, time limits. */
export interface Dialer {
  /** @throws Refusal `network.*` */
  dial(to: Expectation, signal: AbortSignal): Promise<Socket | Duplex>;
}

/** Everything up to the verdict. Rejects with a Refusal that carries the evidence so far. */
export interface ChannelOpener {
  open(to: Expectation, signal: AbortSignal): Promise<Channel>;
}
