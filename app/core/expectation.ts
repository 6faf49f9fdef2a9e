import type { ChannelId, Fingerprint, Pin } from "./evidence.ts";

/** How the client proves itself on a channel; `none` is for subresources, which never learn who the user is. */
export type ClientExpectation =
  | { readonly method: "certificate"; readonly issuer: string; readonly probe: string }
  | { readonly method: "form" }
  | { readonly method: "none" };

/** A certificate that IT trusts to issue server certificates (RFC 5280 §6.1.1). */
export interface Anchor {
  readonly pem: string;
  /** SHA-256 of its DER, lower-case hex: what `server.chain` evidence names. */
  readonly fingerprint: Fingerprint;
}

/** What proves a server: a pin must match; with anchors, the chain must also verify to one of them. */
export interface ServerExpectation {
  readonly pins: readonly Pin[];
  readonly anchors: readonly Anchor[];
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
  /** Dialled instead of asking DNS when present. */
  readonly addresses?: readonly string[];
  readonly role: "site" | "subresource";
  readonly server: ServerExpectation;
  readonly client: ClientExpectation;
}

/** An expectation bound to the channel that is to meet it. */
export interface ChannelExpectation extends Expectation {
  readonly channel: ChannelId;
}
