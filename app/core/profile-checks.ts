import { canonicalUrl } from "./canonical-url.ts";
import { coversUrl, parseHostileEntry } from "./hostile-entry.ts";
import type { Profile } from "./profile.ts";
import type { JsonPath } from "./profile-problem.ts";

interface Finding {
  readonly path: JsonPath;
  readonly expected: string;
}

interface OriginUse {
  readonly origin: string;
  readonly path: JsonPath;
}

/** What no single value can show: ids used twice, origins with two roles, a hostile entry that covers a site. */
export function crossFieldProblems(profile: Profile): readonly Finding[] {
  const origins = siteOrigins(profile);
  return [
    ...duplicates(
      profile.sites.map(({ id }, site) => ({ text: id, path: ["sites", site, "id"] })),
      "an id that no other site has",
    ),
    ...duplicates(
      origins.map(({ origin, path }) => ({ text: origin, path })),
      "an origin that belongs to one site only",
    ),
    ...duplicates(
      (profile.hostileLists ?? []).map(({ id }, index) => ({ text: id, path: ["hostileLists", index, "id"] })),
      "an id that no other list has",
    ),
    ...subresourceProblems(profile, origins),
    ...pinProblems(profile),
    ...(profile.unlistedAnchors !== undefined && profile.unlisted === "refuse"
      ? [{ path: ["unlistedAnchors"], expected: 'none, since "unlisted" is "refuse"' }]
      : []),
    ...hostileProblems(profile, [...origins, ...subresourceOrigins(profile)]),
  ];
}

function siteOrigins({ sites }: Profile): readonly OriginUse[] {
  return sites.flatMap(({ origins }, site) =>
    origins.map((origin, index) => ({ origin, path: ["sites", site, "origins", index] })),
  );
}

function subresourceOrigins({ sites }: Profile): readonly OriginUse[] {
  return sites.flatMap(({ subresources }, site) =>
    subresources.map(({ origin }, index) => ({ origin, path: ["sites", site, "subresources", index, "origin"] })),
  );
}

/** Several sites may load from the same host; but an origin that is a site's own has that one role everywhere. */
function subresourceProblems(profile: Profile, origins: readonly OriginUse[]): readonly Finding[] {
  const ofSites = new Set(origins.map(({ origin }) => origin));
  const both = subresourceOrigins(profile)
    .filter(({ origin }) => ofSites.has(origin))
    .map(({ path }) => ({ path, expected: "an origin that is not one of a site's own origins" }));
  const twice = profile.sites.flatMap(({ subresources }, site) =>
    duplicates(
      subresources.map(({ origin }, index) => ({
        text: origin,
        path: ["sites", site, "subresources", index, "origin"],
      })),
      "an origin that this site declares only once",
    ),
  );
  return [...both, ...twice];
}

function pinProblems({ sites }: Profile): readonly Finding[] {
  const check = (pins: readonly string[], path: JsonPath) =>
    duplicates(
      pins.map((pin, index) => ({ text: pin, path: [...path, "server", "pins", index] })),
      "a pin that is listed only once",
    );
  return sites.flatMap((site, index) => [
    ...check(site.server.pins, ["sites", index]),
    ...site.subresources.flatMap(({ server }, sub) => check(server.pins, ["sites", index, "subresources", sub])),
  ]);
}

/** A profile that lists a host as hostile and as a site contradicts itself; the author must say which is meant. */
function hostileProblems({ hostile }: Profile, origins: readonly OriginUse[]): readonly Finding[] {
  const urls = origins.map(({ origin }) => ({ origin, url: canonicalUrl(new URL(origin)) }));
  return hostile.flatMap((text, index) => {
    const entry = parseHostileEntry(text);
    const covered = urls.find(({ url }) => entry !== undefined && coversUrl(entry, url));
    return covered === undefined
      ? []
      : [{ path: ["hostile", index], expected: `an entry that does not cover ${covered.origin} of this profile` }];
  });
}

function duplicates(
  uses: readonly { readonly text: string; readonly path: JsonPath }[],
  expected: string,
): readonly Finding[] {
  const seen = new Set<string>();
  return uses.flatMap(({ text, path }) => {
    if (seen.has(text)) return [{ path, expected }];
    seen.add(text);
    return [];
  });
}
