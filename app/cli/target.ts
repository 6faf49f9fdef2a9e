import { domainToUnicode } from "node:url";
import type { Expectation } from "../core/expectation.ts";
import { type HostileLookup, NO_LISTS, refuseHostile } from "../core/hostile-lookup.ts";
import { lookalikeOf } from "../core/lookalike.ts";
import { lookalikeRefusal } from "../core/lookalike-refusal.ts";
import type { Profile, Site } from "../core/profile.ts";
import { Refusal } from "../core/refusal.ts";
import { expectationFor, parseAddress, siteOfOrigin } from "../core/sites.ts";
import { fileSource } from "../profile/file.ts";
import { loadProfile, type ProfileLoad } from "../profile/load.ts";
import { UsageError } from "./arguments.ts";
import type { CommandParts } from "./io.ts";

/** The profile that a command is to use. */
export function profileFor(file: string | undefined, { profileSources }: CommandParts): Promise<ProfileLoad> {
  return loadProfile(file === undefined ? profileSources : [fileSource(file)]);
}

/** @throws Refusal `profile.*` */
export function usable(load: ProfileLoad): Profile {
  if (load.kind === "loaded") return load.profile;
  if (load.kind === "invalid") throw load.refusal;
  throw new Refusal("profile.missing", {
    value: load.lookedIn.join(", "),
    fault: "there is no profile",
    expected: "a profile, or --profile FILE",
  });
}

/** What a command is pointed at, once the profile's lists have been asked. */
export interface Target {
  readonly url: URL;
  readonly site: Site;
  readonly expectation: Expectation;
}

/** @throws Refusal `site.hostile`, `hostile.*`, `address.insecure`, `site.lookalike`, `site.unlisted` @throws UsageError for what is no address */
export function targetOf(text: string, profile: Profile, lists: HostileLookup = NO_LISTS): Target {
  refuseListed(text, profile, lists);
  const url = parseAddress(text);
  if (url instanceof Refusal) {
    if (url.code === "address.malformed") throw new UsageError(`${JSON.stringify(text)} is no address of a site`);
    throw url;
  }
  refuseListed(url.href, profile, lists);
  for (const site of candidates(profile, url.origin)) {
    const expectation = expectationFor(site, url.origin);
    if (expectation !== undefined) return { url, site, expectation };
  }
  const lookalike = lookalikeOf(profile, url.hostname, domainToUnicode);
  if (lookalike !== undefined) throw lookalikeRefusal(url, lookalike);
  throw new Refusal("site.unlisted", {
    value: url.origin,
    fault: "no site of the profile has this origin",
    expected: "the origin of a site or of a declared subresource",
  });
}

/** The same, after the lists outside the profile have been asked. */
export async function findTarget(
  text: string,
  profile: Profile,
  { openLists }: Pick<CommandParts, "openLists">,
): Promise<Target> {
  const lists = await openLists(profile);
  try {
    return targetOf(text, profile, lists.lookup);
  } finally {
    await lists.close();
  }
}

/** The site whose own origin it is comes first; then those that declare it as a subresource. */
function candidates(profile: Profile, origin: string): readonly Site[] {
  const owner = siteOfOrigin(profile, origin);
  return owner === undefined ? profile.sites : [owner];
}

/** Whatever the scheme: a flagged address is called hostile before anything else is said of it. */
function refuseListed(text: string, profile: Profile, lists: HostileLookup): void {
  if (URL.canParse(text)) refuseHostile(profile, lists, new URL(text));
}
