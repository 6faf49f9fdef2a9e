/** Servers whose own certificates break the profile of server certificates. */
import { makeSelfSigned } from "../../../realm/certificates.ts";
import { bits, encode, integer, nothing, oid, sequence } from "../../../realm/der.ts";
import { basicConstraints, unknownCritical } from "../../../realm/extensions.ts";
import { FIELD, issuing, leaf, pinned, rewritten, withField } from "../judging.ts";
import { type Case, names, row } from "./case.ts";

export const leafProfile: Case[] = [
  row(
    "an authority's certificate as leaf",
    "server.certificate-invalid",
    "the certificate is that of a certificate authority",
    {
      ...pinned(issuing.issue({ names, basicConstraints: { ca: true } })),
    },
  ),
  row(
    "no extended key usage",
    "server.certificate-invalid",
    "the certificate is not for servers",
    pinned(issuing.issue({ names, purposes: null })),
  ),
  row(
    "for clients only",
    "server.certificate-invalid",
    "the certificate is not for servers",
    pinned(issuing.issue({ names, purposes: ["clientAuth"] })),
  ),
  row("anyExtendedKeyUsage alone", "server.certificate-invalid", "the certificate is not for servers", {
    ...pinned(issuing.issue({ names, purposes: ["anyExtendedKeyUsage"] })),
  }),
  row("no serverAuth, pins alone", "server.certificate-invalid", "the certificate is not for servers", {
    ...pinned(makeSelfSigned({ names, purposes: ["clientAuth"] })),
    anchors: [],
  }),
  row(
    "key usage without digitalSignature",
    "server.certificate-invalid",
    "the certificate may not sign handshakes: its key usage lacks digitalSignature",
    {
      ...pinned(issuing.issue({ names, keyUsage: ["keyEncipherment"] })),
    },
  ),
  row(
    "RSA of 1024 bits",
    "server.certificate-invalid",
    "the certificate has an RSA key of 1024 bits; expected 2048 to 8192",
    pinned(issuing.issue({ names, key: "rsa-1024" })),
  ),
  row(
    "a negative serial number",
    "server.certificate-invalid",
    "the certificate has a serial number that is not positive (RFC 5280 §4.1.2.2)",
    {
      ...pinned(issuing.issue({ names, serial: Buffer.from([0x81, 2, 3]) })),
    },
  ),
  row(
    "serial number zero",
    "server.certificate-invalid",
    "the certificate has a serial number that is not positive (RFC 5280 §4.1.2.2)",
    {
      ...pinned(issuing.issue({ names, serial: Buffer.from([0]) })),
    },
  ),
  row(
    "a serial number of 21 octets",
    "server.certificate-invalid",
    "the certificate has a serial number of more than 20 octets (RFC 5280 §4.1.2.2)",
    {
      ...pinned(issuing.issue({ names, serial: Buffer.alloc(21, 0x11) })),
    },
  ),
  row(
    "an unknown critical extension",
    "server.certificate-invalid",
    "the certificate has the unknown critical extension 1.3.6.1.4.1.55555.1.1",
    {
      ...pinned(issuing.issue({ names, extensions: [unknownCritical()] })),
    },
  ),
  row("an extension that is there twice", "server.certificate-invalid", "extension 2.5.29.19 is there twice", {
    ...pinned(issuing.issue({ names, extensions: [basicConstraints(false)] })),
  }),
  row("an empty extended key usage", "server.certificate-invalid", "extended key usage must not be empty", {
    ...pinned(issuing.issue({ names, purposes: [] })),
  }),
  row("key usage that names nothing", "server.certificate-invalid", "key usage names nothing (RFC 5280 §4.2.1.3)", {
    ...pinned(issuing.issue({ names, keyUsage: [] })),
  }),
  row(
    "no subject, alternative names not critical",
    "server.certificate-invalid",
    "the certificate has neither a subject nor critical alternative names",
    {
      sent: [rewritten(leaf, issuing.key, withField(FIELD.subject, sequence())), issuing.der],
    },
  ),
];

/** A leaf whose key is this SubjectPublicKeyInfo; nobody needs its private half. */
const withKey = (spki: Buffer) => pinned(issuing.issue({ names, key: { kind: "p256", privatePem: "", spki } }));
const rsa = (bytes: number, exponent: number) => {
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.alloc(bytes - 1, 0xda), Buffer.from([1])]);
  const publicKey = encode(sequence(integer(modulus), integer(Buffer.from([exponent]))));
  return encode(sequence(sequence(oid("1.2.840.113549.1.1.1"), nothing()), bits(publicKey)));
};
const onCurve = (curve: string, point: string) =>
  encode(sequence(sequence(oid("1.2.840.10045.2.1"), oid(curve)), bits(Buffer.from(point, "hex"))));
/** The generator of secp256k1 (SEC 2 §2.4.1): a point that is surely on the curve. */
const SECP256K1_POINT =
  "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";

export const keys: Case[] = [
  row(
    "RSA with exponent 3",
    "server.certificate-invalid",
    "the certificate has an RSA key with exponent 3",
    withKey(rsa(256, 3)),
  ),
  row("RSA of more bits than anyone needs", "server.certificate-invalid", "the certificate has an RSA key of 9", {
    ...withKey(rsa(1152, 3)),
  }),
  row("an EC key on another curve", "server.unsupported-key", "the certificate has a", {
    ...withKey(onCurve("1.3.132.0.10", SECP256K1_POINT)),
  }),
  row("a point that is not on its curve", "server.unsupported-key", "the certificate has a key of type unknown", {
    ...withKey(onCurve("1.2.840.10045.3.1.7", SECP256K1_POINT)),
  }),
  row("a key for key agreement alone", "server.unsupported-key", "the certificate has a key of type", {
    ...withKey(encode(sequence(sequence(oid("1.3.101.110")), bits(Buffer.alloc(32, 9))))),
  }),
  row("a key of an unknown type", "server.unsupported-key", "the certificate has a key of type unknown", {
    ...withKey(encode(sequence(sequence(oid("1.2.3.4")), bits(Buffer.alloc(32, 9))))),
  }),
];
