/** The network and the clock of this computer, looked at twice. */
import { networkInterfaces } from "node:os";

/** A step of the clock that is no drift, milliseconds. */
const STEP = 60_000;

export interface Surroundings {
  /** Addresses of this computer, loopback left out. */
  readonly addresses: readonly string[];
  /** Whether the engine sees a network that may lead somewhere. */
  readonly online: boolean;
  /** The wall clock, milliseconds since the epoch. */
  readonly wall: number;
  /** A clock that nobody sets, milliseconds. */
  readonly steady: number;
}

export function observe(online: boolean): Surroundings {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal }) => !internal)
    .map(({ cidr, mac }) => `${cidr} ${mac}`);
  return { addresses, online, wall: Date.now(), steady: performance.now() };
}

/**
 * What changed, if a verdict cannot outlive it. An address more is no other network, an address gone may be one; a
 * clock set back or forward makes every validity date a guess.
 */
export function changeBetween(before: Surroundings, now: Surroundings): string | undefined {
  if (before.addresses.some((address) => !now.addresses.includes(address)))
    return "the network of this computer changed";
  const drift = now.wall - before.wall - (now.steady - before.steady);
  return Math.abs(drift) >= STEP ? "the clock of this computer was set" : undefined;
}

/** Whether a network may be there that was not: an address more, or the engine is online again. */
export function networkCame(before: Surroundings, now: Surroundings): boolean {
  return (!before.online && now.online) || now.addresses.some((address) => !before.addresses.includes(address));
}
