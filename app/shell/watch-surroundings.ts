/** What happens around the program: sleep, another network and another time end every verdict; a network comes back. */
import { net, powerMonitor } from "electron";
import { Refusal } from "../core/refusal.ts";
import { NetworkReturn } from "./network-return.ts";
import { changeBetween, networkCame, observe, type Surroundings } from "./surroundings.ts";

/** How often network and clock are looked at, milliseconds. */
const INTERVAL = 5000;

export interface SurroundingsHost {
  /** Verdicts can no longer stand; `again` says that proving anew makes sense now. */
  lapse(why: Refusal, again: boolean): Promise<void>;
  /** Asks again for what was refused for want of a network. @returns whether something still waits for it */
  networkBack(): Promise<boolean>;
}

/** @returns a function that ends the watch */
export function watchSurroundings(host: SurroundingsHost): () => void {
  const back = new NetworkReturn({ again: () => host.networkBack() });
  // The first proof after it mostly fails, since the network is not up yet.
  const lapseAndAgain = (fault: string) => void host.lapse(lapsed(fault), true).then(() => back.sign());
  const asleep = () => void host.lapse(lapsed("the computer went to sleep"), false);
  const awake = () => lapseAndAgain("the computer slept");
  powerMonitor.on("suspend", asleep);
  powerMonitor.on("resume", awake);
  let before = look();
  const timer = setInterval(() => {
    const now = look();
    const fault = changeBetween(before, now);
    const came = networkCame(before, now);
    before = now;
    if (fault) lapseAndAgain(fault);
    else if (came) back.sign();
  }, INTERVAL);
  return () => {
    clearInterval(timer);
    back.end();
    powerMonitor.off("suspend", asleep);
    powerMonitor.off("resume", awake);
  };
}

function look(): Surroundings {
  return observe(net.isOnline());
}

function lapsed(fault: string): Refusal {
  return new Refusal("verdict.lapsed", { fault, expected: "a proof made after that" });
}
