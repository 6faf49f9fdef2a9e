/** The lists of hostile addresses of the profile in use; whatever looks an address up waits until they are open. */
import { type HostileLookup, HostileRefusal, hostileListing, NO_LISTS } from "../core/hostile-lookup.ts";
import type { Profile } from "../core/profile.ts";
import { Refusal } from "../core/refusal.ts";
import { plainAddress } from "./refusal-view.ts";

export interface ListEvents {
  /** The user is to know. */
  notice(text: string): void;
  changed(): void;
}

export interface ProfileLists {
  readonly lookup: HostileLookup;
  close(): Promise<void>;
}

const NONE: ProfileLists = { lookup: NO_LISTS, close: async () => {} };

export type OpenLists = (profile: Profile, events: ListEvents) => Promise<ProfileLists>;

export class CurrentLists {
  readonly #open: OpenLists;
  readonly #events: ListEvents;
  #lists: Promise<ProfileLists> = Promise.resolve(NONE);
  #profile: Profile | undefined;

  constructor(open: OpenLists, events: ListEvents) {
    this.#open = open;
    this.#events = events;
  }

  /** Opens the lists of another profile, once those of the one before are closed. */
  use(profile: Profile): void {
    this.#profile = profile;
    const closed = this.#lists.then((lists) => lists.close()).catch(() => undefined);
    // Their code is loaded only where there are some.
    const none = (profile.hostileLists ?? []).length === 0;
    this.#lists = closed.then(() => (none ? NONE : this.#open(profile, this.#events)));
    // Whoever waits for them fails, and says so.
    this.#lists.catch(() => undefined);
  }

  async lookup(): Promise<HostileLookup> {
    return (await this.#lists).lookup;
  }

  /** Why the profile or a list refuses this address; undefined for one that nobody has listed. */
  async refusalOf(address: string): Promise<Refusal | undefined> {
    if (this.#profile === undefined || !URL.canParse(address)) return undefined;
    try {
      const listing = hostileListing(this.#profile, await this.lookup(), new URL(address));
      return listing && new HostileRefusal(plainAddress(address), listing);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }
}
