/** Where an address leads, by the profile alone. Pure. */
import { domainToUnicode } from "node:url";
import { type HostileLookup, NO_LISTS, refuseHostile } from "../core/hostile-lookup.ts";
import { lookalikeOf } from "../core/lookalike.ts";
import { lookalikeRefusal } from "../core/lookalike-refusal.ts";
import type { Profile, Site } from "../core/profile.ts";
import { Refusal } from "../core/refusal.ts";
import { parseAddress, siteOfOrigin } from "../core/sites.ts";
import { plainAddress, refusalOf } from "./refusal-view.ts";

export type Destination =
  | { readonly kind: "site"; readonly site: Site; readonly url: string }
  | {
      readonly kind: "refused";
      readonly refusal: Refusal;
      readonly url: string;
      /** The site of the profile that the address could be taken for. */
      readonly genuine?: Site;
    };

/** @param text what a user typed, or the address of a link */
export function destinationOf(profile: Profile, text: string, lists: HostileLookup = NO_LISTS): Destination {
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
  const detail = { value: url.origin, fault: "no site of the profile has this origin", expected: "a listed origin" };
  return { kind: "refused", refusal: new Refusal("site.unlisted", detail), url: url.href };
}
