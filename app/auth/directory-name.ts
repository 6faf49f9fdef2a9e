/** X.501 names as certificates carry them: shown per RFC 4514, compared per RFC 5280 §7.1. */
import { BaseStringBlock } from "asn1js";
import { bytesOf, Malformed, type Node, oidOf, sequenceOf, setOf } from "./asn1.ts";

export interface DirectoryName {
  /** RFC 4514, most specific first; for people, never for comparing. */
  readonly text: string;
  /** One comparison key for each relative name, root first. Equal keys mean equal names. */
  readonly keys: readonly string[];
  /** Attribute types that occur, dotted. */
  readonly types: readonly string[];
  readonly der: Buffer;
}

/** Short names of RFC 4514 §3 and the few others that people know. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.4": "SN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "title",
  "2.5.4.42": "GN",
  "2.5.4.97": "organizationIdentifier",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

interface Attribute {
  readonly type: string;
  readonly text: string;
  readonly key: string;
}

/** RFC 4514 §2.4; control characters become hex pairs too, so that a name cannot break a line or a log. */
function escaped(value: string): string {
  const inner = value.replace(/["+,;<>\\]/g, "\\$&").replace(/^[ #]/, "\\$&");
  const ends = inner.length > 1 ? inner.replace(/ $/, "\\ ") : inner;
  return ends.replace(/\p{Cc}|\p{Cf}/gu, (character) =>
    [...Buffer.from(character)].map((octet) => `\\${octet.toString(16).padStart(2, "0").toUpperCase()}`).join(""),
  );
}

/** Strings compare without regard to their type, case, or runs of white space (RFC 5280 §7.1, RFC 4518). */
function attribute(node: Node): Attribute {
  const [typeNode, value, ...more] = sequenceOf(node, "attribute");
  const type = oidOf(typeNode, "attribute type");
  if (value === undefined || more.length > 0) {
    throw new Malformed(`attribute ${type} must have exactly one value`);
  }
  const label = SHORT_NAMES[type] ?? type;
  if (value instanceof BaseStringBlock) {
    const string = value.getValue();
    const folded = string.normalize("NFKC").trim().replace(/\s+/gu, " ").toLowerCase();
    return { type, text: `${label}=${escaped(string)}`, key: `${type}=s${JSON.stringify(folded)}` };
  }
  const hex = bytesOf(value).toString("hex");
  return { type, text: `${label}=#${hex}`, key: `${type}=x${hex}` };
}

/** @throws Malformed */
export function readName(node: Node | undefined, what: string): DirectoryName {
  const relativeNames = sequenceOf(node, what).map((one) => setOf(one, `relative name of ${what}`).map(attribute));
  if (node === undefined || relativeNames.some((one) => one.length === 0)) {
    throw new Malformed(`${what} has an empty relative name`);
  }
  return {
    text: relativeNames
      .map((one) => one.map(({ text }) => text).join("+"))
      .reverse()
      .join(","),
    keys: relativeNames.map((one) =>
      one
        .map(({ key }) => key)
        .sort()
        .join("+"),
    ),
    types: relativeNames.flat().map(({ type }) => type),
    der: bytesOf(node),
  };
}

export const sameName = (one: DirectoryName, other: DirectoryName): boolean =>
  one.keys.length === other.keys.length && isWithin(one, other);

/** True when `name` lies in the subtree of `base`: begins with its relative names (RFC 5280 §4.2.1.10). */
export const isWithin = (name: DirectoryName, base: DirectoryName): boolean =>
  base.keys.every((key, index) => name.keys[index] === key);
