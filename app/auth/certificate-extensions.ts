/** The extensions of RFC 5280 §4.2.1 and RFC 7633 that judging a server needs. Everything read here is processed. */

import { Boolean as Asn1Boolean } from "asn1js";
import {
  bitsOf,
  booleanOf,
  contentOf,
  countOf,
  decodeDer,
  explicitly,
  Malformed,
  type Node,
  octetsOf,
  oidOf,
  sequenceOf,
  taggedMembers,
  tagOf,
} from "./asn1.ts";
import { type DirectoryName, readName } from "./directory-name.ts";

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of extnValue. */
  readonly value: Buffer;
}

/** GeneralName (RFC 5280 §4.2.1.6); `octets` is the content for the kinds that are strings or addresses. */
export interface GeneralName {
  readonly kind: GeneralNameKind;
  readonly octets: Buffer;
  readonly directory?: DirectoryName;
}

const GENERAL_NAME_KINDS = ["other", "email", "dns", "x400", "directory", "edi", "uri", "ip", "registered"] as const;
export type GeneralNameKind = (typeof GENERAL_NAME_KINDS)[number];

export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

const KEY_USAGES = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

export interface KnownExtensions {
  readonly basicConstraints?: { readonly ca: boolean; readonly pathLength?: number; readonly critical: boolean };
  readonly keyUsage?: ReadonlySet<KeyUsage>;
  /** Extended key usage, dotted OIDs. */
  readonly purposes?: readonly string[];
  readonly alternativeNames?: { readonly names: readonly GeneralName[]; readonly critical: boolean };
  readonly nameConstraints?: NameConstraints;
  /** Certificate policies, dotted OIDs. */
  readonly policies?: readonly string[];
  readonly policyConstraints?: { readonly requireExplicitPolicy?: number };
  readonly policyMappings?: true;
  readonly inhibitAnyPolicy?: number;
  /** TLS feature numbers (RFC 7633); 5 is status_request, must-staple. */
  readonly features?: readonly number[];
}

export const PURPOSE = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  ocspSigning: "1.3.6.1.5.5.7.3.9",
  any: "2.5.29.37.0",
} as const;

function readBasicConstraints(node: Node, critical: boolean): Partial<KnownExtensions> {
  const members = sequenceOf(node, "basic constraints");
  const flagged = members[0] instanceof Asn1Boolean;
  const ca = flagged && booleanOf(members[0], "cA");
  const [length, ...more] = flagged ? members.slice(1) : members;
  if (more.length > 0 || (flagged && !ca) || (!ca && length !== undefined)) {
    throw new Malformed("basic constraints are not in DER, or limit the path of a certificate that is no authority");
  }
  const pathLength = length === undefined ? {} : { pathLength: countOf(length, "path length") };
  return { basicConstraints: { ca, critical, ...pathLength } };
}

function readKeyUsage(node: Node): Partial<KnownExtensions> {
  const { octets, unused } = bitsOf(node, "key usage");
  const length = octets.length * 8 - unused;
  const keyUsage = new Set(KEY_USAGES.filter((_, bit) => bit < length && bitAt(octets, bit)));
  // Zero bits at the end are not DER (X.690 §11.2.2), but some public roots have them, and they say nothing.
  if (keyUsage.size === 0) {
    throw new Malformed("key usage names nothing (RFC 5280 §4.2.1.3)");
  }
  return { keyUsage };
}

const bitAt = (octets: Buffer, bit: number): boolean => (((octets[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0;

function nonEmpty<T>(values: readonly T[], what: string): readonly T[] {
  if (values.length === 0) {
    throw new Malformed(`${what} must not be empty`);
  }
  return values;
}

function readGeneralName(node: Node): GeneralName {
  const kind = GENERAL_NAME_KINDS[tagOf(node) ?? -1];
  switch (kind) {
    case undefined:
      throw new Malformed("a general name has an unknown type");
    case "directory":
      return {
        kind,
        octets: Buffer.alloc(0),
        directory: readName(explicitly(node, 4, "directory name"), "directory name"),
      };
    case "other":
    case "x400":
    case "edi":
      taggedMembers(node, GENERAL_NAME_KINDS.indexOf(kind), `general name of type ${kind}`);
      return { kind, octets: Buffer.alloc(0) };
    default:
      return { kind, octets: contentOf(node, `general name of type ${kind}`) };
  }
}

/** minimum is 0 and maximum absent in every certificate of this profile (RFC 5280 §4.2.1.10). */
function readSubtree(node: Node): GeneralName {
  const [base, ...distances] = sequenceOf(node, "subtree");
  if (base === undefined || distances.length > 0) {
    throw new Malformed("a name constraint must be one name without distances");
  }
  return readGeneralName(base);
}

function readNameConstraints(node: Node): Partial<KnownExtensions> {
  const members = nonEmpty(sequenceOf(node, "name constraints"), "name constraints");
  const tags = members.map(tagOf).join();
  if (tags !== "0" && tags !== "1" && tags !== "0,1") {
    throw new Malformed("name constraints must hold permitted subtrees, then excluded ones");
  }
  const subtrees = (tag: number): readonly GeneralName[] => {
    const member = members.find((one) => tagOf(one) === tag);
    return member === undefined ? [] : nonEmpty(taggedMembers(member, tag, "subtrees"), "subtrees").map(readSubtree);
  };
  return { nameConstraints: { permitted: subtrees(0), excluded: subtrees(1) } };
}

function readPolicies(node: Node): Partial<KnownExtensions> {
  const policies = nonEmpty(sequenceOf(node, "certificate policies"), "certificate policies").map((one) =>
    oidOf(sequenceOf(one, "policy")[0], "policy"),
  );
  if (new Set(policies).size !== policies.length) {
    throw new Malformed("a certificate policy is there twice");
  }
  return { policies };
}

function readPolicyConstraints(node: Node): Partial<KnownExtensions> {
  const members = nonEmpty(sequenceOf(node, "policy constraints"), "policy constraints");
  const counts = members.map((one) => {
    const octets = contentOf(one, "policy constraint");
    if (octets.length === 0 || octets.length > 4 || (octets[0] ?? 0) >= 0x80) {
      throw new Malformed("a policy constraint must be a small number");
    }
    return octets.readUIntBE(0, octets.length);
  });
  const tags = members.map(tagOf).join();
  if (tags !== "0" && tags !== "1" && tags !== "0,1") {
    throw new Malformed("policy constraints must be requireExplicitPolicy, then inhibitPolicyMapping");
  }
  const explicit = tags === "1" ? undefined : counts[0];
  return { policyConstraints: explicit === undefined ? {} : { requireExplicitPolicy: explicit } };
}

type Reader = (node: Node, critical: boolean) => Partial<KnownExtensions>;

const READERS: Readonly<Record<string, Reader>> = {
  "2.5.29.14": (node) => {
    octetsOf(node, "subject key identifier");
    return {};
  },
  "2.5.29.15": readKeyUsage,
  "2.5.29.17": (node, critical) => {
    const names = nonEmpty(sequenceOf(node, "subject alternative names"), "subject alternative names");
    return { alternativeNames: { names: names.map(readGeneralName), critical } };
  },
  "2.5.29.19": readBasicConstraints,
  "2.5.29.30": readNameConstraints,
  "2.5.29.32": readPolicies,
  "2.5.29.33": (node) => {
    nonEmpty(sequenceOf(node, "policy mappings"), "policy mappings");
    return { policyMappings: true };
  },
  "2.5.29.35": (node) => {
    sequenceOf(node, "authority key identifier");
    return {};
  },
  "2.5.29.36": readPolicyConstraints,
  "2.5.29.37": (node) => {
    const purposes = nonEmpty(sequenceOf(node, "extended key usage"), "extended key usage");
    return { purposes: purposes.map((one) => oidOf(one, "purpose")) };
  },
  "2.5.29.54": (node) => ({ inhibitAnyPolicy: countOf(node, "inhibitAnyPolicy") }),
  "1.3.6.1.5.5.7.1.24": (node) => ({
    features: sequenceOf(node, "TLS features").map((one) => countOf(one, "TLS feature")),
  }),
};

/** @throws Malformed where a known extension is not what its standard says */
export function readKnownExtensions(extensions: Iterable<Extension>): KnownExtensions {
  let known: KnownExtensions = {};
  for (const { oid, critical, value } of extensions) {
    const reader = READERS[oid];
    if (reader !== undefined) {
      known = { ...known, ...reader(decodeDer(value, `extension ${oid}`), critical) };
    }
  }
  return known;
}

/** Critical extensions that nobody here processes: reason enough to refuse (RFC 5280 §4.2). */
export const unknownCritical = (extensions: Iterable<Extension>): readonly string[] =>
  [...extensions].filter(({ oid, critical }) => critical && READERS[oid] === undefined).map(({ oid }) => oid);
