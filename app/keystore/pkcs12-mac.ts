/** The password integrity of a PKCS#12 file: RFC 7292's MAC, and PBMAC1 of RFC 9579. */
import { createHmac, timingSafeEqual } from "node:crypto";
import * as ber from "./ber.ts";
import { type DerivationBudget, digestLength, type Hash, pbkdf2Key, pkcs12Key } from "./key-derivation.ts";
import type { PassphraseForm } from "./passphrase.ts";
import { hmacHash, pbkdf2Parameters, unsupported } from "./passphrase-encryption.ts";

/** @returns whether the MAC over the file's content is right under this form of the passphrase */
export type VerifyMac = (form: PassphraseForm, budget: DerivationBudget) => Promise<boolean>;

const PBMAC1 = "1.2.840.113549.1.5.14";

/** RFC 9579 §4: shorter keys make MACs that hold under other passphrases too; longer ones nobody writes. */
const PBMAC1_KEY_LENGTH = { least: 20, most: 64 };

const HASHES: ReadonlyMap<string, Hash> = new Map([
  ["1.2.840.113549.2.5", "md5"],
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.4", "sha224"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

/**
 * @param macData MacData (RFC 7292 §4)
 * @param content the octets of the authenticated safe, which the MAC covers
 * @throws Refusal before anything is derived, for parameters that no passphrase can make right
 */
export function prepareMac(macData: ber.Node, content: Buffer): VerifyMac {
  const [digestInfo, salt, iterations] = ber.sequence(macData, "MacData");
  const [algorithmNode, digestNode] = ber.sequence(digestInfo, "MAC");
  const algorithm = ber.algorithm(algorithmNode, "MAC algorithm");
  const digest = ber.octets(digestNode, "MAC value");
  if (algorithm.oid === PBMAC1) return preparePbmac1(algorithm, digest, content);
  const hash = HASHES.get(algorithm.oid);
  if (hash === undefined) throw unsupported("message authentication code", algorithm.oid);
  const stretching = {
    salt: ber.octets(salt, "MAC salt"),
    iterations: iterations === undefined ? 1 : ber.count(iterations, "MAC iteration count"),
  };
  requireLength(digest, hash);
  return async ({ bmp }, budget) =>
    matches(await pkcs12Key(bmp, stretching, 3, digestLength(hash), hash, budget), hash, content, digest);
}

/** Salt and iterations of MacData mean nothing here (RFC 9579 §4). */
function preparePbmac1(algorithm: ber.Algorithm, digest: Buffer, content: Buffer): VerifyMac {
  const [kdf, scheme] = ber.sequence(algorithm.parameters, "PBMAC1 parameters");
  const derivation = pbkdf2Parameters(ber.algorithm(kdf, "key derivation function"));
  const hash = hmacHash(ber.algorithm(scheme, "message authentication scheme"));
  const { keyLength } = derivation;
  const { least, most } = PBMAC1_KEY_LENGTH;
  if (keyLength === undefined || keyLength < least || keyLength > most) {
    throw ber.damaged(
      keyLength === undefined ? "The PBMAC1 key length is missing" : `The PBMAC1 key has ${keyLength} bytes`,
      `${least} to ${most} (RFC 9579)`,
    );
  }
  requireLength(digest, hash);
  return async ({ utf8 }, budget) =>
    matches(await pbkdf2Key(utf8, derivation, keyLength, derivation.hash, budget), hash, content, digest);
}

function requireLength(digest: Buffer, hash: Hash): void {
  if (digest.length !== digestLength(hash)) {
    throw ber.damaged(`The MAC has ${digest.length} bytes`, `${digestLength(hash)} for ${hash}`);
  }
}

function matches(key: Buffer, hash: Hash, content: Buffer, digest: Buffer): boolean {
  const mac = createHmac(hash, key).update(content).digest();
  key.fill(0);
  return timingSafeEqual(mac, digest);
}
