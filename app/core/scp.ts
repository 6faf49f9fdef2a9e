/**
 * Service connection points: what a directory's serviceConnectionPoint object says of a service ([MS-ADSC] §2.230,
 * [MS-ADA3] serviceDNSName, serviceDNSNameType, serviceClassName, serviceBindingInformation). The object may name the
 * service's class (unless the profile does), its host and its port. Realm, pins, anchors and the address that the user
 * sees are the profile's alone.
 */
import type { DirectoryLookup, Expectation } from "./expectation.ts";
import { Refusal } from "./refusal.ts";
import { composeSpn } from "./spn.ts";

/** One object as the directory gave it. */
export interface DirectoryEntry {
  readonly dn: string;
  /** Values by attribute, whose names are in lower case. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

/** A service's name and place. */
export interface ConnectionPoint {
  /** Distinguished name of the object that says so. */
  readonly entry: string;
  readonly principal: string;
  /** The host that the name names: dialled, and no other. */
  readonly host: string;
  readonly port: number;
}

export const SCP_ATTRIBUTES = [
  "serviceDNSName",
  "serviceDNSNameType",
  "serviceClassName",
  "serviceBindingInformation",
  "keywords",
] as const;
type ScpAttribute = (typeof SCP_ATTRIBUTES)[number];

/**
 * Reads the one object that the search found.
 * @throws Refusal `scp.none`, `scp.several`, `scp.malformed`, `scp.disagreeing`
 */
export function readConnectionPoint(entries: readonly DirectoryEntry[], lookup: DirectoryLookup): ConnectionPoint {
  const [entry] = entries;
  if (entry === undefined) throw none(lookup);
  if (entries.length > 1) throw several(entries);
  refuseOtherKeywords(entry, lookup);
  const host = hostOf(entry, lookup);
  const port = portOf(entry, host);
  const spn = { class: classOf(entry, lookup), host, realm: lookup.realm, ...(lookup.portInName ? { port } : {}) };
  return { entry: entry.dn, principal: composed(entry, spn), host, port };
}

/** The expectation, once the directory has said how the service is called and where it is. */
export function namedBy<E extends Expectation>(to: E, { principal, host, port }: Omit<ConnectionPoint, "entry">): E {
  const { lookup } = to.server;
  if (lookup === undefined) return to;
  return {
    ...to,
    place: { host, port },
    server: { ...to.server, service: { principal, binding: lookup.binding } },
  };
}

function none({ base, serviceClass, keywords }: DirectoryLookup): Refusal {
  return new Refusal("scp.none", {
    value: [serviceClass, ...keywords].filter((text) => text !== undefined).join(", "),
    fault: "no serviceConnectionPoint of this class and these keywords",
    expected: `one below ${base}`,
  });
}

function several(entries: readonly DirectoryEntry[]): Refusal {
  const value = entries
    .slice(0, 5)
    .map(({ dn }) => dn)
    .join("; ");
  return new Refusal("scp.several", { value, fault: "more than one object matches", expected: "one" });
}

/** The directory has applied the filter; that its answer fits it is seen here. */
function refuseOtherKeywords(entry: DirectoryEntry, { keywords }: DirectoryLookup): void {
  const present = (entry.attributes.get("keywords") ?? []).map(folded);
  const absent = keywords.find((keyword) => !present.includes(folded(keyword)));
  if (absent !== undefined) throw disagreeing(entry, "keywords", present.join(", "), absent);
}

/** The profile's class in the profile's spelling where it has one; names of classes are compared without case. */
function classOf(entry: DirectoryEntry, { serviceClass: wanted }: DirectoryLookup): string {
  const stated = single(entry, "serviceClassName");
  if (wanted === undefined) return stated;
  if (folded(stated) !== folded(wanted)) throw disagreeing(entry, "serviceClassName", stated, wanted);
  return wanted;
}

/** An SRV name would leave it to DNS which host is meant. */
function hostOf(entry: DirectoryEntry, { domain }: DirectoryLookup): string {
  const type = single(entry, "serviceDNSNameType");
  if (folded(type) !== "a") throw malformed(entry, "serviceDNSNameType", type, "A, the name of one host");
  const host = folded(single(entry, "serviceDNSName")).replace(/\.$/, "");
  if (domain !== undefined && host !== domain && !host.endsWith(`.${domain}`)) {
    throw disagreeing(entry, "serviceDNSName", host, `${domain} or a name below it`);
  }
  return host;
}

/** `port` or `host:port`, where the host can only be the one that the service's name has. All values must agree. */
function portOf(entry: DirectoryEntry, host: string): number {
  const values = valuesOf(entry, "serviceBindingInformation");
  const ports = new Set(values.map((value) => readBinding(entry, value, host)));
  const [port] = ports;
  if (port === undefined) throw malformed(entry, "serviceBindingInformation", undefined, "port, or host:port");
  if (ports.size > 1) throw disagreeing(entry, "serviceBindingInformation", values.join(", "), "one port");
  return port;
}

function readBinding(entry: DirectoryEntry, value: string, host: string): number {
  const [, named, digits] = /^(?:([^\s:/@]+):)?([1-9]\d{0,4})$/.exec(value) ?? [];
  const port = Number(digits);
  if (!(port <= 65_535)) throw malformed(entry, "serviceBindingInformation", value, "port, or host:port");
  if (named !== undefined && folded(named).replace(/\.$/, "") !== host) {
    throw disagreeing(entry, "serviceBindingInformation", value, `the host ${host} of serviceDNSName`);
  }
  return port;
}

function composed(entry: DirectoryEntry, parts: Parameters<typeof composeSpn>[0]): string {
  try {
    return composeSpn(parts);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { value, fault, expected } = error.detail;
    const attribute = value === parts.class ? "serviceClassName" : "serviceDNSName";
    throw new Refusal("scp.malformed", {
      ...(value === undefined ? {} : { value }),
      fault: `${attribute} of ${entry.dn}: ${fault}`,
      ...(expected === undefined ? {} : { expected }),
    });
  }
}

function valuesOf({ attributes }: DirectoryEntry, attribute: ScpAttribute): readonly string[] {
  return attributes.get(attribute.toLowerCase()) ?? [];
}

function single(entry: DirectoryEntry, attribute: ScpAttribute): string {
  const [value, ...more] = valuesOf(entry, attribute);
  if (value === undefined) throw malformed(entry, attribute, undefined, "one value");
  if (more.length > 0) throw disagreeing(entry, attribute, [value, ...more].join(", "), "one value");
  return value;
}

function malformed(
  entry: DirectoryEntry,
  attribute: ScpAttribute,
  value: string | undefined,
  expected: string,
): Refusal {
  const fault = `${attribute} of ${entry.dn} is ${value === undefined ? "missing" : "malformed"}`;
  return new Refusal("scp.malformed", {
    ...(value === undefined ? {} : { value: value.slice(0, 300) }),
    fault,
    expected,
  });
}

function disagreeing(entry: DirectoryEntry, attribute: ScpAttribute, value: string, expected: string): Refusal {
  const fault = `${attribute} of ${entry.dn} does not agree with the rest or with the profile`;
  return new Refusal("scp.disagreeing", { value: value.slice(0, 300), fault, expected });
}

function folded(text: string): string {
  return text.toLowerCase();
}
