import type { ClientRequest, RequestOptions } from "node:http";
import type { ChannelId, Evidence } from "../core/evidence.ts";
import type { ChannelExpectation } from "../core/expectation.ts";
import { Refusal } from "../core/refusal.ts";
import type { Authenticated } from "../core/verdict.ts";
import type { Channel, ChannelFacts, RequestGuard } from "./channel.ts";
import type { ChannelConnection } from "./channel-connection.ts";

/** setTimeout takes 31 bits of milliseconds; a longer wait is taken in steps. */
const LONGEST_WAIT = 2 ** 31 - 1;

export interface ProvedChannelParts {
  readonly connection: ChannelConnection;
  readonly expectation: ChannelExpectation;
  readonly verdict: Authenticated;
  readonly evidence: readonly Evidence[];
  readonly facts: ChannelFacts;
  readonly clock: () => number;
  readonly guard?: RequestGuard;
}

/** A connection with its verdict. It ends when the verdict lapses, whatever is under way. */
export class ProvedChannel implements Channel {
  readonly id: ChannelId;
  readonly expectation: ChannelExpectation;
  readonly verdict: Authenticated;
  readonly evidence: readonly Evidence[];
  readonly facts: ChannelFacts;
  readonly ended: Promise<Refusal | undefined>;
  readonly guard?: RequestGuard;
  readonly #connection: ChannelConnection;
  readonly #clock: () => number;
  #lapse: NodeJS.Timeout | undefined;

  constructor(parts: ProvedChannelParts) {
    this.id = parts.expectation.channel;
    this.expectation = parts.expectation;
    this.verdict = parts.verdict;
    this.evidence = parts.evidence;
    this.facts = parts.facts;
    this.ended = parts.connection.ended;
    if (parts.guard !== undefined) this.guard = parts.guard;
    this.#connection = parts.connection;
    this.#clock = parts.clock;
    this.#awaitLapse();
    void this.ended.then(() => clearTimeout(this.#lapse));
  }

  get alive(): boolean {
    return this.#connection.open && !this.#lapsed;
  }

  request(options: RequestOptions): ClientRequest {
    // A clock that was set or slept may be past the lapse before the timer knows.
    if (this.#lapsed) this.destroy(this.#whyLapsed());
    return this.#connection.request(options);
  }

  destroy(why?: Refusal): void {
    clearTimeout(this.#lapse);
    this.#connection.destroy(why);
  }

  get #lapsed(): boolean {
    return this.#clock() >= this.verdict.lapsesAt;
  }

  #awaitLapse(): void {
    const left = this.verdict.lapsesAt - this.#clock();
    if (left <= 0) {
      this.destroy(this.#whyLapsed());
      return;
    }
    this.#lapse = setTimeout(() => this.#awaitLapse(), Math.min(left, LONGEST_WAIT)).unref();
  }

  #whyLapsed(): Refusal {
    const value = Number.isFinite(this.verdict.lapsesAt) ? new Date(this.verdict.lapsesAt).toISOString() : "never";
    return new Refusal("verdict.lapsed", { value, fault: "the proofs of this channel have run out" });
  }
}
