/**
 * Certificates made for one run of the tests: any key, any validity, right in every way unless told otherwise.
 *
 *     const root = makeAuthority({ subject: "CN=Test Root" });
 *     const issuing = root.issueAuthority({ subject: "CN=Test Issuing CA" });
 *     const leaf = issuing.issue({ names: { dns: ["bank.example"] } });
 *     tls.createServer({ key: leaf.keyPem, cert: leaf.chainPem });
 *
 * Works under Node (OpenSSL) and Electron (BoringSSL). Nothing is written to disk.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Fingerprint, Pin } from "../../app/core/evidence.ts";
import {
  bits,
  type Der,
  decode,
  encode,
  integer,
  nothing,
  oid,
  sequence,
  set,
  smallInteger,
  tagged,
  time,
  utf8,
} from "./der.ts";
import {
  type AlternativeNames,
  authorityKeyIdentifier,
  basicConstraints,
  type Extension,
  encodeExtension,
  extendedKeyUsage,
  type KeyUsage,
  keyUsage,
  mustStaple,
  type NameConstraints,
  nameConstraints,
  type Purpose,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from "./extensions.ts";
import { generateKey, type KeyKind, type SignatureHash, signWith, type TestKey } from "./keys.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The certificates of a run count from one moment, so that none of them outlives its issuer by a second. */
const START = Date.now();

export interface CertificateOptions {
  /** RFC 4514 without escapes, e.g. `CN=bank.example,O=Example Bank`; empty for no subject. */
  readonly subject?: string;
  /** A kind makes a new key; a key is taken as it is. Default P-256. */
  readonly key?: KeyKind | TestKey;
  /** Default one hour before this run began. */
  readonly notBefore?: Date;
  /** Default 90 days after this run began. */
  readonly notAfter?: Date;
  /** Content octets of the INTEGER, also negative ones (`ff`); default 16 random octets. */
  readonly serial?: Buffer;
  /** `null` or absent: no alternative names. */
  readonly names?: AlternativeNames | null;
  /** Default `digitalSignature` for a leaf, `keyCertSign` and `cRLSign` for an authority; `null` leaves it out. */
  readonly keyUsage?: readonly KeyUsage[] | null;
  /** Default `serverAuth` for a leaf, none for an authority; `null` leaves it out. */
  readonly purposes?: readonly Purpose[] | null;
  /** Default `{ ca: false }` for a leaf, `{ ca: true }` for an authority; `null` leaves it out. */
  readonly basicConstraints?: { readonly ca: boolean; readonly pathLength?: number } | null;
  readonly nameConstraints?: NameConstraints;
  readonly mustStaple?: boolean;
  /** More extensions, written as they are; one whose OID is already there makes a duplicate. */
  readonly extensions?: readonly Extension[];
  /** Default 3. Version 1 leaves the extensions out, unless it is told to have them all the same. */
  readonly version?: 1 | 3 | "1 with extensions";
  readonly signatureHash?: SignatureHash;
  /** Signs with this key instead of the issuer's: the names chain, the signature does not. */
  readonly signedWith?: TestKey;
}

export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly serial: Buffer;
  readonly der: Buffer;
  readonly certificatePem: string;
  /** This certificate and its issuers, without the self-signed root. */
  readonly chainPem: string;
  /** As `chainPem`, DER each. */
  readonly chain: readonly Buffer[];
  readonly key: TestKey;
  /** PKCS#8. */
  readonly keyPem: string;
  readonly pin: Pin;
  readonly fingerprint: Fingerprint;
}

/** A certificate that issues others. Whether they should be believed is for the code under test to say. */
export interface Authority extends Certificate {
  /** A server's leaf unless the options say otherwise. */
  issue(options?: CertificateOptions): Certificate;
  issueAuthority(options?: CertificateOptions): Authority;
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  CN: "2.5.4.3",
  C: "2.5.4.6",
  L: "2.5.4.7",
  ST: "2.5.4.8",
  O: "2.5.4.10",
  OU: "2.5.4.11",
};

/** RFC 4514 writes the last relative name first. */
export function encodeName(name: string): Der {
  const relative = name === "" ? [] : name.split(/\s*,\s*/).reverse();
  return sequence(
    ...relative.map((pair) => {
      const [type = "", value = ""] = pair.split("=", 2);
      const attribute = ATTRIBUTES[type];
      if (attribute === undefined) {
        throw new Error(`${pair}: expected one of ${Object.keys(ATTRIBUTES).join(", ")}`);
      }
      return set(sequence(oid(attribute), utf8(value)));
    }),
  );
}

const RSA_HASHES = { md5: 4, sha1: 5, sha256: 11, sha384: 12, sha512: 13 } as const;
const ECDSA_HASHES = { sha256: 2, sha384: 3, sha512: 4 } as const;
const PSS_HASHES: Readonly<Record<string, readonly [string, number]>> = {
  sha256: ["2.16.840.1.101.3.4.2.1", 32],
  sha384: ["2.16.840.1.101.3.4.2.2", 48],
  sha512: ["2.16.840.1.101.3.4.2.3", 64],
};

function pssAlgorithm(hash: SignatureHash): Der {
  const parameters = PSS_HASHES[hash];
  if (parameters === undefined) {
    throw new Error(`${hash}: not offered with RSASSA-PSS`);
  }
  const [hashOid, saltLength] = parameters;
  const hashAlgorithm = sequence(oid(hashOid), nothing());
  return sequence(
    oid("1.2.840.113549.1.1.10"),
    sequence(
      tagged(0, hashAlgorithm),
      tagged(1, sequence(oid("1.2.840.113549.1.1.8"), hashAlgorithm)),
      tagged(2, smallInteger(saltLength)),
    ),
  );
}

/** AlgorithmIdentifier of a signature by this kind of key (RFC 4055, RFC 5758, RFC 8410). */
export function signatureAlgorithm(kind: KeyKind, hash: SignatureHash): Der {
  switch (kind) {
    case "ed25519":
      return sequence(oid("1.3.101.112"));
    case "rsa-pss-2048":
      return pssAlgorithm(hash);
    case "p256":
    case "p384":
    case "p521":
      return hash === "sha1" || hash === "md5"
        ? sequence(oid("1.2.840.10045.4.1"))
        : sequence(oid(`1.2.840.10045.4.3.${ECDSA_HASHES[hash]}`));
    default:
      return sequence(oid(`1.2.840.113549.1.1.${RSA_HASHES[hash]}`), nothing());
  }
}

const sha256 = (data: Buffer): Buffer => createHash("sha256").update(data).digest();
/** RFC 7093 §2 (1): the leftmost 160 bits of the hash of the key. */
const keyIdentifier = (key: TestKey): Buffer => sha256(key.spki).subarray(0, 20);

export function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

interface Issuer {
  readonly name: string;
  readonly key: TestKey;
  readonly chain: readonly Buffer[];
}

function extensionsOf(options: CertificateOptions, key: TestKey, issuer: TestKey): readonly Extension[] {
  const constraints = options.basicConstraints;
  return [
    ...(options.names == null ? [] : [subjectAlternativeName(options.names, options.subject === "")]),
    ...(constraints == null ? [] : [basicConstraints(constraints.ca, constraints.pathLength)]),
    ...(options.keyUsage == null ? [] : [keyUsage(options.keyUsage)]),
    ...(options.purposes == null ? [] : [extendedKeyUsage(options.purposes)]),
    ...(options.nameConstraints === undefined ? [] : [nameConstraints(options.nameConstraints)]),
    ...(options.mustStaple === true ? [mustStaple()] : []),
    subjectKeyIdentifier(keyIdentifier(key)),
    ...(issuer === key ? [] : [authorityKeyIdentifier(keyIdentifier(issuer))]),
    ...(options.extensions ?? []),
  ];
}

function positiveSerial(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function make(options: CertificateOptions, issuer: Issuer | "self"): Certificate {
  const key = typeof options.key === "object" ? options.key : generateKey(options.key);
  const subject = options.subject ?? `CN=${options.names?.dns?.[0] ?? "Test"}`;
  const notBefore = options.notBefore ?? new Date(START - HOUR);
  const notAfter = options.notAfter ?? new Date(START + 90 * DAY);
  const serial = options.serial ?? positiveSerial();
  const by = issuer === "self" ? { name: subject, key, chain: [] } : issuer;
  const signer = options.signedWith ?? by.key;
  const algorithm = signatureAlgorithm(signer.kind, options.signatureHash ?? "sha256");
  const extensions = options.version === 1 ? [] : extensionsOf(options, key, by.key);
  const toBeSigned = sequence(
    ...(options.version === undefined || options.version === 3 ? [tagged(0, smallInteger(2))] : []),
    integer(serial),
    algorithm,
    encodeName(by.name),
    sequence(time(notBefore), time(notAfter)),
    encodeName(subject),
    decode(key.spki),
    ...(extensions.length === 0 ? [] : [tagged(3, sequence(...extensions.map(encodeExtension)))]),
  );
  const signature = signWith(encode(toBeSigned), signer, options.signatureHash ?? "sha256");
  const der = encode(sequence(toBeSigned, algorithm, bits(signature)));
  const chain = [der, ...by.chain];
  return {
    subject,
    issuer: by.name,
    notBefore,
    notAfter,
    serial,
    der,
    certificatePem: pem("CERTIFICATE", der),
    chainPem: chain.map((one) => pem("CERTIFICATE", one)).join(""),
    chain,
    key,
    keyPem: key.privatePem,
    pin: `sha256/${sha256(key.spki).toString("base64")}`,
    fingerprint: sha256(der).toString("hex"),
  };
}

const LEAF: CertificateOptions = {
  basicConstraints: { ca: false },
  keyUsage: ["digitalSignature"],
  purposes: ["serverAuth"],
};
const AUTHORITY: CertificateOptions = {
  subject: "CN=Test Authority",
  basicConstraints: { ca: true },
  keyUsage: ["keyCertSign", "cRLSign"],
};

function asAuthority(certificate: Certificate, isRoot: boolean): Authority {
  const issuer = { name: certificate.subject, key: certificate.key, chain: isRoot ? [] : certificate.chain };
  return {
    ...certificate,
    issue: (options = {}) => make({ ...LEAF, ...options }, issuer),
    issueAuthority: (options = {}) => asAuthority(make({ ...AUTHORITY, ...options }, issuer), false),
  };
}

/** A self-signed root. */
export const makeAuthority = (options: CertificateOptions = {}): Authority =>
  asAuthority(make({ ...AUTHORITY, ...options }, "self"), true);

/** A self-signed server certificate. */
export const makeSelfSigned = (options: CertificateOptions = {}): Certificate => make({ ...LEAF, ...options }, "self");

/** Lets any certificate issue others, also one that may not: a leaf, an expired one. */
export const issueFrom = (certificate: Certificate): Authority => asAuthority(certificate, false);

/** Options of a client's leaf: digital signature and client authentication. */
export const CLIENT_LEAF: CertificateOptions = { keyUsage: ["digitalSignature"], purposes: ["clientAuth"] };
