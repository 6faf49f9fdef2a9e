/** Decrypts what a PKCS#12 file encrypts under its passphrase: PBES2 (RFC 8018 §6.2) and RFC 7292 Appendix C. */
import { createDecipheriv } from "node:crypto";
import forge from "node-forge";
import { Refusal } from "../core/refusal.ts";
import * as ber from "./ber.ts";
import { type DerivationBudget, type Hash, pbkdf2Key, pkcs12Key, type Stretching } from "./key-derivation.ts";
import type { PassphraseForm } from "./passphrase.ts";

/** @returns the plaintext, or undefined when this form of the passphrase gives none */
export type Decrypt = (form: PassphraseForm, budget: DerivationBudget) => Promise<Buffer | undefined>;

export const unsupported = (what: string, value: string): Refusal =>
  new Refusal("keystore.unsupported", { value, fault: `The file uses a ${what} that is not supported` });

const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";

interface BlockCipher {
  readonly keyLength: number;
  readonly blockLength: number;
  decrypt(key: Buffer, iv: Buffer, data: Buffer): Buffer | undefined;
}

/** CBC with PKCS#7 padding; wrong padding is undefined. */
function byNode(name: string, keyLength: number, blockLength: number): BlockCipher {
  const decrypt = (key: Buffer, iv: Buffer, data: Buffer): Buffer | undefined => {
    const cipher = createDecipheriv(name, key, iv);
    const start = cipher.update(data);
    try {
      return Buffer.concat([start, cipher.final()]);
    } catch {
      return undefined;
    } finally {
      start.fill(0);
    }
  };
  return { keyLength, blockLength, decrypt };
}

/** RC2 is in node-forge alone: OpenSSL 3 has it no longer in its default provider. */
function rc2(keyLength: number): BlockCipher {
  const decrypt = (key: Buffer, iv: Buffer, data: Buffer): Buffer | undefined => {
    const cipher = forge.rc2.createDecryptionCipher(key.toString("latin1"), keyLength * 8);
    cipher.start(iv.toString("latin1"));
    cipher.update(forge.util.createBuffer(data.toString("latin1")));
    return cipher.finish() ? Buffer.from(cipher.output.getBytes(), "latin1") : undefined;
  };
  return { keyLength, blockLength: 8, decrypt };
}

const TRIPLE_DES = byNode("des-ede3-cbc", 24, 8);

/** Two-key triple DES is the three-key one with the first key again at the end. */
const TWO_KEY_TRIPLE_DES: BlockCipher = {
  ...TRIPLE_DES,
  keyLength: 16,
  decrypt: (key, iv, data) => TRIPLE_DES.decrypt(Buffer.concat([key, key.subarray(0, 8)]), iv, data),
};

/** RFC 8018 §B.2, RFC 3565 §4.1. */
const PBES2_CIPHERS: ReadonlyMap<string, BlockCipher> = new Map([
  ["2.16.840.1.101.3.4.1.2", byNode("aes-128-cbc", 16, 16)],
  ["2.16.840.1.101.3.4.1.22", byNode("aes-192-cbc", 24, 16)],
  ["2.16.840.1.101.3.4.1.42", byNode("aes-256-cbc", 32, 16)],
  ["1.2.840.113549.3.7", TRIPLE_DES],
]);

/** RFC 7292 Appendix C, without its two RC4 variants. */
const PKCS12_CIPHERS: ReadonlyMap<string, BlockCipher> = new Map([
  ["1.2.840.113549.1.12.1.3", TRIPLE_DES],
  ["1.2.840.113549.1.12.1.4", TWO_KEY_TRIPLE_DES],
  ["1.2.840.113549.1.12.1.5", rc2(16)],
  ["1.2.840.113549.1.12.1.6", rc2(5)],
]);

/** RFC 8018 §B.1.2. */
const PRFS: ReadonlyMap<string, Hash> = new Map([
  ["1.2.840.113549.2.7", "sha1"],
  ["1.2.840.113549.2.8", "sha224"],
  ["1.2.840.113549.2.9", "sha256"],
  ["1.2.840.113549.2.10", "sha384"],
  ["1.2.840.113549.2.11", "sha512"],
]);

/** HMAC as a pseudorandom function or a MAC scheme. @throws Refusal `keystore.unsupported` */
export function hmacHash(algorithm: ber.Algorithm): Hash {
  const hash = PRFS.get(algorithm.oid);
  if (hash === undefined) throw unsupported("message authentication code", algorithm.oid);
  return hash;
}

/** PBKDF2-params (RFC 8018 §A.2). */
export interface Pbkdf2Parameters extends Stretching {
  readonly keyLength?: number;
  readonly hash: Hash;
}

/** @throws Refusal */
export function pbkdf2Parameters(algorithm: ber.Algorithm): Pbkdf2Parameters {
  if (algorithm.oid !== PBKDF2) throw unsupported("key derivation function", algorithm.oid);
  const [salt, iterations, ...rest] = ber.sequence(algorithm.parameters, "PBKDF2 parameters");
  if (ber.isSequence(salt)) throw unsupported("source of salt", ber.algorithm(salt, "salt").oid);
  const [first] = rest;
  const keyLength = ber.isInteger(first) ? ber.count(rest.shift(), "key length") : undefined;
  const [prf, ...more] = rest;
  if (more.length > 0) throw ber.damaged("PBKDF2 parameters hold more than salt, iterations, key length and PRF");
  return {
    salt: ber.octets(salt, "salt"),
    iterations: ber.count(iterations, "iteration count"),
    hash: prf === undefined ? "sha1" : hmacHash(ber.algorithm(prf, "PRF")),
    ...(keyLength === undefined ? {} : { keyLength }),
  };
}

/** @throws Refusal before anything is derived, for parameters and lengths that no passphrase can make right */
export function prepareDecryption(algorithm: ber.Algorithm, data: Buffer): Decrypt {
  if (algorithm.oid === PBES2) return preparePbes2(algorithm, data);
  const cipher = PKCS12_CIPHERS.get(algorithm.oid);
  if (cipher === undefined) throw unsupported("encryption", algorithm.oid);
  requireBlocks(data, cipher);
  const [salt, iterations] = ber.sequence(algorithm.parameters, "PBE parameters");
  const stretching = { salt: ber.octets(salt, "salt"), iterations: ber.count(iterations, "iteration count") };
  return async ({ bmp }, budget) => {
    const key = await pkcs12Key(bmp, stretching, 1, cipher.keyLength, "sha1", budget);
    const iv = await pkcs12Key(bmp, stretching, 2, cipher.blockLength, "sha1", budget);
    return decryptAndForget(cipher, key, iv, data);
  };
}

function preparePbes2(algorithm: ber.Algorithm, data: Buffer): Decrypt {
  const [kdf, scheme] = ber.sequence(algorithm.parameters, "PBES2 parameters");
  const { oid, parameters } = ber.algorithm(scheme, "encryption scheme");
  const cipher = PBES2_CIPHERS.get(oid);
  if (cipher === undefined) throw unsupported("cipher", oid);
  requireBlocks(data, cipher);
  const iv = ber.octets(parameters, "initialisation vector");
  const derivation = pbkdf2Parameters(ber.algorithm(kdf, "key derivation function"));
  if (iv.length !== cipher.blockLength || (derivation.keyLength ?? cipher.keyLength) !== cipher.keyLength) {
    throw ber.damaged("The lengths of key or initialisation vector do not fit the cipher");
  }
  return async ({ utf8 }, budget) => {
    const key = await pbkdf2Key(utf8, derivation, cipher.keyLength, derivation.hash, budget);
    return decryptAndForget(cipher, key, iv, data);
  };
}

function requireBlocks(data: Buffer, { blockLength }: BlockCipher): void {
  if (data.length === 0 || data.length % blockLength !== 0) {
    throw ber.damaged(`Encrypted data has ${data.length} bytes`, `a multiple of ${blockLength}`);
  }
}

function decryptAndForget(cipher: BlockCipher, key: Buffer, iv: Buffer, data: Buffer): Buffer | undefined {
  try {
    return cipher.decrypt(key, iv, data);
  } finally {
    key.fill(0);
  }
}
