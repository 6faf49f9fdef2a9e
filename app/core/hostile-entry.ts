import { type CanonicalUrl, canonicalUrl, parseUrl } from "./canonical-url.ts";

/** Entries of the profile's hostile list: a host, or an http(s) URL. Both cover the host's subdomains. */
export interface HostileEntry {
  readonly host: string;
  /** Only when the entry names one that is not its scheme's default; otherwise every port. */
  readonly port?: string;
  /** Canonical. `/` covers everything; otherwise this path and what lies below it. */
  readonly path: string;
  /** Only when the entry has one: then the path and the query must be equal. */
  readonly query?: string;
}

/** A name, an IPv4 address, or an IPv6 address in brackets: nothing that would be a port, path, query or user name. */
const HOST_ALONE = /^(?:[^:/?#@[\]]+|\[[0-9A-Fa-f:.]+\])$/;

/** @returns undefined unless `text` is a host name, an IP address or an http(s) URL without user name. */
export function parseHostileEntry(text: string): HostileEntry | undefined {
  const candidate = text.includes("://") ? text : `https://${text}/`;
  const url = parseUrl(candidate);
  if (url === undefined || /[\s\\]/.test(text)) return undefined;
  if (!["https:", "http:"].includes(url.protocol) || url.username !== "" || url.password !== "") return undefined;
  if (candidate !== text && !HOST_ALONE.test(text)) return undefined;
  const { host, port, path, query } = canonicalUrl(url);
  if (host === "") return undefined;
  return { host, path, ...(port === "" ? {} : { port }), ...(query === "" ? {} : { query }) };
}

/** Whether the entry covers this URL. The scheme plays no part: who deceives on one deceives on the other. */
export function coversUrl(entry: HostileEntry, url: CanonicalUrl): boolean {
  return (url.host === entry.host || url.host.endsWith(`.${entry.host}`)) && coversBelowHost(entry, url);
}

function coversBelowHost(entry: HostileEntry, { port, path, query }: CanonicalUrl): boolean {
  if (entry.port !== undefined && entry.port !== port) return false;
  if (entry.query !== undefined) return path === entry.path && query === entry.query;
  return path === entry.path || path.startsWith(entry.path.endsWith("/") ? entry.path : `${entry.path}/`);
}

/** The host and every name above it. */
function hostsAbove(host: string): readonly string[] {
  const hosts = [host];
  for (let dot = host.indexOf("."); dot >= 0; dot = host.indexOf(".", dot + 1)) hosts.push(host.slice(dot + 1));
  return hosts;
}

interface Listed {
  readonly entry: HostileEntry;
  readonly text: string;
  readonly position: number;
}

/** The entries of a list by host: a look-up costs as much as the address has labels, however long the list is. */
export class HostileEntries {
  readonly #byHost = new Map<string, Listed[]>();

  constructor(list: readonly string[]) {
    for (const [position, text] of list.entries()) {
      const entry = parseHostileEntry(text);
      if (entry === undefined) continue;
      const listed = { entry, text, position };
      const sameHost = this.#byHost.get(entry.host);
      if (sameHost === undefined) this.#byHost.set(entry.host, [listed]);
      else sameHost.push(listed);
    }
  }

  /** The first entry of the list that covers this URL. */
  match(url: URL): string | undefined {
    if (this.#byHost.size === 0) return undefined;
    const canonical = canonicalUrl(url);
    const first = hostsAbove(canonical.host)
      .flatMap((host) => this.#byHost.get(host)?.find(({ entry }) => coversBelowHost(entry, canonical)) ?? [])
      .reduce<Listed | undefined>((best, each) => (best && best.position < each.position ? best : each), undefined);
    return first?.text;
  }
}
