/** A keychain in memory that keeps to the limits of real ones and can be made to die at any operation. */
import { Refusal } from "../../app/core/refusal.ts";
import type { Keychain } from "../../app/keystore/identity.ts";

/** Thrown by every operation from the moment of death on. */
export class Died extends Error {
  override readonly name = "Died";
}

export interface Death {
  /** Counts every operation from 1. */
  readonly at: number;
  /** Whether the operation still took effect before the process was gone; `torn` loses the entry that was to be replaced. */
  readonly effect: "none" | "whole" | "torn";
}

export class MemoryKeychain implements Keychain {
  readonly entries: Map<string, string>;
  operations = 0;
  /** Answers every operation from now on. */
  refuse: Refusal | undefined;
  /** One operation fails, those after it do not. */
  hiccup: Death | undefined;
  readonly #death: Death | undefined;

  constructor(entries: ReadonlyMap<string, string> = new Map(), death?: Death) {
    this.entries = new Map(entries);
    this.#death = death;
  }

  get(account: string): Promise<string | undefined> {
    return this.#operate(() => this.entries.get(account));
  }

  set(account: string, secret: string): Promise<void> {
    if (Buffer.byteLength(secret) > 2_560 || !/^[A-Za-z0-9+/=]+$/.test(secret)) {
      throw new Error(`entry ${account} of ${Buffer.byteLength(secret)} bytes would not fit a real keychain`);
    }
    return this.#operate(
      () => void this.entries.set(account, secret),
      () => this.entries.delete(account),
    );
  }

  delete(account: string): Promise<boolean> {
    return this.#operate(() => this.entries.delete(account));
  }

  async #operate<T>(effect: () => T, torn: () => unknown = effect): Promise<T> {
    this.operations += 1;
    await Promise.resolve();
    if (this.refuse !== undefined) throw this.refuse;
    if (this.operations === this.hiccup?.at) {
      if (this.hiccup.effect === "whole") effect();
      throw new Refusal("keystore.refused", { fault: "a hiccup" });
    }
    const death = this.#death;
    if (death === undefined || this.operations < death.at) return effect();
    if (this.operations === death.at && death.effect === "whole") effect();
    if (this.operations === death.at && death.effect === "torn") torn();
    throw new Died();
  }
}
