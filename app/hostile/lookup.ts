/** Looks an address up in the segments of a list. */
import type { CanonicalUrl } from "../core/canonical-url.ts";
import { EVERYTHING_ABOVE, hostSuffixes, pathPrefixes } from "../core/url-expressions.ts";
import { expressionHash, hostBits, hostPlace, pathBits, pathKey, pathPlace, WHOLE_HOST } from "./keys.ts";
import type { Segment } from "./segment.ts";

/** The expression of a list that covers an address. */
export interface Match {
  /** `host/path?query`. */
  readonly expression: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

const MINUTE = 60_000;

/**
 * The first expression of this address that the list holds. Memory answers for nearly all addresses that it does not
 * hold; the disk is asked before anything is called listed.
 *
 * @param segments the newest first
 * @throws Refusal `hostile.damaged` when the disk's answer cannot be relied on
 */
export function lookUp(segments: readonly Segment[], url: CanonicalUrl): Match | undefined {
  let paths: readonly string[] | undefined;
  for (const host of hostSuffixes(url.host, EVERYTHING_ABOVE.suffixes)) {
    const place = hostPlace(host);
    const bits = hostBits(host);
    if (!anyMayHave(segments, place, bits)) continue;
    paths ??= pathPrefixes(url, EVERYTHING_ABOVE);
    for (const path of paths) {
      const key = pathKey(path);
      const maybe = key === WHOLE_HOST || anyMayHave(segments, pathPlace(place, key), pathBits(bits, key));
      const since = maybe ? listedSince(segments, host, path) : undefined;
      if (since !== undefined) return { expression: host + path, since: since * MINUTE };
    }
  }
  return undefined;
}

function anyMayHave(segments: readonly Segment[], place: number, bits: number): boolean {
  for (const segment of segments) if (segment.mayHave(place, bits)) return true;
  return false;
}

function listedSince(segments: readonly Segment[], host: string, path: string): number | undefined {
  const hash = expressionHash(host, path);
  for (const segment of segments) {
    const found = segment.find(hash);
    if (found !== undefined) return found.removed ? undefined : found.since;
  }
  return undefined;
}
