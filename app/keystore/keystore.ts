/** The user's identities in the operating system's keychain. */

import type { Fingerprint } from "../core/evidence.ts";
import { Refusal } from "../core/refusal.ts";
import { formatDistinguishedName } from "./distinguished-names.ts";
import { ConcurrentWrite, GenerationStore, type Stamp } from "./generation-store.ts";
import type { Identity, IdentityWithKey, Keychain, Keystore } from "./identity.ts";
import { decodeIdentitySet, encodeIdentitySet } from "./identity-set.ts";
import type { KeyedChain } from "./pkcs12.ts";
import { keyTypeOf } from "./private-key.ts";
import { type Candidate, selectIdentity } from "./select.ts";
import type { WriterLock } from "./writer-lock.ts";

export interface KeystoreOptions {
  /** Keeps other processes from writing at the same time; without it only this process is held in line. */
  readonly lock?: WriterLock;
  /** For how many milliseconds `select` trusts what it has read before it asks the keychain again. */
  readonly freshFor?: number;
  /** After how many milliseconds without use the decoded keys are let go. */
  readonly keepFor?: number;
}

/** What `select` chooses by, and what it gives out. */
interface Held extends Candidate {
  readonly identity: IdentityWithKey;
}
type HeldSet = readonly Held[];

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

  /** One write after the other; `change` gets the current set and returns the new one, or undefined for none. */
  function write(change: (set: readonly KeyedChain[]) => readonly KeyedChain[] | undefined): Promise<boolean> {
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

async function changeSet(
  store: GenerationStore,
  change: (set: readonly KeyedChain[]) => readonly KeyedChain[] | undefined,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const { stamp, text } = await store.read();
    const next = change(decode(text));
    if (next === undefined) return true;
    const encoded = encodeIdentitySet(next);
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

/** Empty text is the keystore before its first identity. */
function decode(text: Buffer): readonly KeyedChain[] {
  try {
    return text.length === 0 ? [] : decodeIdentitySet(text);
  } finally {
    text.fill(0);
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

/** The decoded set and how long it may be believed. */
class SetCache {
  readonly #store: GenerationStore;
  readonly #clock: () => number;
  readonly #freshFor: number;
  readonly #keepFor: number;
  #held: { readonly stamp: Stamp | undefined; readonly set: HeldSet; readonly checked: number } | undefined;
  #loading: Promise<HeldSet> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Counts how often the cache was cleared: what was read before does not come back. */
  #epoch = 0;

  constructor(store: GenerationStore, clock: () => number, freshFor: number, keepFor: number) {
    this.#store = store;
    this.#clock = clock;
    this.#freshFor = freshFor;
    this.#keepFor = keepFor;
  }

  /** At most `freshFor` old. A clock that was set back makes nothing fresh. */
  async recent(): Promise<HeldSet> {
    const age = this.#held === undefined ? undefined : this.#clock() - this.#held.checked;
    const fresh = age !== undefined && age >= 0 && age < this.#freshFor;
    if (this.#held !== undefined && fresh) return this.#keep(this.#held.set);
    return this.current();
  }

  /** As it is in the keychain now; those who ask at the same time share one reading. */
  current(): Promise<HeldSet> {
    if (this.#loading !== undefined) return this.#loading;
    const loading = this.#load().finally(() => {
      if (this.#loading === loading) this.#loading = undefined;
    });
    this.#loading = loading;
    return loading;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#epoch += 1;
    this.#held = undefined;
    this.#loading = undefined;
  }

  async #load(): Promise<HeldSet> {
    const epoch = this.#epoch;
    const checked = this.#clock();
    try {
      const { stamp, set } = await this.#read();
      if (epoch === this.#epoch) this.#held = { stamp, set, checked };
      return this.#keep(set);
    } catch (error) {
      // A keychain that has been locked or damaged takes the keys with it.
      if (epoch === this.#epoch) this.clear();
      throw error;
    }
  }

  async #read(): Promise<{ readonly stamp: Stamp | undefined; readonly set: HeldSet }> {
    const held = this.#held;
    if (held !== undefined && (await this.#store.stamp()) === held.stamp) return held;
    const { stamp, text } = await this.#store.read();
    return { stamp, set: decode(text).map(hold) };
  }

  #keep(set: HeldSet): HeldSet {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), this.#keepFor).unref();
    return set;
  }
}

function hold({ name, chain, key }: KeyedChain): Held {
  const [leaf] = chain;
  const { fingerprint, notBefore, notAfter, clientAuthentication, serial } = leaf;
  return {
    fingerprint,
    notBefore,
    notAfter,
    clientAuthentication,
    issuers: chain.map((certificate) => certificate.issuer),
    identity: {
      fingerprint,
      name,
      subject: formatDistinguishedName(leaf.subject),
      issuer: formatDistinguishedName(leaf.issuer),
      serial,
      notBefore: new Date(notBefore).toISOString(),
      notAfter: new Date(notAfter).toISOString(),
      keyType: keyTypeOf(key) ?? "unknown",
      clientAuthentication,
      chain: chain.map(({ x509 }) => x509.toString()),
      key,
    },
  };
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
