/** Where an address leads, by the profile alone. Pure. */
import { domainToUnicode } from "node:url";
import { type HostileLookup, NO_LISTS, refuseHostile } from "../core/hostile-lookup.ts";
import { lookalikeOf } from "../core/lookalike.ts";
import { lookalikeRefusal } from "../core/lookalike-refusal.ts";
import { isServerName } from "../core/origin.ts";
import type { Profile, Site } from "../core/profile.ts";
import { Refusal } from "../core/refusal.ts";
import { parseAddress, siteOfOrigin } from "../core/sites.ts";
import { plainAddress, refusalOf } from "./refusal-view.ts";

export type Destination =
  | { readonly kind: "site"; readonly site: Site; readonly url: string }
  /** Of no site; the profile lets it be read. `cut` when the address had a query or fragment, which is left out. */
  | { readonly kind: "read-only"; readonly url: string; readonly cut: boolean }
  | {
      readonly kind: "refused";
      readonly refusal: Refusal;
      readonly url: string;
      /** The site of the profile that the address could be taken for. */
      readonly genuine?: Site;
    };

/**
 * @param text what a user typed, or the address of a link
 * @param from `read-only`: the address stands in a page that is only read, where nobody can have entered anything; its
 * query is the page's own. Any other may hold what a user has entered, and leaves without query.
 */
export function destinationOf(
  profile: Profile,
  text: string,
  lists: HostileLookup = NO_LISTS,
  from: "user" | "read-only" = "user",
): Destination {
  const url = parseAddress(text);
  if (url instanceof Refusal) return { kind: "refused", refusal: url, url: text };
  try {
    refuseHostile(profile, lists, url, plainAddress(url.href));
  } catch (error) {
    return { kind: "refused", refusal: refusalOf(error), url: url.href };
  }
  const site = siteOfOrigin(profile, url.origin);
  if (site) return { kind: "site", site, url: url.href };
  const lookalike = lookalikeOf(profile, url.hostname, domainToUnicode);
  if (lookalike) {
    return { kind: "refused", refusal: lookalikeRefusal(url, lookalike), url: url.href, genuine: lookalike.site };
  }
  if (mayBeRead(profile, url.hostname)) return readOnly(url, from);
  const detail = { value: url.origin, fault: "no site of the profile has this origin", expected: "a listed origin" };
  return { kind: "refused", refusal: new Refusal("site.unlisted", detail), url: url.href };
}

function readOnly({ href, origin, pathname, search, hash }: URL, from: "user" | "read-only"): Destination {
  if (from === "read-only") return { kind: "read-only", url: href, cut: false };
  return { kind: "read-only", url: `${origin}${pathname}`, cut: search !== "" || hash !== "" };
}

/** Another port of a host that the profile names would be a site of its own, shown under a name that users trust. */
function mayBeRead({ unlisted, sites }: Profile, host: string): boolean {
  const named = sites.flatMap(({ origins, subresources }) => [...origins, ...subresources.map(({ origin }) => origin)]);
  return unlisted === "read-only" && isServerName(host) && !named.some((origin) => new URL(origin).hostname === host);
}
