import type { Channel, ChannelOpener } from "../auth/channel.ts";
import type { Expectation } from "../core/expectation.ts";
import type { ReasonCode } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import type { ChannelLimits } from "./limits.ts";
import { givingExpectation, SplitPool } from "./split-pool.ts";

/** A channel for one request; nobody else has it until it is given back. */
export interface Lease {
  readonly channel: Channel;
  /** True when the channel has waited unused, so that the server may have closed it meanwhile (RFC 9112 §9.3.1). */
  readonly reused: boolean;
  /** Gives the channel back; `clean` when the whole request has gone and the whole answer has come. */
  release(clean: boolean): void;
}

export interface PoolEvents {
  authenticated(channel: Channel): void;
  /** A channel's verdict ended before its connection did. */
  lapsed(refusal: Refusal): void;
  /** The last of the verdicts ran out while its channel was open. */
  expired(refusal: Refusal): void;
}

/** The authenticated channels of one origin of one site. They are never lent to another. */
export interface Pool {
  /** A live channel, in use or not; opens one when there is none. @throws Refusal of the attempt */
  prove(signal?: AbortSignal): Promise<Channel>;
  /** A new channel, whatever there is: its proofs are made now. @throws Refusal of the attempt */
  renew(): Promise<Channel>;
  /**
   * A channel for one request; `fresh` when only a new one will do.
   * @param gives whether the request carries what the user gives; told apart where the site splits its channels
   * @throws Refusal
   */
  lease(signal: AbortSignal, fresh?: boolean, gives?: boolean): Promise<Lease>;
  readonly size: number;
  /** Whether proofs were made for this origin that still hold, be their channel open or not. */
  readonly proven: boolean;
  /** Ends every channel and every wait. */
  destroy(why?: Refusal): void;
}

/** Ends of one channel that say that what was proved no longer holds; others are that connection's own trouble. */
const LAPSES: ReadonlySet<ReasonCode> = new Set(["verdict.lapsed", "server.renegotiation", "server.changed"]);

/** However the queue moves, a request is patient no longer than so many times the limit. */
const LONGEST_QUEUE = 20;

interface Waiter {
  readonly fresh: boolean;
  give(channel: Channel, reused: boolean): void;
  refuse(reason: unknown): void;
}

export function createPool(to: Expectation, opener: ChannelOpener, limits: ChannelLimits, events: PoolEvents): Pool {
  const gets = new ChannelPool(to, opener, limits, events);
  if (to.giving === undefined) return gets;
  // Pages are shown for the channels they come by; that there is a way for what the user gives is no news of its own.
  const quiet = { ...events, authenticated: () => {} };
  return new SplitPool(gets, new ChannelPool(givingExpectation(to, to.giving), opener, limits, quiet));
}

class ChannelPool implements Pool {
  private readonly to: Expectation;
  private readonly opener: ChannelOpener;
  private readonly limits: ChannelLimits;
  private readonly events: PoolEvents;
  private readonly channels = new Set<Channel>();
  /** Unused channels with their closing timers; the last one used is taken first. */
  private readonly idle = new Map<Channel, NodeJS.Timeout>();
  /** Requests without a channel, in the order of their coming. */
  private readonly waiters = new Set<Waiter>();
  /** Those of them for which a channel may be opened. */
  private readonly due = new Set<Waiter>();
  private readonly openings = new Map<Promise<Channel>, AbortController>();
  /** When the last of the proofs that were made for this origin runs out, milliseconds since the epoch. */
  private provenUntil = 0;
  /** When a channel last came free, by performance.now(). */
  private moved = Number.NEGATIVE_INFINITY;
  private ended: Refusal | undefined;

  constructor(to: Expectation, opener: ChannelOpener, limits: ChannelLimits, events: PoolEvents) {
    this.to = to;
    this.opener = opener;
    this.limits = limits;
    this.events = events;
  }

  get size(): number {
    return this.channels.size;
  }

  get proven(): boolean {
    return this.provenUntil > Date.now();
  }

  prove(signal?: AbortSignal): Promise<Channel> {
    for (const channel of this.channels) if (channel.alive) return Promise.resolve(channel);
    const [opening] = this.openings.keys();
    const found = opening ?? this.open();
    return signal === undefined ? found : abortable(found, signal);
  }

  renew(): Promise<Channel> {
    return this.open();
  }

  async lease(signal: AbortSignal, fresh = false): Promise<Lease> {
    if (this.ended !== undefined) throw this.ended;
    signal.throwIfAborted();
    const ready = fresh ? undefined : this.takeIdle();
    if (ready !== undefined) return this.leaseOf(ready, true);
    return new Promise((resolve, reject) => this.wait({ fresh, signal, resolve, reject }));
  }

  destroy(why?: Refusal): void {
    this.ended = why ?? new Refusal("network.closed", { value: this.to.origin, fault: "the site was closed" });
    for (const abort of this.openings.values()) abort.abort(this.ended);
    for (const waiter of [...this.waiters]) waiter.refuse(this.ended);
    for (const timer of this.idle.values()) clearTimeout(timer);
    this.idle.clear();
    for (const channel of this.channels) channel.destroy(why);
    this.channels.clear();
  }

  private wait(request: {
    fresh: boolean;
    signal: AbortSignal;
    resolve: (lease: Lease) => void;
    reject: (reason: unknown) => void;
  }): void {
    const settle = () => {
      clearTimeout(patience);
      clearTimeout(deadline);
      request.signal.removeEventListener("abort", onAbort);
      this.waiters.delete(waiter);
      this.due.delete(waiter);
    };
    const waiter: Waiter = {
      fresh: request.fresh,
      give: (channel, reused) => {
        settle();
        request.resolve(this.leaseOf(channel, reused));
      },
      refuse: (reason) => {
        settle();
        request.reject(reason);
      },
    };
    const onAbort = () => waiter.refuse(request.signal.reason);
    request.signal.addEventListener("abort", onAbort, { once: true });
    const deadline = setTimeout(() => waiter.refuse(this.overloaded()), this.limits.queue);
    let patience = setTimeout(() => look(), this.limits.patience);
    const began = performance.now();
    const look = () => {
      const left = this.patienceLeft(began);
      if (left > 0) {
        patience = setTimeout(look, left);
        return;
      }
      this.due.add(waiter);
      this.supply();
    };
    this.waiters.add(waiter);
    if (request.fresh || this.channels.size + this.openings.size < this.limits.eager) this.due.add(waiter);
    this.supply();
  }

  /**
   * How much longer a request that waits since `began` waits for a channel in use: while channels come free or are about
   * to, its turn comes sooner than a handshake of its own would end. Milliseconds.
   */
  private patienceLeft(began: number): number {
    const { patience } = this.limits;
    const now = performance.now();
    const quiet = this.openings.size > 0 ? 0 : now - this.moved;
    return Math.min(patience - quiet, began + LONGEST_QUEUE * patience - now);
  }

  /** Opens a channel for each request that need wait no longer, as far as the maximum allows. */
  private supply(): void {
    if (this.ended !== undefined) return;
    const { opening, maximum } = this.limits;
    const wanted = Math.min(this.due.size, opening, maximum - this.channels.size);
    while (this.openings.size < wanted) this.open().catch(() => {});
  }

  private open(): Promise<Channel> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const abort = new AbortController();
    const opening = this.opener.open(this.to, abort.signal).then(
      (channel) => {
        this.openings.delete(opening);
        this.admit(channel);
        this.supply();
        return channel;
      },
      (reason) => {
        this.openings.delete(opening);
        const why = this.ended ?? reason;
        this.refuseWaiters(why);
        this.supply();
        throw why;
      },
    );
    this.openings.set(opening, abort);
    return opening;
  }

  private admit(channel: Channel): void {
    if (this.ended !== undefined) {
      channel.destroy(this.ended);
      throw this.ended;
    }
    this.channels.add(channel);
    const { lapsesAt } = channel.verdict;
    this.provenUntil = Math.max(this.provenUntil, lapsesAt);
    void channel.ended.then((refusal) => {
      this.forget(channel);
      if (refusal === undefined || !LAPSES.has(refusal.code) || this.ended !== undefined) return;
      if (refusal.code !== "verdict.lapsed" || Date.now() < lapsesAt) this.events.lapsed(refusal);
      else if (lapsesAt >= this.provenUntil) this.events.expired(refusal);
    });
    this.events.authenticated(channel);
    if (this.ended === undefined) this.offer(channel, false);
  }

  private forget(channel: Channel): void {
    this.channels.delete(channel);
    clearTimeout(this.idle.get(channel));
    this.idle.delete(channel);
    this.supply();
  }

  private offer(channel: Channel, reused: boolean): void {
    this.moved = performance.now();
    for (const waiter of this.waiters) {
      if (waiter.fresh && reused) continue;
      waiter.give(channel, reused);
      return;
    }
    const timer = setTimeout(() => {
      this.forget(channel);
      channel.destroy();
    }, this.limits.idle);
    timer.unref();
    this.idle.set(channel, timer);
  }

  private takeIdle(): Channel | undefined {
    for (const channel of [...this.idle.keys()].reverse()) {
      clearTimeout(this.idle.get(channel));
      this.idle.delete(channel);
      if (channel.alive) return channel;
    }
    return undefined;
  }

  private leaseOf(channel: Channel, reused: boolean): Lease {
    let given = false;
    return {
      channel,
      reused,
      release: (clean) => {
        if (given) return;
        given = true;
        if (clean && channel.alive && this.ended === undefined) this.offer(channel, true);
        else {
          this.forget(channel);
          channel.destroy();
        }
      },
    };
  }

  /** One request for each failed attempt; all of them when there is no channel left that could serve them. */
  private refuseWaiters(reason: unknown): void {
    const hopeless = this.channels.size === 0 && this.openings.size === 0;
    for (const waiter of hopeless ? [...this.waiters] : [...this.due].slice(0, 1)) waiter.refuse(reason);
  }

  private overloaded(): Refusal {
    const value = this.to.origin;
    const fault = `no channel became free within ${this.limits.queue} ms`;
    return new Refusal("gateway.overloaded", {
      value,
      fault,
      expected: `at most ${this.limits.maximum} channels in use`,
    });
  }
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
