import {
  bits,
  boolean,
  type Der,
  encode,
  ia5,
  octets,
  oid,
  sequence,
  smallInteger,
  tagged,
  taggedBytes,
} from "./der.ts";

/** An X.509 extension (RFC 5280 §4.2): `value` is the DER inside the OCTET STRING. */
export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

export const KEY_USAGES = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

const PURPOSES = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  OCSPSigning: "1.3.6.1.5.5.7.3.9",
  anyExtendedKeyUsage: "2.5.29.37.0",
} as const;
export type Purpose = keyof typeof PURPOSES;

const extension = (id: string, critical: boolean, value: Der): Extension => ({
  oid: id,
  critical,
  value: encode(value),
});

export const encodeExtension = ({ oid: id, critical, value }: Extension): Der =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

export function keyUsage(usages: readonly KeyUsage[]): Extension {
  let mask = 0;
  for (const usage of usages) {
    mask |= 0x80 >> KEY_USAGES.indexOf(usage);
  }
  // DER: a named bit list drops its trailing zero bits (X.690 §11.2.2).
  const unused = mask === 0 ? 0 : Math.log2(mask & -mask);
  return extension("2.5.29.15", true, mask === 0 ? bits(Buffer.alloc(0)) : bits(Buffer.from([mask]), unused));
}

export const extendedKeyUsage = (purposes: readonly Purpose[]): Extension =>
  extension("2.5.29.37", false, sequence(...purposes.map((purpose) => oid(PURPOSES[purpose]))));

export const basicConstraints = (ca: boolean, pathLength?: number): Extension =>
  extension(
    "2.5.29.19",
    true,
    sequence(...(ca ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [smallInteger(pathLength)])),
  );

function ipBytes(address: string): Buffer {
  if (!/^\d+(\.\d+){3}$/.test(address)) {
    throw new Error(`${address}: only dotted IPv4 addresses are made here`);
  }
  return Buffer.from(address.split(".").map(Number));
}

/** Alternative names of a certificate (RFC 5280 §4.2.1.6). */
export interface AlternativeNames {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
  readonly uri?: readonly string[];
}

export function subjectAlternativeName(names: AlternativeNames, critical = false): Extension {
  const text = (tag: number) => (value: string) => taggedBytes(tag, Buffer.from(value, "latin1"));
  return extension(
    "2.5.29.17",
    critical,
    sequence(
      ...(names.email ?? []).map(text(1)),
      ...(names.dns ?? []).map(text(2)),
      ...(names.uri ?? []).map(text(6)),
      ...(names.ip ?? []).map((address) => taggedBytes(7, ipBytes(address))),
    ),
  );
}

/** DNS subtrees that a CA may, or may not, certify (RFC 5280 §4.2.1.10). */
export interface NameConstraints {
  readonly permittedDns?: readonly string[];
  readonly excludedDns?: readonly string[];
}

export function nameConstraints({ permittedDns = [], excludedDns = [] }: NameConstraints): Extension {
  const subtrees = (tag: number, names: readonly string[]) =>
    names.length === 0
      ? []
      : [tagged(tag, ...names.map((name) => sequence(taggedBytes(2, Buffer.from(name, "latin1")))))];
  return extension("2.5.29.30", true, sequence(...subtrees(0, permittedDns), ...subtrees(1, excludedDns)));
}

/** TLS feature `status_request` (RFC 7633): the server must staple. */
export const mustStaple = (): Extension => extension("1.3.6.1.5.5.7.1.24", false, sequence(smallInteger(5)));

/** id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1). */
export const ocspNoCheck = (): Extension => ({
  oid: "1.3.6.1.5.5.7.48.1.5",
  critical: false,
  value: Buffer.from([5, 0]),
});

export const subjectKeyIdentifier = (id: Buffer): Extension => extension("2.5.29.14", false, octets(id));

export const authorityKeyIdentifier = (id: Buffer): Extension =>
  extension("2.5.29.35", false, sequence(taggedBytes(0, id)));

/** A critical extension that nobody knows: RFC 5280 §4.2 demands rejection. */
export const unknownCritical = (): Extension => extension("1.3.6.1.4.1.55555.1.1", true, ia5("nobody knows this"));
