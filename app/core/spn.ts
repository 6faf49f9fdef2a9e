/**
 * Service principal names, composed from what the client knows: the profile's service class and realm, and the host
 * the user asked for. Never from a CNAME, a reverse look-up, a redirect, a header or a certificate.
 */
import { isServerName } from "./origin.ts";
import { Refusal } from "./refusal.ts";

export interface SpnParts {
  /** Service class, e.g. `HTTP`. */
  readonly class: string;
  /** DNS name of the host that runs the service; Unicode and a trailing dot are normalised. */
  readonly host: string;
  /** Left out when undefined or 0, as DsMakeSpn does. */
  readonly port?: number;
  /** Service name, where it is another than the host: a domain, a replicated service. */
  readonly name?: string;
  /** Kerberos realm; left out in DsMakeSpn's own form. */
  readonly realm?: string;
}

/** What a component may hold; `/`, `@`, `:` and `\` have meanings of their own in names (RFC 1964 §2.1.1). */
const COMPONENT = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;
const REALM = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/;

/**
 * `class/host[:port][/name][@REALM]`, in the manner of DsMakeSpn with the host as its instance name.
 * @throws Refusal `spn.invalid`: IP addresses, single labels (NetBIOS names), characters with a meaning of their own.
 */
export function composeSpn({ class: serviceClass, host, port = 0, name, realm }: SpnParts): string {
  if (!isServiceClass(serviceClass)) throw invalid(serviceClass, "no service class", "letters and digits, e.g. HTTP");
  const instance = `${normalHost(host)}${portSuffix(port)}`;
  const service = name === undefined ? "" : `/${serviceName(name)}`;
  if (realm !== undefined && !isRealm(realm)) throw invalid(realm, "no realm", "a realm such as CORP.EXAMPLE");
  return `${serviceClass}/${instance}${service}${realm === undefined ? "" : `@${realm}`}`;
}

export function isServiceClass(text: string): boolean {
  return COMPONENT.test(text);
}

export function isRealm(text: string): boolean {
  return REALM.test(text);
}

/** A DNS name, or a plain word. */
export function isServiceName(text: string): boolean {
  return COMPONENT.test(text) || isServerName(text);
}

/** A-labels, lower case, no trailing dot. */
function normalHost(host: string): string {
  const text = host.replace(/\.$/, "");
  const url = /[/@:?#\\\s%[\]]/.test(text) || !URL.canParse(`https://${text}`) ? undefined : new URL(`https://${text}`);
  if (url === undefined || !isServerName(url.hostname)) {
    throw invalid(host, "no DNS name of two labels or more", "a DNS name; IP addresses and NetBIOS names have no SPN");
  }
  return url.hostname;
}

function portSuffix(port: number): string {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw invalid(String(port), "no port", "1 to 65535");
  return port === 0 ? "" : `:${port}`;
}

/** A service name is a DNS name or a plain word. */
function serviceName(name: string): string {
  if (!name.includes(".") && COMPONENT.test(name)) return name;
  return normalHost(name);
}

function invalid(value: string, fault: string, expected: string): Refusal {
  return new Refusal("spn.invalid", { value: value.slice(0, 300), fault, expected });
}
