/**
 * The canonical form of a URL in which hostile addresses are listed and looked up, so that no spelling of an address
 * slips through: Safe Browsing v5, "Canonicalization of URLs". What the WHATWG URL parser settles (IDN, IPv4 in every
 * notation, IPv6, letter case) is left to it; this adds what Safe Browsing asks for beyond it.
 */

export interface CanonicalUrl {
  /** A-labels in lower case without superfluous dots, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string;
  /** Empty for the scheme's default. */
  readonly port: string;
  /** Begins with `/`. */
  readonly path: string;
  /** With its `?`; empty when there is none. */
  readonly query: string;
}

/** @param url has a host, as every http(s) URL does */
export function canonicalUrl(url: URL): CanonicalUrl {
  const host = withoutSuperfluousDots(url.hostname);
  return {
    host: host.startsWith("[") ? ipv4Within(host) : host,
    port: url.port,
    path: canonicalPath(url.pathname),
    query: canonicalText(url.search),
  };
}

/**
 * The canonical form of a text that need not be a URL by WHATWG's rules, as lines of lists and the specification's
 * examples are not; `http` where it names no scheme.
 * @returns undefined for what has no host or is not http(s) or ftp
 */
export function canonicalizeText(text: string): (CanonicalUrl & { readonly scheme: string }) | undefined {
  const bare = withoutBlankEnds(text.replace(/\p{Surrogate}/gu, "\ufffd")).replace(/[\t\r\n]/g, "");
  const [named, scheme = "http"] = /^([a-z][a-z0-9+.-]*):(?!\d)/i.exec(bare.toLowerCase()) ?? [""];
  if (!/^(?:https?|ftp)$/.test(scheme) || (named !== "" && !/^[/\\]{2}/.test(bare.slice(named.length))))
    return undefined;
  const whole = named === "" ? `${scheme}://${bare}` : bare;
  // With an empty host the parser would take the path's first name for it.
  const url = /:[/\\]{2}[^/?\\]/.test(whole) ? parseUrl(whole) : undefined;
  if (url === undefined) return canonicalParts(scheme, withoutFragment(whole.slice(scheme.length + 3)));
  const { query, ...parts } = canonicalUrl(url);
  return { scheme, ...parts, query: query === "" && withoutFragment(whole).includes("?") ? "?" : query };
}

/** By the specification's rules for strings alone. */
function canonicalParts(scheme: string, text: string): (CanonicalUrl & { readonly scheme: string }) | undefined {
  const [, authority = "", path = "", query = ""] = /^([^/?\\]*)([^?]*)(\?.*)?$/s.exec(text) ?? [];
  const { host, port } = splitAuthority(authority);
  const canonical = canonicalHost(host);
  if (canonical === "") return undefined;
  return { scheme, host: canonical, port, path: canonicalPath(octets(path)), query: canonicalText(octets(query)) };
}

/** As the specification's examples are written. */
export function canonicalString({ scheme, host, port, path, query }: CanonicalUrl & { scheme: string }): string {
  return `${scheme}://${host}${port === "" ? "" : `:${port}`}${path}${query}`;
}

/** URL.canParse is not asked: called often, it has wrong answers for characters between U+0080 and U+00FF (Node 20). */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Without control characters and spaces at the ends, as WHATWG's parser reads it. */
function withoutBlankEnds(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text.charCodeAt(start) <= 0x20) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end -= 1;
  return text.slice(start, end);
}

function withoutFragment(text: string): string {
  const hash = text.indexOf("#");
  return hash < 0 ? text : text.slice(0, hash);
}

function splitAuthority(authority: string): { readonly host: string; readonly port: string } {
  const after = authority.slice(authority.lastIndexOf("@") + 1);
  const port = /:(\d*)$/.exec(after);
  return port === null ? { host: after, port: "" } : { host: after.slice(0, port.index), port: port[1] ?? "" };
}

/** WHATWG's parser where the decoded host is one it takes; otherwise the text in lower case, escaped. */
function canonicalHost(text: string): string {
  const decoded = withoutSuperfluousDots(unescapedFully(octets(text)));
  const unicode = fromOctets(decoded);
  // A decoded delimiter would end the host: then it is a character of the name, and not the parser's business.
  const url = /[/?#@\\\s]|:(?![^[]*\])/.test(unicode) ? undefined : parseUrl(`http://${unicode}/`);
  if (url !== undefined) return ipv4Within(withoutSuperfluousDots(url.hostname));
  // Letters of ASCII only: the others are octets of UTF-8 here.
  return escaped(decoded.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
}

function withoutSuperfluousDots(host: string): string {
  if (!host.startsWith(".") && !host.endsWith(".") && !host.includes("..")) return host;
  return host.replace(/\.{2,}/g, ".").replace(/^\.|\.$/g, "");
}

/** The IPv4 address in an IPv4-mapped one and in one with NAT64's well-known prefix, 64:ff9b::/96. */
function ipv4Within(host: string): string {
  const parts = /^\[(?:::ffff:|64:ff9b::)(?:(?:([\da-f]{1,4}):)?([\da-f]{1,4}))?\]$/.exec(host);
  if (parts === null) return host;
  const [high, low] = [parts[1] ?? "0", parts[2] ?? "0"].map((text) => Number.parseInt(text, 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** @param path octets, one a character; WHATWG's pathname is such a text */
export function canonicalPath(path: string): string {
  if (path.startsWith("/") && !/[%\\]|\/\/|\/\.|[^!-~]/.test(path)) return path;
  const resolved: string[] = [];
  const segments = unescapedFully(path.replaceAll("\\", "/")).split("/").slice(1);
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    if (segment === "..") resolved.pop();
    else if (segment !== ".") resolved.push(segment);
    if (last && (segment === "." || segment === "..")) resolved.push("");
  });
  return escaped(`/${resolved.join("/")}`.replace(/\/{2,}/g, "/"));
}

function canonicalText(text: string): string {
  return /[%#]|[^!-~]/.test(text) ? escaped(unescapedFully(text)) : text;
}

const PERCENT = 0x25;

/** Percent-decoded until nothing is left to decode, in one pass, since the rounds can be as many as the text is long. */
export function unescapedFully(text: string): string {
  if (!text.includes("%")) return text;
  const out = new Uint8Array(text.length);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    out[length] = text.charCodeAt(index);
    length += 1;
    // What has just been decoded may complete an escape that began before it.
    while (length >= 3 && out[length - 3] === PERCENT) {
      const high = hexDigit(out[length - 2] ?? 0);
      const low = hexDigit(out[length - 1] ?? 0);
      if (high < 0 || low < 0) break;
      length -= 2;
      out[length - 1] = high * 16 + low;
    }
  }
  return latin1(out.subarray(0, length));
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Escapes what is not a visible ASCII character, `#` and `%`. */
function escaped(text: string): string {
  return text.replace(
    /[^!-~]|[#%]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** UTF-8, one octet a character. */
function octets(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : latin1(new TextEncoder().encode(text));
}

function fromOctets(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  return new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 4096) {
    text += String.fromCharCode(...bytes.subarray(start, start + 4096));
  }
  return text;
}
