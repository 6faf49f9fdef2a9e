import type { Expectation } from "../core/expectation.ts";
import { type HostileLookup, NO_LISTS, refuseHostile } from "../core/hostile-lookup.ts";
import { isServerName } from "../core/origin.ts";
import type { Profile, Site } from "../core/profile.ts";
import { Refusal } from "../core/refusal.ts";
import { expectationFor } from "../core/sites.ts";

/** The target of a CONNECT request (RFC 9110 §9.3.6). */
export interface Authority {
  /** DNS name in A-labels, lower case. */
  readonly host: string;
  readonly port: number;
  /** `https://host[:port]`, as in URL.origin. */
  readonly origin: string;
}

/**
 * Reads `host:port`. Only the canonical spelling passes (but for letter case), so that no two spellings of one name
 * meet different rules; IP literals and single-label names are refused (they name no one).
 * @throws Refusal `gateway.request` for what is no authority, `site.unlisted` for what cannot name a listed server
 */
export function parseAuthority(text: string): Authority {
  const lower = text.toLowerCase();
  const parts = /^([a-z0-9._\-[\]:%]{1,255}):([1-9]\d{0,4})$/.exec(lower);
  const host = parts?.[1] ?? "";
  const port = Number(parts?.[2]);
  if (parts === null || port > 65_535) {
    throw new Refusal("gateway.request", {
      value: text.slice(0, 300),
      fault: "the CONNECT target is no host and port",
      expected: "host:port",
    });
  }
  if (!isServerName(host)) {
    throw new Refusal("site.unlisted", {
      value: text,
      fault: "the host is an IP address or no full DNS name",
      expected: "a DNS name that the site lists",
    });
  }
  return { host, port, origin: new URL(`https://${lower}`).origin };
}

/**
 * Decides whether this site's session may open a tunnel to `host:port`, and whom it then expects there.
 * @throws Refusal `site.hostile`, `hostile.*`, `site.unlisted`, `gateway.request`
 */
export function admitTunnel(
  profile: Profile,
  site: Site,
  target: string,
  lists: HostileLookup = NO_LISTS,
): Expectation {
  // Before anything else is looked at, so that a flagged address is called hostile however it is spelled.
  const url = `https://${target}/`;
  if (URL.canParse(url)) refuseHostile(profile, lists, new URL(url), target);
  const { origin } = parseAuthority(target);
  const expectation = expectationFor(site, origin);
  if (expectation === undefined) {
    throw new Refusal("site.unlisted", {
      value: origin,
      fault: `${origin} is not part of the site ${site.id}`,
      expected: "one of the site's origins or declared subresources",
    });
  }
  return expectation;
}

/** @throws Refusal `site.hostile` when the profile or a list has this URL, `hostile.*` when it cannot be told */
export function admitUrl(profile: Profile, url: URL, lists: HostileLookup = NO_LISTS): void {
  refuseHostile(profile, lists, url);
}
