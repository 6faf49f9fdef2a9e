import type { Profile } from "./profile.ts";
import { Refusal } from "./refusal.ts";
import { hostileMatch } from "./sites.ts";

/** Why an address is called hostile. */
export interface Listing {
  /** As the list has it. */
  readonly entry: string;
  /** Name of the list; absent for the profile's own. */
  readonly list?: string;
  /** Milliseconds since the epoch, as far as known. */
  readonly since?: number;
  /** Where mistakes are reported: a `mailto:` or https URL. */
  readonly reportTo?: string;
}

/**
 * Looks an address up in the lists outside the profile.
 * @throws Refusal `hostile.damaged`, `hostile.stale` when it cannot be told and the profile wants certainty
 */
export type HostileLookup = (url: URL) => Listing | undefined;

export const NO_LISTS: HostileLookup = () => undefined;

/** A refusal that says which list has the address. */
export class HostileRefusal extends Refusal {
  readonly listing: Listing;

  /** @param value the address, without anything that people may have typed */
  constructor(value: string, listing: Listing) {
    super("site.hostile", {
      value,
      fault: faultOf(listing),
      expected: "an address that is not on a list of hostile addresses",
    });
    this.listing = listing;
  }
}

/** @throws HostileRefusal when the profile or a list has this address; Refusal what `lists` throws */
export function refuseHostile(
  profile: Pick<Profile, "hostile">,
  lists: HostileLookup,
  url: URL,
  value = `${url.origin}${url.pathname}`,
): void {
  const listing = hostileListing(profile, lists, url);
  if (listing !== undefined) throw new HostileRefusal(value, listing);
}

/** What the profile or a list has to say of this address. @throws Refusal what `lists` throws */
export function hostileListing(profile: Pick<Profile, "hostile">, lists: HostileLookup, url: URL): Listing | undefined {
  const entry = hostileMatch(profile, url);
  return entry === undefined ? lists(url) : { entry };
}

function faultOf({ entry, list, since, reportTo }: Listing): string {
  const which = list === undefined ? "the profile's hostile list" : `the hostile list "${list}"`;
  const day = since === undefined ? "" : ` since ${new Date(since).toISOString().slice(0, 10)}`;
  const mistakes = reportTo === undefined ? "" : `; mistakes are reported to ${reportTo.replace(/^mailto:/, "")}`;
  // A listed query may be of the address that was asked for, and hold what somebody typed.
  return `${which} covers it by ${entry.split("?", 1)[0]}${day}${mistakes}`;
}
