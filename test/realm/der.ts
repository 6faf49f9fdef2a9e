import forge from "node-forge";

/**
 * DER values composed with node-forge's ASN.1 writer, so that a test can make any certificate, also one that no
 * certificate library would agree to write.
 */
export type Der = forge.asn1.Asn1;

const { asn1 } = forge;
const { Class, Type } = asn1;

const universal = (type: forge.asn1.Type, value: string): Der => asn1.create(Class.UNIVERSAL, type, false, value);
const binary = (bytes: Buffer): string => bytes.toString("latin1");

export const encode = (value: Der): Buffer => Buffer.from(asn1.toDer(value).getBytes(), "latin1");
export const decode = (der: Buffer): Der => asn1.fromDer(binary(der));

export const sequence = (...items: readonly Der[]): Der =>
  asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...items]);
export const set = (...items: readonly Der[]): Der => asn1.create(Class.UNIVERSAL, Type.SET, true, [...items]);
export const oid = (dotted: string): Der => universal(Type.OID, asn1.oidToDer(dotted).getBytes());
/** Two's complement content octets, written as they are: also negative or over-long ones. */
export const integer = (content: Buffer): Der => universal(Type.INTEGER, binary(content));
export const smallInteger = (value: number): Der => integer(Buffer.from([value]));
export const enumerated = (value: number): Der => universal(Type.ENUMERATED, String.fromCharCode(value));
export const boolean = (value: boolean): Der => universal(Type.BOOLEAN, value ? "\xff" : "\x00");
export const nothing = (): Der => universal(Type.NULL, "");
export const octets = (content: Buffer): Der => universal(Type.OCTETSTRING, binary(content));
/** A BIT STRING of whole octets. */
export const bits = (content: Buffer, unused = 0): Der =>
  universal(Type.BITSTRING, binary(Buffer.concat([Buffer.from([unused]), content])));
export const utf8 = (text: string): Der => universal(Type.UTF8, binary(Buffer.from(text, "utf8")));
export const printable = (text: string): Der => universal(Type.PRINTABLESTRING, text);
export const ia5 = (text: string): Der => universal(Type.IA5STRING, text);
export const generalizedTime = (at: Date): Der =>
  universal(Type.GENERALIZEDTIME, `${at.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`);

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
export const time = (at: Date): Der =>
  at.getUTCFullYear() < 2050
    ? universal(Type.UTCTIME, `${at.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`)
    : generalizedTime(at);

const context = (tag: number, constructed: boolean, value: string | Der[]): Der =>
  asn1.create(Class.CONTEXT_SPECIFIC, tag as forge.asn1.Type, constructed, value);

/** `[tag] EXPLICIT`, or an IMPLICIT constructed type when given its members. */
export const tagged = (tag: number, ...members: readonly Der[]): Der => context(tag, true, [...members]);
/** `[tag] IMPLICIT` of a primitive type with these content octets. */
export const taggedBytes = (tag: number, content: Buffer): Der => context(tag, false, binary(content));
