/** What the keystore needs to know of a certificate (RFC 5280 §4.1): names, validity, and what its key may do. */
import { createHash, type KeyObject, X509Certificate } from "node:crypto";
import type { DistinguishedName } from "../core/distinguished-name.ts";
import type { Fingerprint } from "../core/evidence.ts";
import * as ber from "./ber.ts";

export interface Certificate {
  readonly der: Buffer;
  /** SHA-256 of the DER. */
  readonly fingerprint: Fingerprint;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  /** Upper-case hex. */
  readonly serial: string;
  /** Milliseconds since the epoch; valid through both. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** False when key usage or extended key usage rules client authentication out. */
  readonly clientAuthentication: boolean;
  /** node:crypto's own reading, for keys and signatures. */
  readonly x509: X509Certificate;
}

const KEY_USAGE = "2.5.29.15";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";
/** First bit of the named bit list of RFC 5280 §4.2.1.3. */
const DIGITAL_SIGNATURE = 0x80;
const EXTENSIONS_TAG = 3;

/** @throws Refusal `keystore.file-damaged` */
export function readCertificate(der: Buffer): Certificate {
  const x509 = parse(der);
  const [toBeSigned] = ber.sequence(ber.decode(der, "A certificate"), "certificate");
  const fields = ber.sequence(toBeSigned, "tbsCertificate");
  // version [0] comes first unless it is the default
  const [, , issuer, validity, subject, , ...rest] = ber.isInteger(fields[0]) ? fields : fields.slice(1);
  const extensions = readExtensions(rest.find((node) => ber.tagOf(node) === EXTENSIONS_TAG));
  return {
    der,
    fingerprint: createHash("sha256").update(der).digest("hex"),
    subject: readName(subject),
    issuer: readName(issuer),
    serial: x509.serialNumber.toUpperCase(),
    ...readValidity(validity),
    clientAuthentication: allowsSignature(extensions) && allowsClientAuthentication(extensions),
    x509,
  };
}

function parse(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (error) {
    throw ber.damaged(`A certificate cannot be read: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

/** The public key, or undefined for kinds that node:crypto does not know. */
export function publicKeyOf(certificate: Certificate): KeyObject | undefined {
  try {
    return certificate.x509.publicKey;
  } catch {
    return undefined;
  }
}

/** Not by X509Certificate, whose library (BoringSSL more than OpenSSL) gives up on dates of old certificates. */
function readValidity(node: ber.Node | undefined): Pick<Certificate, "notBefore" | "notAfter"> {
  const [notBefore, notAfter] = ber.sequence(node, "validity");
  return { notBefore: ber.time(notBefore, "notBefore"), notAfter: ber.time(notAfter, "notAfter") };
}

function readName(node: ber.Node | undefined): DistinguishedName {
  const name = ber.sequence(node, "name in a certificate").map((rdn) =>
    ber.set(rdn, "relative name").map((attribute) => {
      const [type, value] = ber.sequence(attribute, "attribute of a name");
      if (value === undefined) throw ber.damaged("An attribute of a name has no value");
      const text = ber.text(value);
      return text === undefined
        ? {
            type: ber.oid(type, "attribute type"),
            value: `#${ber.encode(value).toString("hex")}`,
            encoded: true as const,
          }
        : { type: ber.oid(type, "attribute type"), value: text };
    }),
  );
  return name.reverse();
}

/** Content of extnValue by OID. */
function readExtensions(node: ber.Node | undefined): ReadonlyMap<string, Buffer> {
  if (node === undefined) return new Map();
  const list = ber.sequence(ber.explicit(node, EXTENSIONS_TAG, "extensions"), "extensions");
  return new Map(
    list.map((extension) => {
      const members = ber.sequence(extension, "extension");
      return [ber.oid(members[0], "extension"), ber.octets(members.at(-1), "value of an extension")] as const;
    }),
  );
}

/** A certificate without the extension may be used for anything (RFC 5280 §4.2.1.3). */
function allowsSignature(extensions: ReadonlyMap<string, Buffer>): boolean {
  const value = extensions.get(KEY_USAGE);
  if (value === undefined) return true;
  const [first = 0] = ber.bits(ber.decode(value, "key usage"), "key usage");
  return (first & DIGITAL_SIGNATURE) !== 0;
}

/** RFC 5280 §4.2.1.12. */
function allowsClientAuthentication(extensions: ReadonlyMap<string, Buffer>): boolean {
  const value = extensions.get(EXTENDED_KEY_USAGE);
  if (value === undefined) return true;
  const purposes = ber.sequence(ber.decode(value, "extended key usage"), "extended key usage");
  return purposes.some((purpose) => [CLIENT_AUTH, ANY_EXTENDED_KEY_USAGE].includes(ber.oid(purpose, "key purpose")));
}
