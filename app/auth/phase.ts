import type { ReasonCode } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";

/** One step of opening a channel; its limit is in milliseconds. */
export interface Phase {
  readonly name: "open" | "locate" | "dial" | "handshake" | "judge" | "probe";
  readonly limit: number;
}

/**
 * Runs the phases of one attempt, one after another, each under its own time limit and all under the caller's signal.
 * When one fails, for whatever reason, the attempt is over: the signal that the work was given fires.
 */
export class Phases {
  readonly #signal: AbortSignal;
  readonly #stop = new AbortController();
  /** Fails the phase that is running. */
  #fail: ((why: Refusal) => void) | undefined;
  #current: Phase | undefined;
  #whole: NodeJS.Timeout | undefined;
  #exceeded: Phase | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Begins the time that all phases together may take. */
  begin(whole: Phase): void {
    this.#whole = setTimeout(() => {
      this.#exceeded = whole;
      this.#fail?.(timedOut(whole));
    }, whole.limit);
  }

  /**
   * @param late gets what the work still brings when the phase has already failed
   * @throws Refusal `network.timeout` naming the phase, `verdict.cancelled`, or what the work throws
   */
  async run<T>(phase: Phase, work: (signal: AbortSignal) => Promise<T>, late?: (value: T) => void): Promise<T> {
    if (this.#signal.aborted) throw cancelled(phase);
    if (this.#exceeded !== undefined) throw timedOut(this.#exceeded);
    this.#current = phase;
    const bound = new Promise<never>((_resolve, reject) => {
      this.#fail = reject;
    });
    const timer = setTimeout(() => this.#fail?.(timedOut(phase)), phase.limit);
    const working = work(this.#stop.signal);
    try {
      return await Promise.race([working, bound]);
    } catch (error) {
      if (late !== undefined) working.then(late, () => {});
      this.#stop.abort();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#fail = undefined;
    }
  }

  /** The attempt is over; the caller's signal no longer matters. */
  end(): void {
    clearTimeout(this.#whole);
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => {
    if (this.#current !== undefined) this.#fail?.(cancelled(this.#current));
  };
}

export function timedOut(phase: Phase): Refusal {
  const what = phase.name === "open" ? "as a whole took longer than allowed" : "took longer than allowed";
  return refusal("network.timeout", phase, what, `an end within ${phase.limit} ms`);
}

function cancelled(phase: Phase): Refusal {
  return refusal("verdict.cancelled", phase, "was given up before its end");
}

function refusal(code: ReasonCode, phase: Phase, what: string, expected?: string): Refusal {
  const detail = { value: phase.name, fault: `the ${phase.name} ${what}` };
  return new Refusal(code, expected === undefined ? detail : { ...detail, expected });
}
