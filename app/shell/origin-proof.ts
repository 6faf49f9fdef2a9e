/** Asks the gateway for the proof of a page's origin, and tells when the verdict it rests on has run out. */
import type { Channel } from "../auth/channel.ts";
import type { Outcome, SiteGateway } from "../gateway/gateway.ts";

/** What setTimeout can hold, milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** How long before the end new proofs are looked for, milliseconds; a tenth of what is left where that is less. */
const LEAD = 60_000;
/** Ends this close to each other, milliseconds, are those of one ticket. */
const SAME = 2000;

export class OriginProof {
  readonly #gateway: Pick<SiteGateway, "prove">;
  #attempt: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The end that was announced. */
  #warned: number | undefined;

  constructor(gateway: Pick<SiteGateway, "prove">) {
    this.#gateway = gateway;
  }

  /** An attempt is under way. */
  get underWay(): boolean {
    return this.#attempt !== undefined;
  }

  /** @returns undefined when another attempt, or none, has taken the place of this one */
  async prove(origin: string): Promise<Outcome | undefined> {
    this.abort();
    const attempt = new AbortController();
    this.#attempt = attempt;
    const outcome = await this.#gateway.prove(origin, attempt.signal);
    if (this.#attempt !== attempt) return undefined;
    this.#attempt = undefined;
    return outcome;
  }

  /** Nobody waits for the attempt any more. */
  abort(): void {
    this.#attempt?.abort();
    this.#attempt = undefined;
  }

  /**
   * Calls `soon` once while the channel's verdict still holds for a while, and `expired` when it has run out; the
   * channel itself may have been closed long before.
   */
  watch(channel: Pick<Channel, "verdict"> | undefined, soon: () => void, expired: () => void): void {
    clearTimeout(this.#timer);
    const lapsesAt = channel?.verdict.lapsesAt ?? Number.POSITIVE_INFINITY;
    if (lapsesAt === Number.POSITIVE_INFINITY) return;
    const left = lapsesAt - Date.now();
    const warned = this.#warned !== undefined && Math.abs(lapsesAt - this.#warned) < SAME;
    const lead = warned ? 0 : Math.min(LEAD, Math.floor(left / 10));
    const look = () => {
      if (Date.now() >= lapsesAt) return expired();
      if (lead > 0 && Date.now() >= lapsesAt - lead) {
        this.#warned = lapsesAt;
        soon();
      }
      this.watch(channel, soon, expired);
    };
    this.#timer = setTimeout(look, Math.min(Math.max(0, left - lead), LONGEST_TIMER));
  }

  end(): void {
    this.abort();
    clearTimeout(this.#timer);
  }
}
