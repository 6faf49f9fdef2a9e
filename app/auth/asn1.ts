/**
 * A strict way into asn1js, which does the decoding: DER only (X.690 §10, §11), nothing after it, and readings of
 * nodes that fail instead of guessing. Knows no tags or lengths on the wire.
 */
import {
  Boolean as Asn1Boolean,
  Set as Asn1Set,
  type BaseBlock,
  BitString,
  Constructed,
  type FromBerResult,
  fromBER,
  GeneralizedTime,
  Integer,
  ObjectIdentifier,
  OctetString,
  Sequence,
  UTCTime,
} from "asn1js";

/** One decoded element; `bytesOf` gives it back exactly as it was sent. */
export type Node = BaseBlock;

/** Not the DER that was expected; becomes a Refusal where the code is known. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** Real certificates nest below 12 levels and have fewer than 500 elements. */
const LIMITS = { maxDepth: 32, maxNodes: 4096, maxContentLength: 65_536 };

const CONTEXT_SPECIFIC = 3;

/** asn1js reports some faults, among them impossible dates and characters, by throwing. */
function decoded(bytes: Uint8Array, what: string): FromBerResult {
  let answer: FromBerResult;
  try {
    answer = fromBER(bytes, LIMITS);
  } catch (error) {
    throw new Malformed(`${what} is not ASN.1: ${error instanceof Error ? error.message : "unreadable"}`, {
      cause: error,
    });
  }
  if (answer.offset === -1 || answer.result.error !== "") {
    throw new Malformed(`${what} is not ASN.1: ${answer.result.error || "it ends too early"}`);
  }
  return answer;
}

/** @throws Malformed unless the bytes are exactly one element in DER */
export function decodeDer(bytes: Uint8Array, what: string): Node {
  const { offset, result } = decoded(bytes, what);
  if (offset !== bytes.byteLength) {
    throw new Malformed(`${what} is followed by ${bytes.byteLength - offset} more bytes`);
  }
  // Lengths that are not minimal or indefinite come out differently when written again.
  if (!Buffer.from(result.toBER(false)).equals(bytes)) {
    throw new Malformed(`${what} is not in DER`);
  }
  return result;
}

/** The element as it was sent, tag and length included. */
export const bytesOf = (node: Node): Buffer => Buffer.from(node.valueBeforeDecodeView);

function list(node: Node | undefined, kind: typeof Sequence | typeof Asn1Set | typeof Constructed, what: string) {
  if (node === undefined || node.constructor !== kind) {
    throw new Malformed(`${what} is missing or of another type: expected ${kind.NAME}`);
  }
  const members = (node as Constructed).valueBlock.value;
  return members as readonly Node[];
}

export const sequenceOf = (node: Node | undefined, what: string): readonly Node[] => list(node, Sequence, what);
export const setOf = (node: Node | undefined, what: string): readonly Node[] => list(node, Asn1Set, what);

/** Context-specific tag number of an element, undefined for universal types. */
export const tagOf = (node: Node | undefined): number | undefined =>
  node?.idBlock.tagClass === CONTEXT_SPECIFIC ? node.idBlock.tagNumber : undefined;

/** The members inside a constructed context-specific tag: one for EXPLICIT, the fields for an IMPLICIT sequence. */
export function taggedMembers(node: Node | undefined, tag: number, what: string): readonly Node[] {
  if (tagOf(node) !== tag) {
    throw new Malformed(`${what} is missing: expected the tag [${tag}]`);
  }
  return list(node, Constructed, what);
}

/** The single element inside an EXPLICIT tag. */
export function explicitly(node: Node | undefined, tag: number, what: string): Node {
  const [only, ...more] = taggedMembers(node, tag, what);
  if (only === undefined || more.length > 0) {
    throw new Malformed(`${what} must hold exactly one element`);
  }
  return only;
}

/** Content octets of a primitive element of any type. */
export function contentOf(node: Node, what: string): Buffer {
  const view = (node.valueBlock as { valueHexView?: Uint8Array }).valueHexView;
  if (view === undefined || node.idBlock.isConstructed) {
    throw new Malformed(`${what} must be primitive`);
  }
  return Buffer.from(view);
}

export function oidOf(node: Node | undefined, what: string): string {
  if (!(node instanceof ObjectIdentifier)) {
    throw new Malformed(`${what} must be an OBJECT IDENTIFIER`);
  }
  return node.getValue();
}

/** Content octets of an INTEGER, two's complement; minimal as DER demands (X.690 §8.3.2). */
export function integerOf(node: Node | undefined, what: string): Buffer {
  if (!(node instanceof Integer) || node.constructor !== Integer) {
    throw new Malformed(`${what} must be an INTEGER`);
  }
  const octets = contentOf(node, what);
  const [first = 0, second = 0] = octets;
  const padded = octets.length > 1 && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (octets.length === 0 || padded) {
    throw new Malformed(`${what} is not a minimal INTEGER`);
  }
  return octets;
}

/** A small INTEGER that may not be negative, such as a version or a path length. */
export function countOf(node: Node | undefined, what: string): number {
  const octets = integerOf(node, what);
  if ((octets[0] ?? 0) >= 0x80 || octets.length > 4) {
    throw new Malformed(`${what} must be a number from 0 to ${0x7fff_ffff}`);
  }
  return octets.readUIntBE(0, octets.length);
}

export function booleanOf(node: Node | undefined, what: string): boolean {
  const octets = node instanceof Asn1Boolean ? contentOf(node, what) : Buffer.alloc(0);
  if (octets.length !== 1 || (octets[0] !== 0 && octets[0] !== 0xff)) {
    throw new Malformed(`${what} must be a BOOLEAN in DER`);
  }
  return octets[0] === 0xff;
}

export function octetsOf(node: Node | undefined, what: string): Buffer {
  if (!(node instanceof OctetString) || node.idBlock.isConstructed) {
    throw new Malformed(`${what} must be an OCTET STRING in DER`);
  }
  return Buffer.from(node.getValue());
}

/** Content of a BIT STRING and how many of its last bits are unused. */
export function bitsOf(node: Node | undefined, what: string): { readonly octets: Buffer; readonly unused: number } {
  if (!(node instanceof BitString) || node.idBlock.isConstructed) {
    throw new Malformed(`${what} must be a BIT STRING in DER`);
  }
  return { octets: Buffer.from(node.valueBlock.valueHexView), unused: node.valueBlock.unusedBits };
}

/** Milliseconds since the epoch, from the only forms RFC 5280 §4.1.2.5 allows: seconds present, Zulu, no fraction. */
export function timeOf(node: Node | undefined, what: string): number {
  const short = node instanceof UTCTime && node.constructor === UTCTime;
  if (node === undefined || !(short || node instanceof GeneralizedTime)) {
    throw new Malformed(`${what} must be a UTCTime or GeneralizedTime`);
  }
  const text = contentOf(node, what).toString("latin1");
  if (!(short ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text)) {
    throw new Malformed(`${what} ${JSON.stringify(text)} must have the form ${short ? "YYMMDD" : "YYYYMMDD"}HHMMSSZ`);
  }
  // RFC 5280 §4.1.2.5.1: two-digit years of 50 and above belong to the twentieth century.
  const digits = short ? `${Number(text.slice(0, 2)) >= 50 ? "19" : "20"}${text}` : text;
  const iso = digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6.000Z");
  const time = Date.parse(iso);
  if (Number.isNaN(time) || new Date(time).toISOString() !== iso) {
    throw new Malformed(`${what} ${JSON.stringify(text)} is no date`);
  }
  return time;
}

/** True for a GeneralizedTime, which certificates may use from 2050 on only. */
export const isLongTime = (node: Node | undefined): boolean => node instanceof GeneralizedTime;
