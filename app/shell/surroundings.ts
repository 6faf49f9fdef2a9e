/** What happens around the program and ends every verdict: sleep, another network, another time. */
import { networkInterfaces } from "node:os";
import { powerMonitor } from "electron";
import { Refusal } from "../core/refusal.ts";

/** How often network and clock are looked at, milliseconds. */
const INTERVAL = 5000;
/** A step of the clock that is no drift, milliseconds. */
const STEP = 60_000;

/**
 * Calls `lapse` when a verdict can no longer stand; `again` says that proving anew makes sense now.
 * @returns a function that ends the watch
 */
export function watchSurroundings(lapse: (why: Refusal, again: boolean) => void): () => void {
  const asleep = () => lapse(lapsed("the computer went to sleep"), false);
  const awake = () => lapse(lapsed("the computer slept"), true);
  powerMonitor.on("suspend", asleep);
  powerMonitor.on("resume", awake);
  let before = observe();
  const timer = setInterval(() => {
    const now = observe();
    const fault = changeBetween(before, now);
    before = now;
    if (fault) lapse(lapsed(fault), true);
  }, INTERVAL);
  return () => {
    clearInterval(timer);
    powerMonitor.off("suspend", asleep);
    powerMonitor.off("resume", awake);
  };
}

export interface Surroundings {
  /** Addresses of this computer, loopback left out. */
  readonly addresses: string;
  /** The wall clock, milliseconds since the epoch. */
  readonly wall: number;
  /** A clock that nobody sets, milliseconds. */
  readonly steady: number;
}

function observe(): Surroundings {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal }) => !internal)
    .map(({ cidr, mac }) => `${cidr} ${mac}`)
    .sort()
    .join();
  return { addresses, wall: Date.now(), steady: performance.now() };
}

/** What changed, if a verdict cannot outlive it. A clock set back or forward makes every validity date a guess. */
export function changeBetween(before: Surroundings, now: Surroundings): string | undefined {
  if (before.addresses !== now.addresses) return "the network of this computer changed";
  const drift = now.wall - before.wall - (now.steady - before.steady);
  return Math.abs(drift) >= STEP ? "the clock of this computer was set" : undefined;
}

function lapsed(fault: string): Refusal {
  return new Refusal("verdict.lapsed", { fault, expected: "a proof made after that" });
}
