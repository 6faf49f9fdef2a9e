/** The decoded identities, kept in this process while connections keep asking for them. */
import { formatDistinguishedName } from "./distinguished-names.ts";
import type { GenerationStore, Stamp } from "./generation-store.ts";
import type { IdentityWithKey } from "./identity.ts";
import { takeIdentitySet } from "./identity-set.ts";
import type { KeyedChain } from "./pkcs12.ts";
import { keyTypeOf } from "./private-key.ts";
import type { Candidate } from "./select.ts";

/** What `select` chooses by, and what it gives out. */
export interface Held extends Candidate {
  readonly identity: IdentityWithKey;
}
export type HeldSet = readonly Held[];

/** The decoded set and how long it may be believed. */
export class SetCache {
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
    return { stamp, set: takeIdentitySet(text).map(hold) };
  }

  #keep(set: HeldSet): HeldSet {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), this.#keepFor).unref();
    return set;
  }
}

export function hold({ name, chain, key }: KeyedChain): Held {
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
