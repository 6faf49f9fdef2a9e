/**
 * Addresses that could be taken for one of the profile's: homographs, slips of the fingers, added words, the genuine
 * name as a label of another domain, another ending. Only refusals rest on this; what it misses is still unlisted.
 */
import { parse } from "tldts";
import { slipsBetween } from "./lookalike-distance.ts";
import { Label, type Likeness, labelLikeness } from "./lookalike-label.ts";
import { skeletonOf } from "./lookalike-skeleton.ts";
import { isWrapping } from "./lookalike-words.ts";
import type { Profile, Site } from "./profile.ts";

export type { Likeness } from "./lookalike-label.ts";

export interface Lookalike {
  /** Whose address it could be taken for. */
  readonly site: Site;
  /** The site's own host that it resembles. */
  readonly genuine: string;
  readonly by: Likeness;
}

/** A host in A-labels to the same in Unicode; given by the caller, because it is the platform's work. */
export type ToUnicode = (host: string) => string;

/**
 * The genuine site that this host could be taken for. Hosts of the profile and their neighbours under the same
 * registrable domain (public suffix list, private section included) never resemble anybody.
 * @param host in A-labels, lower case, as in `URL.hostname`
 */
export function lookalikeOf(
  profile: Pick<Profile, "sites">,
  host: string,
  toUnicode: ToUnicode,
): Lookalike | undefined {
  const known = knownNames(profile, toUnicode);
  const asked = nameOf(host, toUnicode);
  if (asked === undefined || known.domains.has(asked.domain)) return undefined;
  for (const { site, ...name } of known.names) {
    const by = likeness(asked, name);
    if (by !== undefined) return { site, genuine: name.host, by };
  }
  return undefined;
}

/** A host, cut at the domain that somebody registered. */
interface Name {
  readonly host: string;
  /** The registrable domain, in A-labels. */
  readonly domain: string;
  /** What its owner chose of it. */
  readonly label: Label;
  readonly ending: string;
  /** Labels before the domain. */
  readonly before: readonly Label[];
}

interface GenuineName extends Name {
  readonly site: Site;
}

interface KnownNames {
  readonly names: readonly GenuineName[];
  readonly domains: ReadonlySet<string>;
}

/** A profile is read once: every address that is asked for is compared with all its names. */
const readProfiles = new WeakMap<readonly Site[], KnownNames>();

function knownNames({ sites }: Pick<Profile, "sites">, toUnicode: ToUnicode): KnownNames {
  const read = readProfiles.get(sites);
  if (read !== undefined) return read;
  const names = new Map<string, GenuineName>();
  const domains = new Set<string>();
  const nameOfOrigin = (origin: string) => nameOf(new URL(origin).hostname, toUnicode);
  for (const site of sites) {
    for (const name of site.origins.map(nameOfOrigin)) {
      if (name === undefined) continue;
      domains.add(name.domain);
      if (!names.has(name.domain)) names.set(name.domain, { ...name, site });
    }
    for (const { origin } of site.subresources) domains.add(nameOfOrigin(origin)?.domain ?? origin);
  }
  const known = { names: [...names.values()], domains };
  readProfiles.set(sites, known);
  return known;
}

/** @returns undefined for IP addresses, single labels and public suffixes, which name no owner. */
function nameOf(host: string, toUnicode: ToUnicode): Name | undefined {
  const { domain, domainWithoutSuffix, publicSuffix, subdomain, isIp } = parse(host.replace(/\.$/, ""), {
    allowPrivateDomains: true,
  });
  if (isIp || !domain || !domainWithoutSuffix || !publicSuffix) return undefined;
  // Only an A-label is decoded: a number alone would be read as an IPv4 address. What cannot be decoded stays.
  const labelOf = (label: string) => new Label((label.startsWith("xn--") && toUnicode(label)) || label);
  return {
    host,
    domain,
    label: labelOf(domainWithoutSuffix),
    ending: publicSuffix,
    before: subdomain ? subdomain.split(".").map(labelOf) : [],
  };
}

function likeness(asked: Name, genuine: Name): Likeness | undefined {
  const alikeEnding = asked.ending === genuine.ending || looksLikeEnding(asked.ending, genuine.ending);
  return (
    endingLikeness(asked, genuine, alikeEnding) ??
    labelLikeness(asked.label, genuine.label, alikeEnding) ??
    (isEmbedded(asked, genuine) ? "embedded name" : undefined)
  );
}

/** The same name under another ending: a swap, or the genuine ending misspelt. */
function endingLikeness(asked: Name, genuine: Name, alikeEnding: boolean): Likeness | undefined {
  if (asked.label.text !== genuine.label.text) return undefined;
  if (alikeEnding) return "misspelling";
  return genuine.label.text.length >= 4 && !isWrapping(genuine.label.text) ? "other ending" : undefined;
}

/** Endings of two letters are countries: every one is a slip away from another. */
function looksLikeEnding(asked: string, genuine: string): boolean {
  return skeletonOf(asked) === skeletonOf(genuine) || (genuine.length >= 3 && slipsBetween(asked, genuine, 1) <= 1);
}

/** The genuine domain within the asked host, its dots kept or written as hyphens; or a name that tells before another. */
function isEmbedded(asked: Name, genuine: Name): boolean {
  const labels = [...asked.before.map(({ text }) => text), asked.label.text];
  const wanted = genuine.domain.split(".");
  const written = wanted.join("-");
  return (
    labels.slice(0, -1).some((_, start) => wanted.every((label, index) => labels[start + index] === label)) ||
    labels.some((label) => `-${label}-`.includes(`-${written}-`)) ||
    asked.before.some((label) => labelLikeness(label, genuine.label, false) !== undefined)
  );
}
