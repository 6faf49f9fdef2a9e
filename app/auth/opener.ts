import type { Expectation } from "../core/expectation.ts";
import type { Authenticator } from "./authenticator.ts";
import type { Channel, ChannelOpener, Dialer } from "./channel.ts";
import { createLocator, type ServiceLocator } from "./directory/locator.ts";
import type { GssPort } from "./gss/port.ts";
import { GssOpening } from "./gss-channel/opening.ts";
import type { ImpostorWatch } from "./impostor-watch.ts";
import { Opening } from "./opening.ts";
import { SecureContexts } from "./tls-policy.ts";

/** Time limits, milliseconds. */
export interface OpenerLimits {
  /** From the dial to the verdict, whatever the phases take. A page's engine has few tunnels that may wait. */
  readonly open: number;
  /** Dial, proof and answer of the directory that names the service. */
  readonly locate: number;
  readonly dial: number;
  /** From the ClientHello to the server's complete flight, and again from our second flight to the end. */
  readonly handshake: number;
  readonly judge: number;
  /** Everything the authenticators do after the handshake. */
  readonly probe: number;
}

export const openerLimits: OpenerLimits = {
  open: 30_000,
  locate: 20_000,
  dial: 20_000,
  handshake: 15_000,
  judge: 2_000,
  probe: 20_000,
};

export interface OpenerParts {
  readonly dialer: Dialer;
  /** Asked in this order, each where it applies: one that judges the server comes first. */
  readonly authenticators: readonly Authenticator[];
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** The system's Kerberos, for services without TLS. */
  readonly gss?: GssPort;
  /** Recognises impostors that were met before; nothing is learned without it. */
  readonly impostors?: ImpostorWatch;
  readonly limits?: Partial<OpenerLimits>;
}

export interface OpenerTools extends OpenerParts {
  readonly limits: OpenerLimits;
  readonly contexts: SecureContexts;
  readonly locator: ServiceLocator;
}

/**
 * Opens channels: dial, TLS with the second flight held, judgement of the server, release, proof of the client,
 * verdict; for services without TLS: token exchange, wrapped probe, verdict. Every path that fails destroys its sockets and rejects with a ChannelRefusal, which says how far it got.
 */
export function createOpener(parts: OpenerParts): ChannelOpener {
  const tools: OpenerTools = {
    ...parts,
    limits: { ...openerLimits, ...parts.limits },
    contexts: new SecureContexts(),
    locator: createLocator({ dialer: parts.dialer, clock: parts.clock }),
  };
  return {
    open: (to: Expectation, signal: AbortSignal): Promise<Channel> =>
      to.transport === undefined ? new Opening(tools, to, signal).run() : new GssOpening(tools, to, signal).run(),
  };
}
