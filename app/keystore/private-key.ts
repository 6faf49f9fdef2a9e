/** Private keys in PKCS#8 (RFC 5958): read into node:crypto's KeyObject, and refused where TLS could not use them. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { Refusal } from "../core/refusal.ts";
import * as ber from "./ber.ts";

const EC_PUBLIC_KEY = "1.2.840.10045.2.1";

/** rsaEncryption, id-ecPublicKey, id-Ed25519 (RFC 3279, RFC 5480, RFC 8410). */
const ALGORITHMS: ReadonlySet<string> = new Set(["1.2.840.113549.1.1.1", EC_PUBLIC_KEY, "1.3.101.112"]);

/** node:crypto's names of the curves of TLS 1.3 (RFC 8446 §4.2.3). */
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};

const CURVE_OIDS: ReadonlySet<string> = new Set(["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"]);

/**
 * Reads a PrivateKeyInfo, and overwrites the bytes in any case.
 *
 * @throws Refusal `keystore.file-damaged` when it is none (also what a wrong passphrase decrypts to),
 *   `keystore.unsupported` for a key that Countersign cannot prove itself with
 */
export function readPrivateKey(pkcs8: Buffer): KeyObject {
  try {
    return requireSupported(parse(pkcs8) ?? reread(pkcs8));
  } finally {
    pkcs8.fill(0);
  }
}

function parse(pkcs8: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  } catch {
    return undefined;
  }
}

/** Finds out what the library has against it; a key in BER instead of DER is read after all. */
function reread(pkcs8: Buffer): KeyObject {
  const node = ber.decode(pkcs8, "The private key");
  const [version, algorithmNode, key] = ber.sequence(node, "PrivateKeyInfo");
  ber.count(version, "version of PrivateKeyInfo");
  const algorithm = ber.algorithm(algorithmNode, "algorithm of the private key");
  ber.octets(key, "private key");
  if (!ALGORITHMS.has(algorithm.oid)) throw unsupportedKey(algorithm.oid);
  if (algorithm.oid === EC_PUBLIC_KEY) requireCurve(algorithm.parameters);
  const der = ber.encode(node);
  const parsed = parse(der);
  der.fill(0);
  if (parsed === undefined) throw ber.damaged("The private key cannot be read");
  return parsed;
}

function requireCurve(parameters: ber.Node | undefined): void {
  if (ber.isSequence(parameters)) throw unsupportedKey("EC with explicit parameters");
  const curve = ber.oid(parameters, "curve of the private key");
  if (!CURVE_OIDS.has(curve)) throw unsupportedKey(`EC on curve ${curve}`);
}

const unsupportedKey = (value: string): Refusal =>
  new Refusal("keystore.unsupported", {
    value,
    fault: "The private key is of a kind that is not supported",
    expected: "RSA, EC on P-256, P-384 or P-521, or Ed25519",
  });

function requireSupported(key: KeyObject): KeyObject {
  if (keyTypeOf(key) === undefined) {
    throw unsupportedKey(key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? "unknown");
  }
  return key;
}

/** For people, e.g. `RSA 2048`, `EC P-256`, `Ed25519`; undefined for kinds that are not supported. */
export function keyTypeOf(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType === "rsa") return `RSA ${key.asymmetricKeyDetails?.modulusLength}`;
  if (key.asymmetricKeyType === "ed25519") return "Ed25519";
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ""];
  return key.asymmetricKeyType === "ec" && curve !== undefined ? `EC ${curve}` : undefined;
}
