/** The profile's `transport`: sites whose service protects a plain TCP connection by GSSAPI instead of TLS. */
import { z } from "zod";
import { PINS_EXPECTED } from "./profile-parts.ts";

export const transport = z
  .enum(["tls", "gss"], { error: '"tls" or "gss"' })
  .optional()
  .describe(
    'What protects the channel: TLS (default), or "gss": a TCP service that authenticates by GSSAPI tokens and wraps each message.',
  );

export const protection = z
  .enum(["confidentiality", "integrity"], { error: '"confidentiality" or "integrity"' })
  .optional()
  .describe('With "gss", the least that each message must have: encrypted (default), or signed only.');

export const servicePort = z
  .int({ error: "a port from 1 to 65535" })
  .min(1, { error: "a port from 1 to 65535" })
  .max(65_535, { error: "a port from 1 to 65535" })
  .optional()
  .describe('With "gss" and spn: TCP port of the service; the origin\'s port when absent.');

/**
 * Classes of services that take a ticket as a login and protect nothing with its key, or whose key is shared by them: a
 * token for one of these, shown to whoever answers a TCP connection, could be passed on.
 */
const BEARER_CLASSES = new Set([
  "http",
  "https",
  "host",
  "cifs",
  "ldap",
  "smtp",
  "imap",
  "pop",
  "termsrv",
  "rpc",
  "krbtgt",
]);

/** Whether tokens for services of this class may be shown without TLS. */
export function mayBeBare(serviceClass: string): boolean {
  return !BEARER_CLASSES.has(serviceClass.toLowerCase());
}

interface SiteShape {
  readonly transport?: "tls" | "gss" | undefined;
  readonly protection?: unknown;
  readonly servicePort?: unknown;
  readonly server: {
    readonly pins: readonly string[];
    readonly anchors: readonly unknown[];
    readonly spn?: { readonly class: string } | undefined;
    readonly scp?: { readonly class?: string | undefined } | undefined;
    readonly binding?: unknown;
  };
  readonly client: { readonly method: string; readonly delegate?: boolean };
}

interface Fault {
  readonly path: readonly string[];
  readonly expected: string;
}

/** What does not fit together in a site: its server, its client and its transport. */
export function siteFault(site: SiteShape): Fault | undefined {
  return serviceFault(site) ?? (site.transport === "gss" ? gssFault(site) : tlsFault(site));
}

function serviceFault({ server: { spn, scp }, client: { method } }: SiteShape): Fault | undefined {
  if (spn !== undefined && scp !== undefined) return { path: ["server", "scp"], expected: "either spn or scp" };
  const kerberos = method === "kerberos";
  if (kerberos === (spn !== undefined || scp !== undefined)) return undefined;
  const key = !kerberos && spn === undefined ? "scp" : "spn";
  const expected = kerberos
    ? "an spn or scp, for a user who proves themselves with kerberos"
    : `no ${key} but for kerberos`;
  return { path: ["server", key], expected };
}

/** A Kerberos token is a login for whoever gets it; without enforced bindings a key must be known beforehand. */
function tlsFault({ server, protection: least, servicePort: port }: SiteShape): Fault | undefined {
  const { pins, anchors, spn, scp, binding } = server;
  if (least !== undefined) return { path: ["protection"], expected: 'no protection but with "transport": "gss"' };
  if (port !== undefined) return { path: ["servicePort"], expected: 'no servicePort but with "transport": "gss"' };
  if (spn === undefined && scp === undefined) {
    if (binding !== undefined)
      return { path: ["server", "binding"], expected: "a binding only together with spn or scp" };
    return pins.length > 0 ? undefined : { path: ["server", "pins"], expected: PINS_EXPECTED };
  }
  if (pins.length > 0 || anchors.length > 0 || binding === "enforced") return undefined;
  return { path: ["server", "pins"], expected: 'pins or anchors with an spn or scp, or "binding": "enforced"' };
}

/** Nothing of TLS is there to be pinned or bound to; the session key itself ties every message to the exchange. */
function gssFault({ server, client, servicePort: port }: SiteShape): Fault | undefined {
  const { pins, anchors, spn, scp, binding } = server;
  const none = 'with "transport": "gss"';
  if (client.method !== "kerberos") return { path: ["client", "method"], expected: `"kerberos" ${none}` };
  if (client.delegate === true) return { path: ["client", "delegate"], expected: `false ${none}` };
  if (pins.length > 0) return { path: ["server", "pins"], expected: `no pins ${none}` };
  if (anchors.length > 0) return { path: ["server", "anchors"], expected: `no anchors ${none}` };
  if (binding !== undefined) return { path: ["server", "binding"], expected: `no binding ${none}` };
  if (scp !== undefined && scp.class === undefined)
    return { path: ["server", "scp", "class"], expected: `a class ${none}` };
  if (scp !== undefined && port !== undefined)
    return { path: ["servicePort"], expected: "no servicePort with scp, which says it" };
  const [key, serviceClass] = spn === undefined ? ["scp", scp?.class] : ["spn", spn.class];
  if (serviceClass !== undefined && !mayBeBare(serviceClass)) {
    return {
      path: ["server", key, "class"],
      expected: `a class of this service's own ${none}: tokens for ${serviceClass} log in elsewhere`,
    };
  }
  return undefined;
}
