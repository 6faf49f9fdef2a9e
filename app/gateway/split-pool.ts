import type { Channel } from "../auth/channel.ts";
import type { Expectation, NetworkPath } from "../core/expectation.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Lease, Pool } from "./pool.ts";

/** What is expected on the channels that carry what the user gives: the same, by the second path. */
export function givingExpectation(to: Expectation, path: NetworkPath): Expectation {
  const { giving: _, addresses, ...rest } = to;
  const dialled = path.addresses ?? (path.proxy === undefined ? addresses : undefined);
  const { proxy, localAddress } = path;
  return {
    ...rest,
    ...(dialled === undefined ? {} : { addresses: dialled }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(localAddress === undefined ? {} : { localAddress }),
  };
}

/**
 * Two pools of one origin, for a site that splits its channels: one for what the user gets, one for what the user gives.
 * A channel of one is never lent for the other. The origin is proved when both ways are: nobody shall type what cannot
 * leave by its own way.
 */
export class SplitPool implements Pool {
  private readonly gets: Pool;
  private readonly gives: Pool;

  constructor(gets: Pool, gives: Pool) {
    this.gets = gets;
    this.gives = gives;
  }

  get size(): number {
    return this.gets.size + this.gives.size;
  }

  get proven(): boolean {
    return this.gets.proven && this.gives.proven;
  }

  /** @returns a channel by which pages come */
  prove(signal?: AbortSignal): Promise<Channel> {
    return bothOf(this.gets.prove(signal), this.gives.prove(signal));
  }

  renew(): Promise<Channel> {
    return bothOf(this.gets.renew(), this.gives.renew());
  }

  lease(signal: AbortSignal, fresh?: boolean, gives = false): Promise<Lease> {
    return (gives ? this.gives : this.gets).lease(signal, fresh);
  }

  destroy(why?: Refusal): void {
    this.gets.destroy(why);
    this.gives.destroy(why);
  }
}

async function bothOf(gets: Promise<Channel>, gives: Promise<Channel>): Promise<Channel> {
  const [channel] = await Promise.all([gets, gives]);
  return channel;
}
