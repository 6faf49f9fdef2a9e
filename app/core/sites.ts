import type { Expectation } from "./expectation.ts";
import { coversUrl, parseHostileEntry } from "./hostile-entry.ts";
import type { Profile, Site, Subresource } from "./profile.ts";
import { Refusal } from "./refusal.ts";

/** The site that this origin (`URL.origin`) belongs to; a subresource's origin belongs to none. */
export function siteOfOrigin(profile: Profile, origin: string): Site | undefined {
  return profile.sites.find(({ origins }) => origins.includes(origin));
}

/**
 * What the client expects of the server at `origin` while it is in this site.
 * @returns undefined unless the origin is one of the site's own or one of its declared subresources.
 */
export function expectationFor(site: Site, origin: string): Expectation | undefined {
  if (site.origins.includes(origin)) return { ...endpoint(site.id, origin, site), role: "site", client: site.client };
  const subresource = site.subresources.find((candidate) => candidate.origin === origin);
  if (subresource === undefined) return undefined;
  return { ...endpoint(site.id, origin, subresource), role: "subresource", client: { method: "none" } };
}

function endpoint(
  site: string,
  origin: string,
  { server, addresses }: Pick<Site | Subresource, "server" | "addresses">,
) {
  const { hostname: host, port } = new URL(origin);
  const to = { site, origin, host, port: port === "" ? 443 : Number(port), server };
  return addresses === undefined ? to : { ...to, addresses };
}

/** The first entry of the profile's hostile list that covers this URL. */
export function hostileMatch(profile: Profile, url: URL): string | undefined {
  return profile.hostile.find((text) => {
    const entry = parseHostileEntry(text);
    return entry !== undefined && coversUrl(entry, url);
  });
}

/**
 * Reads what a user typed as an address: https is added where no scheme is given; another scheme, a user name before
 * the host (which disguises the host), white space inside and backslashes are refused.
 */
export function parseAddress(text: string): URL | Refusal {
  const typed = text.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):(?!\d)/i.exec(typed)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "https") return insecure(typed, scheme);
  const candidate = scheme === undefined ? `https://${typed}` : typed;
  if (/[\s\\]/.test(typed) || !/^https:\/\/[^/]/i.test(candidate) || !URL.canParse(candidate)) return malformed(typed);
  const url = new URL(candidate);
  return url.username !== "" || url.password !== "" ? malformed(typed) : url;
}

function insecure(typed: string, scheme: string): Refusal {
  return new Refusal("address.insecure", { value: typed, fault: `the scheme is ${scheme}`, expected: "https" });
}

function malformed(typed: string): Refusal {
  return new Refusal("address.malformed", {
    value: typed,
    fault: "the text is no address",
    expected: "a host, or an https URL without user name",
  });
}
