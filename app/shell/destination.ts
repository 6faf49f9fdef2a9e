/** Where an address leads, by the profile alone. Pure. */
import { domainToUnicode } from "node:url";
import { lookalikeOf } from "../core/lookalike.ts";
import { lookalikeRefusal } from "../core/lookalike-refusal.ts";
import type { Profile, Site } from "../core/profile.ts";
import { Refusal } from "../core/refusal.ts";
import { hostileMatch, parseAddress, siteOfOrigin } from "../core/sites.ts";
import { plainAddress } from "./refusal-view.ts";

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
export function destinationOf(profile: Profile, text: string): Destination {
  const url = parseAddress(text);
  if (url instanceof Refusal) return { kind: "refused", refusal: url, url: text };
  const hostile = hostileMatch(profile, url);
  if (hostile !== undefined) {
    const detail = { value: plainAddress(url.href), fault: `the list of hostile addresses names ${hostile}` };
    return { kind: "refused", refusal: new Refusal("site.hostile", detail), url: url.href };
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
