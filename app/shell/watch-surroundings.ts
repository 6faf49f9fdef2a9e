/** What happens around the program and ends every verdict: sleep, another network, another time. */
import { powerMonitor } from "electron";
import { Refusal } from "../core/refusal.ts";
import { changeBetween, observe } from "./surroundings.ts";

/** How often network and clock are looked at, milliseconds. */
const INTERVAL = 5000;

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

function lapsed(fault: string): Refusal {
  return new Refusal("verdict.lapsed", { fault, expected: "a proof made after that" });
}
