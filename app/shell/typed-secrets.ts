/**
 * What was typed into sensitive fields of one site a short while ago, so that pasting it into another one can be asked
 * about. Only keyed hashes are kept, in memory, under a key of this run; the pages' isolated worlds make them.
 */
import { randomBytes } from "node:crypto";

/** How long a secret is remembered, milliseconds. */
const LIFETIME = 10 * 60_000;
/** The oldest give way. */
const MOST = 64;

interface Typed {
  readonly site: string;
  readonly until: number;
}

export class TypedSecrets {
  /** Of HMAC-SHA-256 (RFC 2104). */
  readonly key: Uint8Array = randomBytes(32);
  readonly #typed = new Map<string, Typed>();
  readonly #clock: () => number;

  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
  }

  /** @param hash lower-case hex of what was typed, under `key` */
  remember(site: string, hash: string): void {
    this.#typed.delete(hash);
    this.#typed.set(hash, { site, until: this.#clock() + LIFETIME });
    for (const oldest of this.#typed.keys()) if (this.#typed.size > MOST) this.#typed.delete(oldest);
  }

  /** Whether anything typed into another site than this one is remembered. */
  any(site: string): boolean {
    const now = this.#clock();
    return [...this.#typed.values()].some((typed) => typed.until > now && typed.site !== site);
  }

  /** @returns the other site into which this was typed; undefined when there is none */
  elsewhere(site: string, hash: string): string | undefined {
    const typed = this.#typed.get(hash);
    return typed && typed.until > this.#clock() && typed.site !== site ? typed.site : undefined;
  }
}
