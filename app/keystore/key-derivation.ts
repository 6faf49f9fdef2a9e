/** Keys from passphrases: PBKDF2 by node:crypto, RFC 7292's own derivation by node-forge; both within a budget. */
import { createHash, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import forge from "node-forge";
import { Refusal } from "../core/refusal.ts";
import { damaged } from "./ber.ts";

export type Hash = "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512";

const deriveByPbkdf2 = promisify(pbkdf2);

/** Octets of a digest and of the hash function's block (FIPS 180-4 §1; RFC 7292 §B.2 needs both). */
const HASHES: Readonly<Record<Hash, { readonly digest: number; readonly block: number }>> = {
  md5: { digest: 16, block: 64 },
  sha1: { digest: 20, block: 64 },
  sha224: { digest: 28, block: 64 },
  sha256: { digest: 32, block: 64 },
  sha384: { digest: 48, block: 128 },
  sha512: { digest: 64, block: 128 },
};

export const digestLength = (hash: Hash): number => HASHES[hash].digest;

/**
 * How much hashing one file may cost. Common exports count 2,048 to 600,000 rounds; a hostile one may claim 2^31 and
 * would hang the program. PBKDF2 runs in the thread pool at some 3 million rounds a second; RFC 7292's derivation
 * blocks the thread for about 1.5 µs a round, so that the whole budget costs a few seconds at worst.
 */
export class DerivationBudget {
  #left: { pbkdf2: number; pkcs12: number };

  constructor(
    rounds: { readonly pbkdf2: number; readonly pkcs12: number } = { pbkdf2: 20_000_000, pkcs12: 3_000_000 },
  ) {
    this.#left = { ...rounds };
  }

  /** @throws Refusal `keystore.unsupported` when the file asks for more than is left */
  spend(kind: "pbkdf2" | "pkcs12", rounds: number): void {
    if (rounds > this.#left[kind]) {
      throw new Refusal("keystore.unsupported", {
        value: `${rounds} rounds`,
        fault: "The file's iteration counts ask for more key derivation than is allowed",
        expected: `at most ${this.#left[kind]} more rounds`,
      });
    }
    this.#left[kind] -= rounds;
  }
}

/** Salt and iterations as the file gives them. */
export interface Stretching {
  readonly salt: Buffer;
  readonly iterations: number;
}

function requireIterations({ iterations }: Stretching): void {
  if (iterations < 1) throw damaged(`An iteration count is ${iterations}`, "at least 1");
}

/** RFC 8018 §5.2, off the main thread. @throws Refusal */
export function pbkdf2Key(
  passphrase: Buffer,
  stretching: Stretching,
  length: number,
  hash: Hash,
  budget: DerivationBudget,
): Promise<Buffer> {
  requireIterations(stretching);
  budget.spend("pbkdf2", stretching.iterations * Math.ceil(length / digestLength(hash)));
  return deriveByPbkdf2(passphrase, stretching.salt, stretching.iterations, length, hash);
}

/** What RFC 7292 §B.3 derives: 1 a key, 2 an initialisation vector, 3 a MAC key. */
export type Purpose = 1 | 2 | 3;

/** RFC 7292 §B.2. Waits for a turn of the event loop first, so that several derivations do not block in one piece. */
export async function pkcs12Key(
  passphrase: string | null,
  stretching: Stretching,
  purpose: Purpose,
  length: number,
  hash: Hash,
  budget: DerivationBudget,
): Promise<Buffer> {
  requireIterations(stretching);
  budget.spend("pkcs12", stretching.iterations * Math.ceil(length / digestLength(hash)));
  await new Promise((resolve) => setImmediate(resolve));
  const salt = forge.util.createBuffer(stretching.salt.toString("latin1"));
  const key = forge.pkcs12.generateKey(passphrase, salt, purpose, stretching.iterations, length, messageDigest(hash));
  return Buffer.from(key.getBytes(), "latin1");
}

/**
 * node:crypto's hash functions in the shape that node-forge's derivation asks for: several times as fast as its own for
 * the long ones. It uses the members below; the type also wants those that only node-forge's HMAC reads.
 */
function messageDigest(hash: Hash): forge.md.MessageDigest {
  let running = createHash(hash);
  const { digest: digestLength, block: blockLength } = HASHES[hash];
  const members = {
    digestLength,
    blockLength,
    start: () => {
      running = createHash(hash);
    },
    update: (message: string) => {
      running.update(message, "latin1");
    },
    digest: () => forge.util.createBuffer(running.digest("binary")),
  };
  return members as unknown as forge.md.MessageDigest;
}
