/** Which DNS names a certificate speaks for (RFC 9525 §6.3), and how they lie in name constraints (RFC 5280 §4.2.1.10). */
import type { GeneralName } from "./certificate-extensions.ts";

/** Letters, digits, hyphens and, as browsers tolerate, underscores; A-labels are of this form too. */
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/** Lower case, or undefined for what is no DNS name: NUL, other octets, trailing dot, empty label, IPv4 literal. */
function dnsName(text: string): string | undefined {
  const name = text.toLowerCase();
  const labels = name.split(".");
  const numericEnd = /^\d+$/.test(labels.at(-1) ?? "");
  return name.length <= 253 && !numericEnd && labels.every((label) => LABEL.test(label)) ? name : undefined;
}

/** A dNSName split into its wildcard and the rest. */
interface PresentedName {
  readonly wildcard: boolean;
  /** Without `*.` */
  readonly name: string;
}

/**
 * Reads a dNSName. The wildcard is the complete left-most label and at least two labels follow it, so that no one
 * speaks for all of `com` or `local`.
 * @returns undefined for what names nothing
 */
export function presentedName(octets: Buffer): PresentedName | undefined {
  const text = octets.toString("latin1");
  const wildcard = text.startsWith("*.");
  const name = dnsName(wildcard ? text.slice(2) : text);
  return name === undefined || (wildcard && !name.includes(".")) ? undefined : { wildcard, name };
}

function covers({ wildcard, name }: PresentedName, host: string): boolean {
  if (!wildcard) {
    return host === name;
  }
  const dot = host.indexOf(".");
  return dot > 0 && host.slice(dot + 1) === name;
}

/**
 * The name among a leaf's alternative names that covers the host; common names never count.
 * @param host A-labels, lower case, no trailing dot
 */
export function nameFor(host: string, names: readonly GeneralName[]): string | undefined {
  const asked = dnsName(host);
  const match = names.find(({ kind, octets }) => {
    const presented = kind === "dns" ? presentedName(octets) : undefined;
    return asked !== undefined && presented !== undefined && covers(presented, asked);
  });
  return match?.octets.toString("latin1");
}

/** The names a certificate presents, for IT, in printable form. */
export const listNames = (names: readonly GeneralName[]): string =>
  names
    .filter(({ kind }) => kind === "dns" || kind === "ip")
    .map(({ kind, octets }) => (kind === "dns" ? JSON.stringify(octets.toString("latin1")) : "an IP address"))
    .slice(0, 20)
    .join(", ") || "none";

const isSubdomain = (name: string, base: string): boolean => name.endsWith(`.${base}`);

/** A constraint: all names (empty), a host with everything below it, or with a leading dot only what is below. */
interface DnsSubtree {
  readonly base: string;
  readonly onlyBelow: boolean;
}

/** @returns undefined for a constraint that cannot be processed */
export function dnsSubtree(octets: Buffer): DnsSubtree | undefined {
  const text = octets.toString("latin1").toLowerCase();
  const onlyBelow = text.startsWith(".");
  const base = onlyBelow ? text.slice(1) : text;
  return (base === "" && !onlyBelow) || dnsName(base) !== undefined ? { base, onlyBelow } : undefined;
}

/** True when every host that the name covers lies in the subtree. */
export function allWithin({ wildcard, name }: PresentedName, { base, onlyBelow }: DnsSubtree): boolean {
  return base === "" || isSubdomain(name, base) || (name === base && (wildcard || !onlyBelow));
}

/** True when some host that the name covers lies in the subtree. */
export function someWithin(presented: PresentedName, subtree: DnsSubtree): boolean {
  // `*.example.com` covers `a.example.com`, so it touches the subtrees of both.
  const touchesBelow = presented.wildcard && covers(presented, subtree.base) && !subtree.onlyBelow;
  return allWithin(presented, subtree) || touchesBelow;
}
