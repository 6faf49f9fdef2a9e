/** X.501 names as certificates carry them: shown per RFC 4514, compared per RFC 5280 §7.1. */
import { BaseStringBlock } from "asn1js";
import { ATTRIBUTE_NAMES, escapeValue, foldValue } from "../core/distinguished-name.ts";
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

interface Attribute {
  readonly type: string;
  readonly text: string;
  readonly key: string;
}

/** Strings compare without regard to their type, case, or runs of white space (RFC 5280 §7.1, RFC 4518). */
function attribute(node: Node): Attribute {
  const [typeNode, value, ...more] = sequenceOf(node, "attribute");
  const type = oidOf(typeNode, "attribute type");
  if (value === undefined || more.length > 0) {
    throw new Malformed(`attribute ${type} must have exactly one value`);
  }
  const label = ATTRIBUTE_NAMES[type] ?? type;
  if (value instanceof BaseStringBlock) {
    const string = value.getValue();
    return { type, text: `${label}=${escapeValue(string)}`, key: `${type}=s${JSON.stringify(foldValue(string))}` };
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
