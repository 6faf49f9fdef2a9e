import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { BitString, fromBER, Integer, ObjectIdentifier, Sequence, Set as SetOf, UTCTime, Utf8String } from "asn1js";
import type { Fingerprint } from "../core/evidence.ts";

/** What the page's TLS ends in: a key that never leaves this process and a certificate that only the shell accepts. */
export interface PageCertificate {
  readonly pem: string;
  /** SHA-256 of the DER. */
  readonly fingerprint: Fingerprint;
  /** PEM of its private key. */
  readonly key: string;
}

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
const DAY = 86_400_000;

let ofThisRun: PageCertificate | undefined;

/** The certificate of this process run, made when first asked for (about a millisecond). */
export function pageCertificate(): PageCertificate {
  ofThisRun ??= makePageCertificate(Date.now());
  return ofThisRun;
}

function makePageCertificate(now: number): PageCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = selfSigned(publicKey, privateKey, now);
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/(.{64})(?=.)/g, "$1\n")}\n-----END CERTIFICATE-----\n`;
  return {
    pem,
    fingerprint: createHash("sha256").update(der).digest("hex"),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/**
 * A self-signed certificate (RFC 5280 §4.1), without extensions: with no subject alternative name an engine cannot
 * take a connection that was made for one host into use for another (RFC 9113 §9.1.1).
 */
function selfSigned(publicKey: KeyObject, privateKey: KeyObject, now: number): Buffer {
  const algorithm = () => new Sequence({ value: [new ObjectIdentifier({ value: ECDSA_WITH_SHA256 })] });
  const name = distinguishedName("Countersign gateway");
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const toBeSigned = new Sequence({
    value: [
      new Integer({ valueHex: arrayBufferOf(serial) }),
      algorithm(),
      name,
      new Sequence({
        value: [new UTCTime({ valueDate: new Date(now - DAY) }), new UTCTime({ valueDate: new Date(now + 365 * DAY) })],
      }),
      name,
      fromBER(arrayBufferOf(publicKey.export({ type: "spki", format: "der" }))).result,
    ],
  });
  const signature = sign("sha256", Buffer.from(toBeSigned.toBER()), privateKey);
  const certificate = new Sequence({
    value: [toBeSigned, algorithm(), new BitString({ valueHex: arrayBufferOf(signature) })],
  });
  return Buffer.from(certificate.toBER());
}

function distinguishedName(commonName: string): Sequence {
  const attribute = new Sequence({
    value: [new ObjectIdentifier({ value: COMMON_NAME }), new Utf8String({ value: commonName })],
  });
  return new Sequence({ value: [new SetOf({ value: [attribute] })] });
}

function arrayBufferOf(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
