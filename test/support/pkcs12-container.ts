/** PKCS#12 files put together by hand (RFC 7292 §4), also such as no program would write. */
import forge from "node-forge";
import { type Der, decode, encode, octets, oid, sequence, set, smallInteger, tagged } from "../realm/der.ts";

const DATA = "1.2.840.113549.1.7.1";
const BAG = "1.2.840.113549.1.12.10.1.";

export interface Attributes {
  readonly localKeyId?: string;
  readonly friendlyName?: string;
}

const bmp = (text: string): Der =>
  forge.asn1.create(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.BMPSTRING, false, text);

function attributesOf({ localKeyId, friendlyName }: Attributes): readonly Der[] {
  const attributes = [
    ...(localKeyId === undefined ? [] : [sequence(oid("1.2.840.113549.1.9.21"), set(octets(Buffer.from(localKeyId))))]),
    ...(friendlyName === undefined ? [] : [sequence(oid("1.2.840.113549.1.9.20"), set(bmp(friendlyName)))]),
  ];
  return attributes.length === 0 ? [] : [set(...attributes)];
}

/** @param type last number of the bag's OID: 1 key, 2 encrypted key, 3 certificate, 6 nested contents */
export const bag = (type: number, value: Der, attributes: Attributes = {}): Der =>
  sequence(oid(`${BAG}${type}`), tagged(0, value), ...attributesOf(attributes));

export const certificateBag = (der: Buffer, attributes: Attributes = {}): Der =>
  bag(3, sequence(oid("1.2.840.113549.1.9.22.1"), tagged(0, octets(der))), attributes);

/** @param pkcs8 PrivateKeyInfo, DER */
export const keyBag = (pkcs8: Buffer, attributes: Attributes = {}): Der => bag(1, decode(pkcs8), attributes);

/** @param encrypted EncryptedPrivateKeyInfo, DER */
export const encryptedKeyBag = (encrypted: Buffer): Der => bag(2, decode(encrypted));

export const dataContent = (...bags: readonly Der[]): Der =>
  sequence(oid(DATA), tagged(0, octets(encode(sequence(...bags)))));

/** Without a MAC. */
export const container = (...contents: readonly Der[]): Buffer =>
  encode(sequence(smallInteger(3), sequence(oid(DATA), tagged(0, octets(encode(sequence(...contents)))))));
