/** Host-suffix/path-prefix expressions of an address: Safe Browsing v5, "Host-Suffix Path-Prefix Expressions". */
import { getDomain } from "tldts";
import type { CanonicalUrl } from "./canonical-url.ts";

/** How far the expressions of an address go. */
export interface ExpressionBounds {
  /** Suffixes besides the host itself. */
  readonly suffixes: number;
  /** Directories, the root among them. */
  readonly directories: number;
  /** Whether a listed path covers what lies below it also where it is listed without its last slash. */
  readonly below: boolean;
}

/** The specification's bounds, which save a client that asks a server from asking too much. */
export const SAFE_BROWSING_V5: ExpressionBounds = { suffixes: 4, directories: 4, below: false };

/** For lists of our own: a listed host covers every subdomain, a listed path all that lies below it, however deep. */
export const EVERYTHING_ABOVE: ExpressionBounds = { suffixes: Infinity, directories: Infinity, below: true };

/** @returns `host/path?query` each, the most specific host and path first */
export function expressionsOf(url: CanonicalUrl, bounds: ExpressionBounds = SAFE_BROWSING_V5): readonly string[] {
  const paths = pathPrefixes(url, bounds);
  return hostSuffixes(url.host, bounds.suffixes).flatMap((host) => paths.map((path) => `${host}${path}`));
}

/** The host, then its suffixes down to the registrable domain (Public Suffix List, ICANN's part); addresses have none. */
export function hostSuffixes(host: string, most: number): readonly string[] {
  const registrable = registrableDomain(host);
  if (registrable === undefined || registrable === host) return [host];
  const suffixes: string[] = [];
  for (let dot = host.length - registrable.length - 1; dot > 0 && suffixes.length < most; ) {
    suffixes.unshift(host.slice(dot + 1));
    dot = host.lastIndexOf(".", dot - 1);
  }
  return [host, ...suffixes];
}

/** The path with and without query, then its directories from the root on. */
export function pathPrefixes(
  { path, query }: Pick<CanonicalUrl, "path" | "query">,
  { directories, below }: ExpressionBounds,
): readonly string[] {
  const prefixes = query.length > 1 ? [`${path}${query}`, path] : [path];
  let counted = 0;
  for (let slash = 0; slash >= 0 && counted < directories; slash = path.indexOf("/", slash + 1)) {
    if (below && slash > 0) prefixes.push(path.slice(0, slash));
    if (slash < path.length - 1) prefixes.push(path.slice(0, slash + 1));
    counted += 1;
  }
  return prefixes;
}

const RECENT = 1_024;
const recent = new Map<string, string | undefined>();

/** eTLD+1. A page asks for the same few hosts again and again. */
function registrableDomain(host: string): string | undefined {
  if (recent.has(host)) return recent.get(host);
  const domain = getDomain(host, { extractHostname: false, validateHostname: false }) ?? undefined;
  if (recent.size >= RECENT) recent.clear();
  recent.set(host, domain);
  return domain;
}
