import type { Channel, ChannelFacts } from "../auth/channel.ts";
import type { Refusal } from "../core/refusal.ts";

/** What became of an attempt to prove an origin. */
export type Outcome =
  | { readonly kind: "authenticated"; readonly channel: Channel }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly facts?: ChannelFacts };

export interface GatewayEvents {
  /** A request, a tunnel or a channel was refused. `host` is `name:port` as the engine asked for it. */
  refused: (event: { readonly host: string; readonly url?: string; readonly refusal: Refusal }) => void;
  /** A channel of this origin has its verdict. */
  authenticated: (event: { readonly origin: string; readonly channel: Channel }) => void;
  /** The proofs of this origin have run out, and new ones are being made; nothing of it may be shown meanwhile. */
  expired: (event: { readonly origin: string }) => void;
  /** Proofs have lapsed; every connection of the session has been cut. */
  lapsed: (event: { readonly refusal: Refusal }) => void;
}

/** The loopback listener of one site's session. Its port names the site; its credentials admit that session only. */
export interface SiteGateway {
  readonly site: string;
  readonly port: number;
  readonly credentials: { readonly realm: string; readonly username: string; readonly password: string };
  /** SHA-256 of the DER of the throw-away certificate that the page's TLS ends in, lower-case hex. */
  readonly certificateFingerprint: string;
  /** PEM of that certificate, for clients of our own. */
  readonly certificate: string;
  /** A live channel of this origin: one that is warm and still alive, or a new one. Never throws. */
  prove(origin: string, signal?: AbortSignal): Promise<Outcome>;
  /**
   * New proofs for this origin before those there are run out, or when they have: the session goes on with them, and
   * lapses where there are none any more.
   * @param early proofs still hold, so that a refusal changes nothing yet. Never throws.
   */
  renew(origin: string, early: boolean): Promise<Outcome>;
  /** The last refusal for `name:port`, to join with an engine's ERR_TUNNEL_CONNECTION_FAILED. */
  refusalOf(host: string): Refusal | undefined;
  /** Ends every verdict of the session: both directions, sockets and workers included. */
  lapse(why: Refusal): void;
  on<E extends keyof GatewayEvents>(event: E, listener: GatewayEvents[E]): void;
  close(): Promise<void>;
}
