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

/**
 * What proves a server: where there are pins, one must match; where there are anchors, the chain must verify to one of
 * them; where there is a service, its half of the Kerberos exchange must verify. At least one of pins, anchors and an
 * enforced binding is there.
 */
export interface ServerExpectation {
  readonly pins: readonly Pin[];
  readonly anchors: readonly Anchor[];
  readonly service?: ServiceExpectation;
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
