/** The certificate of RFC 5280 §4.1 as a judge needs it: decoded strictly, every part also as it was sent. */
import { createPublicKey, hash, type KeyObject, X509Certificate } from "node:crypto";
import type { Fingerprint, Pin } from "../core/evidence.ts";
import {
  bitsOf,
  booleanOf,
  bytesOf,
  countOf,
  decodeDer,
  explicitly,
  integerOf,
  isLongTime,
  Malformed,
  type Node,
  octetsOf,
  oidOf,
  sequenceOf,
  tagOf,
  timeOf,
} from "./asn1.ts";
import { BoundedCache } from "./bounded-cache.ts";
import {
  type Extension,
  type KnownExtensions,
  readKnownExtensions,
  unknownCritical,
} from "./certificate-extensions.ts";
import { type DirectoryName, readName } from "./directory-name.ts";

export interface AlgorithmIdentifier {
  readonly oid: string;
  /** DER of the parameters, absent when there are none. */
  readonly parameters?: Buffer;
}

export interface Certificate {
  readonly der: Buffer;
  readonly fingerprint: Fingerprint;
  readonly version: 1 | 2 | 3;
  /** Content octets of the INTEGER. */
  readonly serial: Buffer;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly issuer: DirectoryName;
  readonly subject: DirectoryName;
  /** Milliseconds since the epoch; the certificate is valid through both (RFC 5280 §4.1.2.5). */
  readonly notBefore: number;
  readonly notAfter: number;
  /** A GeneralizedTime before 2050, which RFC 5280 §4.1.2.5 forbids; some old roots have one. */
  readonly longDateTooEarly: boolean;
  /** SubjectPublicKeyInfo as encoded in the certificate. */
  readonly spki: Buffer;
  /** Content of the subjectPublicKey BIT STRING: what OCSP hashes (RFC 6960 §4.1.1). */
  readonly keyBits: Buffer;
  readonly pin: Pin;
  readonly extensions: KnownExtensions;
  /** OIDs of critical extensions that nobody here processes. */
  readonly unknownCritical: readonly string[];
}

/** Larger ones are hostile or broken; real certificates stay below 8 KiB. */
export const MAX_CERTIFICATE_BYTES = 32_768;

export const fingerprintOf = (der: Uint8Array): Fingerprint => hash("sha256", der, "hex");

export function readAlgorithm(node: Node | undefined, what: string): AlgorithmIdentifier {
  const [oid, parameters, ...more] = sequenceOf(node, what);
  if (more.length > 0) {
    throw new Malformed(`${what} has more than an OID and parameters`);
  }
  return { oid: oidOf(oid, what), ...(parameters === undefined ? {} : { parameters: bytesOf(parameters) }) };
}

function readExtension(node: Node): Extension {
  const members = sequenceOf(node, "extension");
  const oid = oidOf(members[0], "extension");
  const critical = members.length === 3 && booleanOf(members[1], `criticality of extension ${oid}`);
  if (members.length < 2 || members.length > 3 || (members.length === 3 && !critical)) {
    throw new Malformed(`extension ${oid} is not in DER`);
  }
  return { oid, critical, value: octetsOf(members.at(-1), `value of extension ${oid}`) };
}

/** @throws Malformed for an extension that is there twice (RFC 5280 §4.2) */
export function readExtensions(node: Node): readonly Extension[] {
  const extensions = sequenceOf(node, "extensions").map(readExtension);
  const seen = new Set<string>();
  for (const { oid } of extensions) {
    if (seen.has(oid)) {
      throw new Malformed(`extension ${oid} is there twice`);
    }
    seen.add(oid);
  }
  if (seen.size === 0) {
    throw new Malformed("extensions are there but empty");
  }
  return extensions;
}

const YEAR_2050 = Date.UTC(2050);

function readValidity(node: Node | undefined): Pick<Certificate, "notBefore" | "notAfter" | "longDateTooEarly"> {
  const [first, second, ...more] = sequenceOf(node, "validity");
  const [notBefore, notAfter] = [timeOf(first, "notBefore"), timeOf(second, "notAfter")];
  if (more.length > 0 || notAfter < notBefore) {
    throw new Malformed("validity must be two times, the second not before the first");
  }
  const longDateTooEarly = (isLongTime(first) && notBefore < YEAR_2050) || (isLongTime(second) && notAfter < YEAR_2050);
  return { notBefore, notAfter, longDateTooEarly };
}

const VERSIONS = [1, 2, 3] as const;

/** Version is written only when it is not the default (X.690 §11.5). */
function readVersion(node: Node | undefined): 1 | 2 | 3 {
  if (node === undefined || tagOf(node) !== 0) {
    return 1;
  }
  const version = VERSIONS[countOf(explicitly(node, 0, "version"), "version")];
  if (version === undefined || version === 1) {
    throw new Malformed("version must be 2 or 3 where it is written");
  }
  return version;
}

/** issuerUniqueID [1], subjectUniqueID [2], extensions [3], in this order, each at most once. */
function readTrailer(nodes: readonly Node[], version: number): readonly Extension[] {
  let extensions: readonly Extension[] = [];
  let last = 0;
  for (const node of nodes) {
    const tag = tagOf(node) ?? 0;
    if (tag <= last || tag > 3 || version < (tag === 3 ? 3 : 2)) {
      throw new Malformed(`a version ${version} certificate may not hold this field`);
    }
    last = tag;
    if (tag === 3) {
      extensions = readExtensions(explicitly(node, 3, "extensions"));
    }
  }
  return extensions;
}

function read(der: Buffer): Certificate {
  if (der.byteLength > MAX_CERTIFICATE_BYTES) {
    throw new Malformed(`a certificate of ${der.byteLength} bytes; expected at most ${MAX_CERTIFICATE_BYTES}`);
  }
  const [toBeSigned, outerAlgorithm, signature, ...more] = sequenceOf(decodeDer(der, "certificate"), "certificate");
  if (more.length > 0 || bitsOf(signature, "signature").unused !== 0) {
    throw new Malformed("certificate must end with its signature");
  }
  const fields = sequenceOf(toBeSigned, "tbsCertificate");
  const version = readVersion(fields[0]);
  const [serial, algorithm, issuer, validity, subject, spki, ...trailer] = version === 1 ? fields : fields.slice(1);
  const signatureAlgorithm = readAlgorithm(algorithm, "signature algorithm");
  if (algorithm === undefined || outerAlgorithm === undefined || !bytesOf(algorithm).equals(bytesOf(outerAlgorithm))) {
    throw new Malformed("signature algorithms inside and outside of the signed part differ");
  }
  const [, key] = sequenceOf(spki, "subjectPublicKeyInfo");
  const extensions = readTrailer(trailer, version);
  const spkiBytes = bytesOf(spki ?? fail("subjectPublicKeyInfo"));
  return {
    der,
    fingerprint: fingerprintOf(der),
    version,
    serial: integerOf(serial, "serial number"),
    signatureAlgorithm,
    issuer: readName(issuer, "issuer"),
    subject: readName(subject, "subject"),
    ...readValidity(validity),
    spki: spkiBytes,
    keyBits: bitsOf(key, "subjectPublicKey").octets,
    pin: `sha256/${hash("sha256", spkiBytes, "base64")}`,
    extensions: readKnownExtensions(extensions),
    unknownCritical: unknownCritical(extensions),
  };
}

function fail(what: string): never {
  throw new Malformed(`${what} is missing`);
}

const cache = new BoundedCache<Fingerprint, Certificate>(128);

/**
 * Reads one certificate. What was read last is kept by its fingerprint, since each channel proves itself anew with the
 * same few certificates.
 * @throws Malformed
 */
export function readCertificate(der: Uint8Array): Certificate {
  const fingerprint = fingerprintOf(der);
  return cache.get(fingerprint) ?? cache.set(fingerprint, read(Buffer.from(der)));
}

/** The public key for the runtime's library; undefined where it has no use for this kind. */
export function publicKeyOf(certificate: Certificate): KeyObject | undefined {
  try {
    return createPublicKey({ key: certificate.spki, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

/** The same bytes in the runtime's own reading, for its signature check. */
export const platformCertificate = (certificate: Certificate): X509Certificate => new X509Certificate(certificate.der);
