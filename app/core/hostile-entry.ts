/** Entries of the profile's hostile list: a host, or an http(s) URL. Both cover the host's subdomains. */
export interface HostileEntry {
  readonly host: string;
  /** Only when the entry names one that is not its scheme's default; otherwise every port. */
  readonly port?: string;
  /** Decoded. `/` covers everything; otherwise this path and what lies below it. */
  readonly path: string;
  /** Only when the entry has one: then the path and the query must be equal. */
  readonly query?: string;
}

/** A name, an IPv4 address, or an IPv6 address in brackets: nothing that would be a port, path, query or user name. */
const HOST_ALONE = /^(?:[^:/?#@[\]]+|\[[0-9A-Fa-f:.]+\])$/;

/** @returns undefined unless `text` is a host name, an IP address or an http(s) URL without user name. */
export function parseHostileEntry(text: string): HostileEntry | undefined {
  const candidate = text.includes("://") ? text : `https://${text}/`;
  if (!URL.canParse(candidate) || /[\s\\]/.test(text)) return undefined;
  const url = new URL(candidate);
  if (!["https:", "http:"].includes(url.protocol) || url.username !== "" || url.password !== "") return undefined;
  if (candidate !== text && !HOST_ALONE.test(text)) return undefined;
  return {
    host: withoutTrailingDot(url.hostname),
    path: decodedPath(url.pathname),
    ...(url.port === "" ? {} : { port: url.port }),
    ...(url.search === "" ? {} : { query: url.search }),
  };
}

/** Whether the entry covers this URL. The scheme plays no part: who deceives on one deceives on the other. */
export function coversUrl(entry: HostileEntry, url: URL): boolean {
  if (!coversHost(entry.host, withoutTrailingDot(url.hostname))) return false;
  if (entry.port !== undefined && entry.port !== url.port) return false;
  const path = decodedPath(url.pathname);
  if (entry.query !== undefined) return path === entry.path && url.search === entry.query;
  return path === entry.path || path.startsWith(entry.path.endsWith("/") ? entry.path : `${entry.path}/`);
}

function coversHost(listed: string, host: string): boolean {
  return host === listed || host.endsWith(`.${listed}`);
}

function withoutTrailingDot(host: string): string {
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

/** Percent-decoded until nothing changes, repeated slashes as one, so that no spelling of a path slips through. */
function decodedPath(path: string): string {
  let decoded = path;
  for (let previous = ""; previous !== decoded; ) {
    previous = decoded;
    decoded = decoded.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  return decoded.replace(/\/{2,}/g, "/");
}
