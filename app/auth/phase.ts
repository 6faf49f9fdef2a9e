import type { ReasonCode } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";

/** One step of opening a channel; its limit is in milliseconds. */
export interface Phase {
  readonly name: "dial" | "handshake" | "judge" | "probe";
  readonly limit: number;
}

/**
 * Runs one phase under its time limit and the caller's signal. The work's own signal is aborted when the phase has
 * failed, for whatever reason; what the work still brings then goes to `late`.
 * @throws Refusal `network.timeout` naming the phase, `verdict.cancelled`, or what the work throws
 */
export async function inPhase<T>(
  phase: Phase,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  late?: (value: T) => void,
): Promise<T> {
  if (signal.aborted) throw cancelled(phase);
  const stop = new AbortController();
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: () => void = () => {};
  const bound = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(timedOut(phase)), phase.limit);
    onAbort = () => reject(cancelled(phase));
    signal.addEventListener("abort", onAbort, { once: true });
  });
  const working = work(stop.signal);
  working.then(
    (value) => over && late?.(value),
    () => {},
  );
  try {
    return await Promise.race([working, bound]);
  } catch (error) {
    over = true;
    stop.abort();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

export function timedOut(phase: Phase): Refusal {
  return refusal("network.timeout", phase, "took longer than allowed", `an end within ${phase.limit} ms`);
}

function cancelled(phase: Phase): Refusal {
  return refusal("verdict.cancelled", phase, "was given up before its end");
}

function refusal(code: ReasonCode, phase: Phase, what: string, expected?: string): Refusal {
  const detail = { value: phase.name, fault: `the ${phase.name} ${what}` };
  return new Refusal(code, expected === undefined ? detail : { ...detail, expected });
}
