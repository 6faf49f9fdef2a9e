/** The profile's lists of hostile addresses: opened, asked, kept up to date. */
import { join } from "node:path";
import { canonicalUrl } from "../core/canonical-url.ts";
import type { HostileLookup, Listing } from "../core/hostile-lookup.ts";
import type { ListSource } from "../core/hostile-source.ts";
import type { Profile } from "../core/profile.ts";
import { Refusal } from "../core/refusal.ts";
import { ListStore } from "./list-store.ts";
import type { JobRunner } from "./thread.ts";
import { updateList } from "./update.ts";

export type List = NonNullable<Profile["hostileLists"]>[number];

export interface HostileListsParts {
  readonly lists: readonly List[];
  /** The lists lie below it, one folder each. */
  readonly folder: string;
  sourceOf(list: List): Promise<ListSource>;
  readonly runner: JobRunner;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Something of a list needs to be known: an update failed, the list is old or damaged. */
  warn(list: List, why: Refusal): void;
  /** A list has changed: what is open may be on it now. */
  changed(): void;
}

const MINUTE = 60_000;
/** After a failure; earlier where `refresh` is shorter. */
const AGAIN = 15 * MINUTE;

interface Open {
  readonly list: List;
  readonly store: ListStore;
  timer?: NodeJS.Timeout;
}

export class HostileLists {
  readonly #parts: HostileListsParts;
  readonly #open: readonly Open[];
  /** One update at a time: each may take a processor for itself. */
  #turn: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  private constructor(parts: HostileListsParts, open: readonly Open[]) {
    this.#parts = parts;
    this.#open = open;
  }

  /** Opens what is stored; fetches nothing. */
  static async open(parts: HostileListsParts): Promise<HostileLists> {
    return new HostileLists(parts, await openStores(parts, false));
  }

  /** Opens what is stored, to be asked only. */
  static async read(parts: Pick<HostileListsParts, "lists" | "folder" | "clock">): Promise<HostileLists> {
    const never = async () => {
      throw new Error("the lists are open for reading only");
    };
    const rest = { sourceOf: never, runner: never, warn: () => {}, changed: () => {} };
    return new HostileLists({ ...parts, ...rest }, await openStores(parts, true));
  }

  /** @throws Refusal `hostile.damaged`, `hostile.stale` */
  readonly lookup: HostileLookup = (url) => {
    if (this.#closed)
      throw new Refusal("hostile.stale", { fault: "the lists are closed", expected: "a look-up before" });
    const canonical = canonicalUrl(url);
    for (const each of this.#open) {
      const listing = this.#match(each, canonical);
      if (listing !== undefined) return listing;
    }
    return undefined;
  };

  /** From now on the lists are kept up to date. */
  start(): void {
    for (const each of this.#open) {
      const { damage } = each.store;
      if (damage !== undefined) this.#parts.warn(each.list, damage);
      else if (each.store.state !== undefined) this.#warnWhenStale(each);
      void this.#keepFresh(each);
    }
  }

  /** Ends what is under way. From now on the lists answer nothing. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const { timer } of this.#open) clearTimeout(timer);
    await this.#turn;
    for (const { store } of this.#open) await store.close();
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Updates now, and again when its time has come. */
  async #keepFresh(each: Open): Promise<void> {
    clearTimeout(each.timer);
    const succeeded = await this.#update(each);
    if (this.#closed) return;
    const refresh = each.list.refresh * MINUTE;
    clearTimeout(each.timer);
    each.timer = setTimeout(() => void this.#keepFresh(each), succeeded ? refresh : Math.min(refresh, AGAIN));
    each.timer.unref();
  }

  /** @returns whether it succeeded */
  async #update(each: Open): Promise<boolean> {
    const turn = this.#turn.then(async () => {
      if (this.#closed) return false;
      try {
        const { list, store } = each;
        const source = await this.#parts.sourceOf(list);
        const { runner } = this.#parts;
        const { signal } = this.#closing;
        if (await updateList(store, { list, source, runner, signal })) this.#parts.changed();
        this.#warnWhenStale(each);
        return true;
      } catch (error) {
        if (!this.#closed) this.#parts.warn(each.list, refusalOf(error));
        return false;
      }
    });
    this.#turn = turn.then(() => undefined);
    return turn;
  }

  #match(each: Open, url: ReturnType<typeof canonicalUrl>): Listing | undefined {
    const { list, store } = each;
    if (list.whenStale === "refuse") this.#requireFresh(each);
    if (!store.usable) return undefined;
    try {
      const match = store.match(url);
      const report = list.reportTo === undefined ? {} : { reportTo: list.reportTo };
      return match && { entry: match.expression, list: list.name, since: match.since, ...report };
    } catch (error) {
      const damage = refusalOf(error);
      store.markDamaged(damage);
      this.#parts.warn(list, damage);
      void this.#keepFresh(each);
      throw damage;
    }
  }

  #requireFresh({ list, store }: Open): void {
    if (!store.usable || this.#isStale(list, store)) throw staleRefusal(list, store);
  }

  #warnWhenStale({ list, store }: Open): void {
    if (this.#isStale(list, store)) this.#parts.warn(list, staleRefusal(list, store));
  }

  #isStale({ staleAfter }: List, { state }: ListStore): boolean {
    return state !== undefined && this.#parts.clock() - Date.parse(state.issued) > staleAfter * MINUTE;
  }
}

function openStores(
  { lists, folder }: Pick<HostileListsParts, "lists" | "folder">,
  readOnly: boolean,
): Promise<readonly Open[]> {
  return Promise.all(
    lists.map(async (list) => ({ list, store: await ListStore.open(join(folder, list.id), readOnly) })),
  );
}

function staleRefusal(list: List, { state, usable }: ListStore): Refusal {
  const fault = usable && state !== undefined ? `its release is of ${state.issued}` : "none is stored";
  return new Refusal("hostile.stale", {
    value: list.name,
    fault,
    expected: `one of the last ${list.staleAfter} minutes`,
  });
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(
    "hostile.fetch",
    { fault: error instanceof Error ? error.message : String(error) },
    { cause: error },
  );
}
