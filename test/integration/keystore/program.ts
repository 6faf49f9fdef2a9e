/**
 * A program that uses the real keychain once, as the app or a command would, and prints what came of it. Told so, it
 * kills itself just before or just after one of its operations that change the keychain.
 */
import { readFileSync } from "node:fs";
import { Refusal } from "../../../app/core/refusal.ts";
import type { Keychain } from "../../../app/keystore/identity.ts";
import { createKeystore } from "../../../app/keystore/keystore.ts";
import { createKeytarKeychain } from "../../../app/keystore/keytar-keychain.ts";
import { createWriterLock } from "../../../app/keystore/writer-lock.ts";

export interface Errand {
  readonly service: string;
  /** `churn` imports and removes the same identity without end; it says "started" when the first import is done. */
  readonly errand: "list" | "import" | "remove" | "select" | "churn";
  /** A PKCS#12 file, a fingerprint or an issuer. */
  readonly argument?: string;
  readonly passphrase?: string;
  /** Counts operations that change the keychain, from 1. */
  readonly killAt?: number;
  readonly killAfter?: boolean;
  /** Milliseconds for one call to the keychain. */
  readonly timeLimit?: number;
}

export type Outcome =
  | { readonly fingerprints: readonly string[]; readonly changes: number }
  | { readonly code: string; readonly fault: string };

function mortal(keychain: Keychain, { killAt, killAfter }: Errand): Keychain & { changes: number } {
  const change = async <T>(operation: () => Promise<T>): Promise<T> => {
    counted.changes += 1;
    if (counted.changes !== killAt) return operation();
    if (killAfter) await operation();
    process.kill(process.pid, "SIGKILL");
    return new Promise(() => undefined);
  };
  const counted = {
    changes: 0,
    get: keychain.get,
    set: (account: string, secret: string) => change(() => keychain.set(account, secret)),
    delete: (account: string) => change(() => keychain.delete(account)),
  };
  return counted;
}

async function run(errand: Errand): Promise<Outcome> {
  const { service, argument = "", passphrase = "", timeLimit = 10_000 } = errand;
  const keychain = mortal(createKeytarKeychain(service, { timeLimit }), errand);
  const keystore = createKeystore(keychain, Date.now, { lock: createWriterLock(service) });
  const errands = {
    list: () => keystore.list(),
    import: () => keystore.importPkcs12(readFileSync(argument), passphrase),
    remove: () => keystore.remove(argument).then(() => []),
    churn: async () => {
      for (;;) {
        const [imported] = await keystore.importPkcs12(readFileSync(argument), passphrase);
        console.log("started");
        await keystore.remove(imported?.fingerprint ?? "");
      }
    },
    select: async () => [await keystore.select(argument, Date.now())],
  };
  try {
    const identities = await errands[errand.errand]();
    return { fingerprints: identities.map(({ fingerprint }) => fingerprint).sort(), changes: keychain.changes };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { code: error.code, fault: error.detail.fault };
  }
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? "{}"))));
// A call to the keychain that never came back would keep the event loop alive.
process.exit();
