/** Which keys and signatures are strong enough (CA/Browser Forum Baseline Requirements §6.1.5, §6.1.6, §7.1.3). */
import type { KeyObject } from "node:crypto";
import type { AlgorithmIdentifier } from "./x509-certificate.ts";
import { type Certificate, publicKeyOf } from "./x509-certificate.ts";

const MIN_RSA_BITS = 2048;
/** Larger ones only burn time. */
const MAX_RSA_BITS = 8192;
/** NIST SP 800-56B §6.2: odd, above 2^16, below 2^256. */
const MIN_EXPONENT = 65_537n;
const MAX_EXPONENT = 2n ** 256n;

const CURVES: Readonly<Record<string, string>> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };

export type KeyJudgement =
  | { readonly kind: "usable"; readonly key: KeyObject }
  | { readonly kind: "weak" | "unsupported"; readonly fault: string };

function judgeRsa(key: KeyObject): KeyJudgement {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) {
    const fault = `an RSA key of ${modulusLength} bits; expected ${MIN_RSA_BITS} to ${MAX_RSA_BITS}`;
    return { kind: "weak", fault };
  }
  if (publicExponent < MIN_EXPONENT || publicExponent >= MAX_EXPONENT || publicExponent % 2n === 0n) {
    return { kind: "weak", fault: `an RSA key with exponent ${publicExponent}; expected odd and at least 65537` };
  }
  return { kind: "usable", key };
}

/** Judges a certificate's key: RSA, RSASSA-PSS where the runtime knows it, named NIST curves, Ed25519. */
export function judgeKey(certificate: Certificate): KeyJudgement {
  const key = publicKeyOf(certificate);
  switch (key?.asymmetricKeyType) {
    case "rsa":
    case "rsa-pss":
      return judgeRsa(key);
    case "ec":
      return CURVES[key.asymmetricKeyDetails?.namedCurve ?? ""] === undefined
        ? { kind: "unsupported", fault: "an EC key on another curve than P-256, P-384 or P-521" }
        : { kind: "usable", key };
    case "ed25519":
      return { kind: "usable", key };
    default:
      return { kind: "unsupported", fault: `a key of type ${key?.asymmetricKeyType ?? "unknown to the TLS library"}` };
  }
}

/** Hash for node:crypto; null where the scheme has its own. */
export type SignatureHash = "sha256" | "sha384" | "sha512" | null;

const PLAIN_SIGNATURES: Readonly<Record<string, SignatureHash>> = {
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
  "1.3.101.112": null,
};

/** RSASSA-PSS with hash, MGF1 hash and salt length equal, as §7.1.3.2.1 of the Baseline Requirements spells them. */
const PSS = "1.2.840.113549.1.1.10";
const PSS_PARAMETERS: Readonly<Record<string, SignatureHash>> = Object.fromEntries(
  (
    [
      ["sha256", "01", "20"],
      ["sha384", "02", "30"],
      ["sha512", "03", "40"],
    ] as const
  ).map(([hash, id, salt]) => [
    `3034a00f300d06096086480165030402${id}0500a11c301a06092a864886f70d010108300d06096086480165030402${id}0500a2030201${salt}`,
    hash,
  ]),
);

export interface SignatureScheme {
  readonly hash: SignatureHash;
  readonly pss: boolean;
}

/** @returns undefined for SHA-1, MD5 and everything unknown */
export function signatureScheme({ oid, parameters }: AlgorithmIdentifier): SignatureScheme | undefined {
  if (oid === PSS) {
    const hash = PSS_PARAMETERS[parameters?.toString("hex") ?? ""];
    return hash === undefined ? undefined : { hash, pss: true };
  }
  const hash = PLAIN_SIGNATURES[oid];
  return hash === undefined ? undefined : { hash, pss: false };
}
