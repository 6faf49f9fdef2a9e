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

/** @throws Refusal `site.hostile` when the profile or a list names this address, and what `lists` throws */
export function refuseHostile(
  profile: Pick<Profile, "hostile">,
  lists: HostileLookup,
  url: URL,
  value = plain(url),
): void {
  const entry = hostileMatch(profile, url);
  const listing = entry === undefined ? lists(url) : { entry };
  if (listing !== undefined) throw hostileRefusal(value, listing);
}

/** Queries hold what people have typed: they stay out of refusals. */
const plain = (url: URL): string => `${url.origin}${url.pathname}`;

function hostileRefusal(value: string, { entry, list, since, reportTo }: Listing): Refusal {
  const day = since === undefined ? "" : ` since ${new Date(since).toISOString().slice(0, 10)}`;
  const which = list === undefined ? "the profile's own list" : `the list "${list}"`;
  const mistake = reportTo === undefined ? "" : `; a mistake is reported to ${reportTo.replace(/^mailto:/, "")}`;
  return new Refusal("site.hostile", {
    value,
    fault: `${which} has it as ${withoutQuery(entry)}${day}${mistake}`,
    expected: "an address that is not on a list of hostile addresses",
  });
}

const withoutQuery = (entry: string): string => entry.split("?", 1)[0] ?? entry;
