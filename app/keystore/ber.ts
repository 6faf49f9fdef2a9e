/**
 * A narrow way into node-forge's ASN.1 reader, which decodes DER and BER: typed nodes, and readings that fail instead
 * of guessing. Everything unexpected is a Refusal `keystore.file-damaged`.
 */
import type forge from "node-forge";
// Every start reads certificates, few import a file: the rest of node-forge is for those (pkcs12.ts).
import asn1 from "node-forge/lib/asn1.js";
import util from "node-forge/lib/util.js";
import { Refusal } from "../core/refusal.ts";

export type Node = forge.asn1.Asn1;

const { Class, Type } = asn1;

/** A PKCS#12 file nests about 12 levels deep, a constructed OCTET STRING at most a few more. */
const MAX_DEPTH = 24;

export const damaged = (fault: string, expected?: string): Refusal =>
  new Refusal("keystore.file-damaged", { fault, ...(expected === undefined ? {} : { expected }) });

const binary = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

const OPTIONS = { strict: true, decodeBitStrings: false, maxDepth: MAX_DEPTH };

/** As node-forge documents it; @types/node-forge 1.3.14 knows only the older boolean in place of the options. */
const fromBer = asn1.fromDer as (bytes: forge.util.ByteBuffer, options: unknown) => Node;

/** @throws Refusal `keystore.file-damaged` unless the bytes are exactly one element in BER (X.690) */
export function decode(bytes: Uint8Array, what: string): Node {
  return forged(() => fromBer(util.createBuffer(binary(bytes)), OPTIONS), what);
}

/** What node-forge throws becomes a refusal. */
function forged<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (error) {
    throw damaged(`${what} is not ASN.1: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

/** The element in DER. */
export const encode = (node: Node): Buffer =>
  Buffer.from(
    forged(() => asn1.toDer(node).getBytes(), "The file"),
    "latin1",
  );

const is = (node: Node | undefined, tagClass: forge.asn1.Class, type: number): node is Node =>
  node !== undefined && node.tagClass === tagClass && node.type === type;

function members(node: Node | undefined, tagClass: forge.asn1.Class, type: number, what: string): readonly Node[] {
  if (!is(node, tagClass, type) || !node.constructed || typeof node.value === "string") {
    throw damaged(`${what} is missing or of another type`);
  }
  return node.value;
}

export const sequence = (node: Node | undefined, what: string): readonly Node[] =>
  members(node, Class.UNIVERSAL, Type.SEQUENCE, what);

export const set = (node: Node | undefined, what: string): readonly Node[] =>
  members(node, Class.UNIVERSAL, Type.SET, what);

/** Members of a constructed context-specific element. */
export const tagged = (node: Node | undefined, tag: number, what: string): readonly Node[] =>
  members(node, Class.CONTEXT_SPECIFIC, tag, what);

/** The one element inside an EXPLICIT tag. */
export function explicit(node: Node | undefined, tag: number, what: string): Node {
  const [only, ...more] = tagged(node, tag, what);
  if (only === undefined || more.length > 0) throw damaged(`${what} must hold exactly one element`);
  return only;
}

/** Context-specific tag number, undefined for universal types. */
export const tagOf = (node: Node): number | undefined =>
  node.tagClass === Class.CONTEXT_SPECIFIC ? node.type : undefined;

export function oid(node: Node | undefined, what: string): string {
  if (!is(node, Class.UNIVERSAL, Type.OID) || typeof node.value !== "string" || node.value === "") {
    throw damaged(`${what} is missing or no OBJECT IDENTIFIER`);
  }
  const { value } = node;
  return forged(() => asn1.derToOid(value), what);
}

/** An INTEGER from 0 to 2^31 - 1. */
export function count(node: Node | undefined, what: string): number {
  if (!isInteger(node) || typeof node.value !== "string") throw damaged(`${what} is missing or no INTEGER`);
  const octets = Buffer.from(node.value, "latin1");
  const [first = 0x80] = octets;
  if (first >= 0x80) throw damaged(`${what} is negative or empty`);
  // A count in 0 to 4 octets; leading zeros, which only BER allows, do no harm.
  const value = Number.parseInt(octets.subarray(0, 64).toString("hex"), 16);
  if (octets.length > 64 || value > 0x7fff_ffff) throw damaged(`${what} is too large`, "at most 2147483647");
  return value;
}

export const isInteger = (node: Node | undefined): node is Node => is(node, Class.UNIVERSAL, Type.INTEGER);
export const isSequence = (node: Node | undefined): node is Node => is(node, Class.UNIVERSAL, Type.SEQUENCE);
export const isOctetString = (node: Node | undefined): node is Node => is(node, Class.UNIVERSAL, Type.OCTETSTRING);

/**
 * Content of an OCTET STRING, primitive or constructed of others (X.690 §8.7.3).
 * @param tag of an IMPLICIT context-specific OCTET STRING
 */
export function octets(node: Node | undefined, what: string, tag?: number): Buffer {
  const right = tag === undefined ? isOctetString(node) : is(node, Class.CONTEXT_SPECIFIC, tag);
  if (node === undefined || !right) throw damaged(`${what} is missing or no OCTET STRING`);
  if (typeof node.value === "string") return Buffer.from(node.value, "latin1");
  return Buffer.concat(node.value.map((part) => octets(part, what)));
}

/** Content of a BIT STRING without the octet that counts its unused bits. */
export function bits(node: Node | undefined, what: string): Buffer {
  if (!is(node, Class.UNIVERSAL, Type.BITSTRING) || typeof node.value !== "string" || node.value === "") {
    throw damaged(`${what} is missing or no BIT STRING`);
  }
  return Buffer.from(node.value, "latin1").subarray(1);
}

/** UTCTime or GeneralizedTime, milliseconds since the epoch. */
export function time(node: Node | undefined, what: string): number {
  const isTime = is(node, Class.UNIVERSAL, Type.UTCTIME) || is(node, Class.UNIVERSAL, Type.GENERALIZEDTIME);
  if (!isTime || typeof node.value !== "string") throw damaged(`${what} is missing or no time`);
  const { utcTimeToDate, generalizedTimeToDate } = asn1;
  const { value } = node;
  const read = node.type === Type.UTCTIME ? utcTimeToDate : generalizedTimeToDate;
  const at = forged(() => read(value), what).getTime();
  if (Number.isNaN(at)) throw damaged(`${what} is ${JSON.stringify(node.value)}`, "a time");
  return at;
}

/** Text of a string type; undefined for any other element. */
export function text(node: Node): string | undefined {
  if (node.tagClass !== Class.UNIVERSAL || typeof node.value !== "string") return undefined;
  const type: number = node.type;
  if (type === Type.UTF8) return Buffer.from(node.value, "latin1").toString("utf8");
  if (type === UNIVERSAL_STRING) return utf32(Buffer.from(node.value, "latin1"));
  // node-forge has decoded BMPString already; Teletex is read as Latin-1, which is what issuers write.
  return TEXT_TYPES.has(type) ? node.value : undefined;
}

const UNIVERSAL_STRING = 28;
const TELETEX_STRING = 20;
const NUMERIC_STRING = 18;
const VISIBLE_STRING = 26;
const TEXT_TYPES: ReadonlySet<number> = new Set([
  Type.PRINTABLESTRING,
  Type.IA5STRING,
  Type.BMPSTRING,
  TELETEX_STRING,
  NUMERIC_STRING,
  VISIBLE_STRING,
]);

const REPLACEMENT = 0xfffd;
const LAST_CODE_POINT = 0x10ffff;

function utf32(bytes: Buffer): string {
  let result = "";
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const point = bytes.readUInt32BE(at);
    result += String.fromCodePoint(point > LAST_CODE_POINT ? REPLACEMENT : point);
  }
  return result;
}

/** AlgorithmIdentifier (RFC 5280 §4.1.1.2). */
export interface Algorithm {
  readonly oid: string;
  readonly parameters?: Node;
}

export function algorithm(node: Node | undefined, what: string): Algorithm {
  const [identifier, parameters] = sequence(node, what);
  return { oid: oid(identifier, what), ...(parameters === undefined ? {} : { parameters }) };
}
