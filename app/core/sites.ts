import type { DirectoryLookup, Expectation, ServerExpectation } from "./expectation.ts";
import { HostileEntries } from "./hostile-entry.ts";
import type { Profile, Site, Subresource } from "./profile.ts";
import { givingPath } from "./profile-channels.ts";
import { readDirectory } from "./profile-scp.ts";
import { Refusal } from "./refusal.ts";
import { composeSpn } from "./spn.ts";

/** The site that this origin (`URL.origin`) belongs to; a subresource's origin belongs to none. */
export function siteOfOrigin(profile: Profile, origin: string): Site | undefined {
  return profile.sites.find(({ origins }) => origins.includes(origin));
}

/**
 * What the client expects of the server at `origin` while it is in this site.
 * @returns undefined unless the origin is one of the site's own or one of its declared subresources.
 */
export function expectationFor(site: Site, origin: string): Expectation | undefined {
  if (site.origins.includes(origin)) {
    const { server, ...place } = endpoint(site.id, origin, site);
    const giving = givingPath(site);
    const to: Omit<Expectation, "role" | "server" | "client"> = { ...place, ...protectedBy(site, place) };
    const named = withService(server, site, to.place ?? to);
    const expected = { ...to, server: named, role: "site", client: site.client } as const;
    return giving === undefined ? expected : { ...expected, giving };
  }
  const subresource = site.subresources.find((candidate) => candidate.origin === origin);
  if (subresource === undefined) return undefined;
  return { ...endpoint(site.id, origin, subresource), role: "subresource", client: { method: "none" } };
}

/** What is expected at every origin that the profile names. */
export function allExpectations({ sites }: Pick<Profile, "sites">): readonly Expectation[] {
  return sites.flatMap((site) =>
    [...site.origins, ...site.subresources.map(({ origin }) => origin)].flatMap((origin) => {
      const expectation = expectationFor(site, origin);
      return expectation === undefined ? [] : [expectation];
    }),
  );
}

/** What the client expects of the server of a list of hostile addresses; the user stays unknown to it. */
export function expectationForList(list: NonNullable<Profile["hostileLists"]>[number]): Expectation | undefined {
  const { id, url, server, addresses } = list;
  if (url === undefined || server === undefined) return undefined;
  const to = endpoint(`list:${id}`, new URL(url).origin, addresses === undefined ? { server } : { server, addresses });
  return { ...to, role: "subresource", client: { method: "none" } };
}

/** A service that is no web server has a port of its own; who answers there is Kerberos' to say. */
function protectedBy(
  { transport, protection = "confidentiality", servicePort }: Site,
  { host }: { readonly host: string },
) {
  if (transport !== "gss") return {};
  const gss = { transport: { kind: "gss", protection } } as const;
  return servicePort === undefined ? gss : { ...gss, place: { host, port: servicePort } };
}

function endpoint(
  site: string,
  origin: string,
  { server: { pins, anchors }, addresses }: Pick<Site | Subresource, "server" | "addresses">,
) {
  const { hostname: host, port } = new URL(origin);
  const to = { site, origin, host, port: port === "" ? 443 : Number(port), server: { pins, anchors } };
  return addresses === undefined ? to : { ...to, addresses };
}

/** The SPN is composed from the profile and the host that the user asked for, and from nothing else. */
function withService(
  server: ServerExpectation,
  { server: { spn, scp, binding: stated } }: Site,
  { host, port }: Pick<Expectation, "host" | "port">,
): ServerExpectation {
  const binding = stated ?? "unknown";
  if (scp !== undefined) return { ...server, lookup: lookupOf(scp, binding) };
  if (spn === undefined) return server;
  const { class: serviceClass, realm, name } = spn;
  const principal = composeSpn({
    class: serviceClass,
    host,
    realm,
    ...(spn.port ? { port } : {}),
    ...(name === undefined ? {} : { name }),
  });
  return { ...server, service: { principal, binding } };
}

function lookupOf(scp: NonNullable<Site["server"]["scp"]>, binding: DirectoryLookup["binding"]): DirectoryLookup {
  const { directory, addresses, pins, anchors, base, class: serviceClass, keywords = [], domain, realm, port } = scp;
  const place = readDirectory(directory);
  if (place === undefined) throw new Refusal("directory.untrusted", { value: directory, fault: "no LDAPS address" });
  return {
    ...place,
    ...(addresses === undefined ? {} : { addresses }),
    pins,
    anchors,
    base,
    ...(serviceClass === undefined ? {} : { serviceClass }),
    keywords,
    ...(domain === undefined ? {} : { domain }),
    realm,
    portInName: port,
    binding,
  };
}

/** The first entry of the profile's hostile list that covers this URL. */
export function hostileMatch({ hostile }: Pick<Profile, "hostile">, url: URL): string | undefined {
  const known = readLists.get(hostile);
  const entries = known ?? new HostileEntries(hostile);
  if (known === undefined) readLists.set(hostile, entries);
  return entries.match(url);
}

/** A list is read once: every request is looked up in it. */
const readLists = new WeakMap<readonly string[], HostileEntries>();

/**
 * Reads what a user typed as an address: https is added where no scheme is given; another scheme, a user name before
 * the host (which disguises the host), white space inside and backslashes are refused.
 */
export function parseAddress(text: string): URL | Refusal {
  const typed = text.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):(?!\d)/i.exec(typed)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "https") return insecure(scheme);
  const candidate = scheme === undefined ? `https://${typed}` : typed;
  if (/[\s\\]/.test(typed) || !/^https:\/\/[^/]/i.test(candidate) || !URL.canParse(candidate)) return malformed();
  const url = new URL(candidate);
  return url.username !== "" || url.password !== "" ? malformed() : url;
}

function insecure(scheme: string): Refusal {
  return new Refusal("address.insecure", { value: `${scheme}:`, fault: "the scheme is not https", expected: "https" });
}

/** Does not repeat the text: people type passwords into the wrong field. */
function malformed(): Refusal {
  const expected = "a host, or an https URL without user name";
  return new Refusal("address.malformed", { fault: "the text is no address", expected });
}
