/** The user's identities in the operating system's keychain. */

import type { Fingerprint } from "../core/evidence.ts";
import { Refusal } from "../core/refusal.ts";
import { ConcurrentWrite, GenerationStore } from "./generation-store.ts";
import type { Identity, Keychain, Keystore } from "./identity.ts";
import { encodeIdentitySet, takeIdentitySet } from "./identity-set.ts";
import type { KeyedChain } from "./pkcs12.ts";
import { selectIdentity } from "./select.ts";
import { type Held, type HeldSet, hold, SetCache } from "./set-cache.ts";
import type { WriterLock } from "./writer-lock.ts";

export interface KeystoreOptions {
  /** Keeps other processes from writing at the same time; without it only this process is held in line. */
  readonly lock?: WriterLock;
  /** For how many milliseconds `select` trusts what it has read before it asks the keychain again. */
  readonly freshFor?: number;
  /** After how many milliseconds without use the decoded keys are let go. */
  readonly keepFor?: number;
}

/** More often than any two programs meet by chance. */
const MAX_WRITE_ATTEMPTS = 5;

/**
 * Identities are decoded once and their keys kept, as KeyObjects in this process alone, while connections keep asking
 * for them: `select` stands before every new channel. The keychain is asked again once a second at most (a removal by
 * another program takes effect then), and the keys are let go five minutes after the last use.
 *
 * @param clock milliseconds since the epoch
 */
export function createKeystore(keychain: Keychain, clock: () => number, options: KeystoreOptions = {}): Keystore {
  const store = new GenerationStore(keychain);
  const cache = new SetCache(store, clock, options.freshFor ?? 1_000, options.keepFor ?? 300_000);
  const lock = options.lock ?? ((work) => work());
  let turn: Promise<unknown> = Promise.resolve();

  /** One write after the other. @returns whether nothing of the old set is left in the keychain */
  function write(change: Change): Promise<boolean> {
    const result = turn.then(() => lock(() => changeSet(store, change))).finally(() => cache.clear());
    turn = result.catch(() => undefined);
    return result;
  }

  return {
    async list() {
      const set = await cache.current();
      return [...set].sort((one, other) => other.notBefore - one.notBefore).map(factsOf);
    },
    async importPkcs12(file, passphrase) {
      // Loaded when a file is imported, so that no start waits for its cryptography.
      const { readPkcs12 } = await import("./pkcs12.ts");
      const imported = await readPkcs12(file, passphrase);
      await write((set) => merge(set, imported));
      return imported.map(hold).map(factsOf);
    },
    async remove(fingerprint) {
      const swept = await write((set) => without(set, fingerprint));
      if (!swept) {
        throw new Refusal("keystore.refused", {
          value: fingerprint,
          fault: "The identity is removed, but the keychain kept some of its entries; the next change removes them",
        });
      }
    },
    async select(issuer, now) {
      const set = await cache.recent();
      const selected = selectIdentity(set, issuer, now);
      if (selected === undefined) throw noIdentity(set, issuer);
      return selected.identity;
    },
  };
}

/** From the current set to the new one. */
type Change = (set: readonly KeyedChain[]) => readonly KeyedChain[];

async function changeSet(store: GenerationStore, change: Change): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const { stamp, text } = await store.read();
    const encoded = encodeIdentitySet(change(takeIdentitySet(text)));
    try {
      return (await store.replace(stamp, encoded)).swept;
    } catch (error) {
      if (!(error instanceof ConcurrentWrite)) throw error;
      if (attempt === MAX_WRITE_ATTEMPTS) {
        throw new Refusal("keystore.refused", { fault: "Other programs keep changing the keystore" });
      }
    } finally {
      encoded.fill(0);
    }
  }
}

const fingerprintOf = ({ chain: [leaf] }: KeyedChain): Fingerprint => leaf.fingerprint;

function merge(set: readonly KeyedChain[], imported: readonly KeyedChain[]): readonly KeyedChain[] {
  return [...new Map([...set, ...imported].map((one) => [fingerprintOf(one), one])).values()];
}

function without(set: readonly KeyedChain[], fingerprint: Fingerprint): readonly KeyedChain[] {
  const rest = set.filter((one) => fingerprintOf(one) !== fingerprint);
  if (rest.length === set.length) {
    throw new Refusal("keystore.not-found", { value: fingerprint, fault: "No identity has this fingerprint" });
  }
  return rest;
}

/** Without chain and key, for those who only show it. */
function factsOf({ identity: { chain: _chain, key: _key, ...facts } }: Held): Identity {
  return facts;
}

function noIdentity(set: HeldSet, issuer: string): Refusal {
  const others = set.slice(0, 5).map(({ identity }) => identity.issuer);
  return new Refusal("client.no-identity", {
    value: others.length === 0 ? "no identities" : `issuers: ${[...new Set(others)].join("; ")}`,
    fault: "No identity is valid now, allowed for client authentication and issued by the expected authority",
    expected: issuer,
  });
}
