/** Asks the gateway for the proof of a page's origin, and tells when the verdict it rests on has run out. */
import type { Channel } from "../auth/channel.ts";
import type { Outcome, SiteGateway } from "../gateway/gateway.ts";

/** What setTimeout can hold, milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

export class OriginProof {
  readonly #gateway: Pick<SiteGateway, "prove">;
  #attempt: AbortController | undefined;
  #expiry: NodeJS.Timeout | undefined;

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

  /** Calls `expired` once the channel's verdict has run out; the channel itself may have been closed long before. */
  watch(channel: Pick<Channel, "verdict"> | undefined, expired: () => void): void {
    clearTimeout(this.#expiry);
    const lapsesAt = channel?.verdict.lapsesAt ?? Number.POSITIVE_INFINITY;
    if (lapsesAt === Number.POSITIVE_INFINITY) return;
    const look = () => {
      if (Date.now() >= lapsesAt) expired();
      else this.watch(channel, expired);
    };
    this.#expiry = setTimeout(look, Math.min(Math.max(0, lapsesAt - Date.now()), LONGEST_TIMER));
  }

  end(): void {
    this.abort();
    clearTimeout(this.#expiry);
  }
}
