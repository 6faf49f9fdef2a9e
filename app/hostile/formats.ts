/**
 * Reads lists of hostile addresses as they come, piece by piece: ours and the common ones. A line that is no entry is
 * counted, never fatal; how many are too many is for the caller to say.
 */
import { getPublicSuffix } from "tldts";
import { canonicalizeText, parseUrl } from "../core/canonical-url.ts";
import type { ListFormat } from "../core/profile-hostile.ts";
import { hostsLine, rpzLines } from "./format-dns.ts";
import { urlhausCsvLine, urlhausObject } from "./format-urlhaus.ts";
import { lines, objects } from "./pieces.ts";
import type { Entry } from "./segment-format.ts";

/** What one line says: the address as the list writes it. */
export interface Listed {
  readonly address: string;
  /** As the list writes it, UTC. */
  readonly since?: string;
  readonly removed?: boolean;
}

/** Of one line or object: what it lists; `skipped` for a comment, for what lists nothing, `bad` for what makes no sense. */
export type Read = readonly Listed[] | "skipped" | "bad";

/** An entry; `since` is absent where the list does not say. */
export type ReadEntry = Omit<Entry, "since"> & { readonly since?: number };

export interface Counts {
  entries: number;
  bad: number;
  /** The first bad lines, for the report: number and beginning. */
  readonly firstBad: string[];
}

const REPORTED = 5;

/** @param delta lines may begin with `-` for what is no longer listed */
export function* readEntries(
  pieces: Iterable<string>,
  format: ListFormat,
  counts: Counts,
  delta = false,
): Generator<ReadEntry> {
  let number = 0;
  const split = format === "urlhaus-json" ? objects : lines;
  const read = readerOf(format, delta);
  for (const piece of split(pieces)) {
    number += 1;
    const listed = piece === undefined ? "bad" : read(piece);
    const entries = listed === "skipped" ? [] : listed === "bad" ? [undefined] : listed.map(entryOf);
    for (const entry of entries) {
      if (entry !== undefined) {
        counts.entries += 1;
        yield entry;
        continue;
      }
      counts.bad += 1;
      if (counts.firstBad.length < REPORTED) counts.firstBad.push(`${number}: ${(piece ?? "too long").slice(0, 80)}`);
    }
  }
}

function readerOf(format: ListFormat, delta: boolean): (text: string) => Read {
  switch (format) {
    case "lines":
      return (text) => plainLine(text, delta);
    case "hosts":
      return hostsLine;
    case "rpz":
      return rpzLines();
    case "urlhaus-csv":
      return urlhausCsvLine;
    case "urlhaus-json":
      return urlhausObject;
  }
}

/** `address`, or `address<tab or spaces>date`; in a delta with `+` or `-` before it. */
function plainLine(text: string, delta: boolean): Read {
  const line = text.trim();
  if (line === "" || line.startsWith("#") || line.startsWith(";")) return "skipped";
  const sign = delta && /^[+-]/.test(line) ? line.charAt(0) : "";
  const [address = "", since, ...rest] = line.slice(sign.length).split(/[\t ]+/);
  if (rest.length > 0 || address === "") return "bad";
  return [{ address, ...(since === undefined ? {} : { since }), ...(sign === "-" ? { removed: true } : {}) }];
}

/** A name of two labels or more. */
const NAME = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LONGEST_ADDRESS = 8_192;

/** @returns undefined for what no browser could open, and for a whole public suffix, which is always a mistake */
export function entryOf({ address, since, removed }: Listed): ReadEntry | undefined {
  if (address.length > LONGEST_ADDRESS) return undefined;
  const url = canonicalizeText(address);
  if (url === undefined || url.scheme === "ftp") return undefined;
  if (!isReachable(url.host)) return undefined;
  const minutes = since === undefined ? undefined : minutesOf(since);
  if (since !== undefined && minutes === undefined) return undefined;
  const path = url.query.length > 1 ? `${url.path}${url.query}` : url.path;
  return {
    host: url.host,
    path,
    ...(minutes === undefined ? {} : { since: minutes }),
    ...(removed ? { removed } : {}),
  };
}

function isReachable(host: string): boolean {
  // Addresses, or what only looks like one: a name whose last label is a number is none (WHATWG URL, "ends in a number").
  if (host.startsWith("[") || /\.(?:\d+|0x[\da-f]*)$/.test(host)) {
    return parseUrl(`https://${host}/`)?.hostname === host;
  }
  return NAME.test(host) && getPublicSuffix(host, BARE) !== host;
}

const BARE = { extractHostname: false, validateHostname: false } as const;

/** `2026-11-20`, `2026-11-20 10:00:00`, `2026-11-20T10:00:00Z`, with `UTC` or without: minutes since the epoch. */
function minutesOf(text: string): number | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?)?(?:Z| UTC)?$/.exec(text);
  const time = parts === null ? Number.NaN : Date.parse(`${parts[1]}T${parts[2] ?? "00:00"}Z`);
  return time >= 0 ? Math.floor(time / 60_000) : undefined;
}
