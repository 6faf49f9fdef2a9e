/**
 * One secret text in the keychain, replaced as a whole: killing the process at any moment leaves the old text or the
 * new one.
 *
 * The keychain holds entries of at most 2,560 bytes and knows no transactions. So each text has its own generation: a
 * random number that names its chunks. Two pointer entries say which generation counts; the higher serial number wins,
 * and a lost or half-written one leaves the other. A write goes
 *   1. journal: names the new generation, so that the next write can sweep it away if this one dies
 *   2. the new chunks, read back
 *   3. pointers: from the first of the two on, the new text counts
 *   4. the old chunks and the journal are deleted
 * Writers take turns (writer-lock.ts); before step 3 the pointer is read again all the same.
 */
import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { Refusal } from "../core/refusal.ts";
import type { Keychain } from "./identity.ts";
import { damagedSet } from "./identity-set.ts";

/** Windows' CRED_MAX_CREDENTIAL_BLOB_SIZE; keytar stores UTF-8, so for base64 characters are bytes. */
export const MAX_ENTRY_BYTES = 2_560;

/** A damaged or hostile pointer must not make us read without end: room for some 2,000 identities. */
const MAX_CHUNKS = 4_096;

const POINTERS = ["pointer.a", "pointer.b"] as const;
const JOURNAL = "journal";

const generationSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  chunks: z.int().min(0).max(MAX_CHUNKS),
});

const pointerSchema = z.strictObject({
  version: z.literal(1),
  serial: z.int().min(1),
  generation: generationSchema,
  /** SHA-256 of the text, lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const journalSchema = z.strictObject({ version: z.literal(1), generations: z.array(generationSchema).max(2) });

type Generation = z.infer<typeof generationSchema>;
type Pointer = z.infer<typeof pointerSchema>;
type Journal = z.infer<typeof journalSchema>;

/** Names one stored text; equal stamps mean the same text. */
export type Stamp = string;

export interface Stored {
  /** Undefined when nothing was ever stored. */
  readonly stamp: Stamp | undefined;
  /** The reader may overwrite it after use. */
  readonly text: Buffer;
}

const chunkName = ({ id }: Generation, index: number): string => `chunk.${id}.${index}`;
const stampOf = ({ serial, generation }: Pointer): Stamp => `${serial}.${generation.id}`;
const digest = (text: Buffer): string => createHash("sha256").update(text).digest("hex");
const pack = (value: unknown): string => Buffer.from(JSON.stringify(value), "utf8").toString("base64");

/** Undefined for anything that is not what `pack` made of this shape. */
function unpack<T>(schema: z.ZodType<T>, entry: string): T | undefined {
  try {
    return schema.parse(JSON.parse(Buffer.from(entry, "base64").toString("utf8")));
  } catch {
    return undefined;
  }
}

/** How often a reader starts again because a writer has replaced the text under it. */
const MAX_READS = 5;

export class GenerationStore {
  readonly #keychain: Keychain;

  constructor(keychain: Keychain) {
    this.#keychain = keychain;
  }

  /** Names the current text with two small reads. @throws Refusal `keystore.*` */
  async stamp(): Promise<Stamp | undefined> {
    const pointer = await this.#pointer();
    return pointer && stampOf(pointer);
  }

  /** @throws Refusal `keystore.damaged` when the text is not whole; it is left as it is */
  async read(): Promise<Stored> {
    let last: Stamp | undefined;
    for (let attempt = 0; attempt < MAX_READS; attempt += 1) {
      const pointer = await this.#pointer();
      if (pointer === undefined) return { stamp: undefined, text: Buffer.alloc(0) };
      const stamp = stampOf(pointer);
      // The same pointer again: no writer has come between, something is missing or altered.
      if (stamp === last) break;
      const text = await this.#text(pointer);
      if (text !== undefined) return { stamp, text };
      last = stamp;
    }
    throw damagedSet("Stored identities are incomplete or do not match their checksum");
  }

  /**
   * Replaces the text that `from` names. To be called by one writer at a time.
   *
   * @returns whether the old text's entries are gone too; if not, the next write removes them
   * @throws Refusal before the new text counts: the old one is in place
   */
  async replace(from: Stamp | undefined, text: Buffer): Promise<{ readonly stamp: Stamp; readonly swept: boolean }> {
    const current = await this.#pointer();
    requireUnchanged(current, from);
    await this.#sweep(current);
    const base = current ?? (await this.#initialize());
    const encoded = text.toString("base64");
    const generation = { id: randomBytes(16).toString("hex"), chunks: Math.ceil(encoded.length / MAX_ENTRY_BYTES) };
    if (generation.chunks > MAX_CHUNKS) throw tooMuch(generation.chunks);
    const next: Pointer = { version: 1, serial: base.serial + 1, generation, sha256: digest(text) };
    try {
      await this.#prepare(base, next, encoded);
      await this.#flip(next);
    } catch (error) {
      const now = await this.#pointer().catch(() => undefined);
      // Some failures come from operations that took effect all the same: the pointer tells. Where it cannot be read,
      // nothing may be swept.
      if (now === undefined || stampOf(now) !== stampOf(next)) {
        if (now !== undefined) await this.#sweep(now).catch(() => undefined);
        throw error;
      }
    }
    return { stamp: stampOf(next), swept: await this.#settle(next) };
  }

  /** Everything up to the moment from which the new text counts. */
  async #prepare(base: Pointer, next: Pointer, encoded: string): Promise<void> {
    const journal: Journal = { version: 1, generations: [base.generation, next.generation] };
    await this.#keychain.set(JOURNAL, pack(journal));
    for (let index = 0; index < next.generation.chunks; index += 1) {
      const chunk = encoded.slice(index * MAX_ENTRY_BYTES, (index + 1) * MAX_ENTRY_BYTES);
      await this.#keychain.set(chunkName(next.generation, index), chunk);
    }
    await this.#verify(next);
    requireUnchanged(await this.#pointer(), stampOf(base));
  }

  /** Overwrites the pointer that counts least; from here on the new text counts. */
  async #flip(next: Pointer): Promise<void> {
    const [first, second] = [await this.#slot(POINTERS[0]), await this.#slot(POINTERS[1])];
    await this.#keychain.set(first.serial <= second.serial ? POINTERS[0] : POINTERS[1], pack(next));
  }

  /** The other pointer follows and the old text goes; what fails here is left to the next write. */
  async #settle(next: Pointer): Promise<boolean> {
    try {
      for (const name of POINTERS) {
        const { serial } = await this.#slot(name);
        if (serial !== next.serial) await this.#keychain.set(name, pack(next));
      }
      await this.#sweep(next);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  async #slot(name: string): Promise<{ readonly serial: number; readonly pointer?: Pointer; readonly bad: boolean }> {
    const entry = await this.#keychain.get(name);
    if (entry === undefined) return { serial: 0, bad: false };
    const pointer = unpack(pointerSchema, entry);
    return pointer === undefined ? { serial: 0, bad: true } : { serial: pointer.serial, pointer, bad: false };
  }

  async #pointer(): Promise<Pointer | undefined> {
    const first = await this.#slot(POINTERS[0]);
    const second = await this.#slot(POINTERS[1]);
    const newest = first.serial >= second.serial ? first : second;
    // Bytes that are there but unreadable are damage, never an empty keystore.
    if (newest.pointer === undefined && (first.bad || second.bad)) {
      throw damagedSet("The keystore's pointer is unreadable");
    }
    return newest.pointer;
  }

  /** From the first write on there is a pointer, so that chunks without one are never mistaken for an empty keystore. */
  async #initialize(): Promise<Pointer> {
    for (const name of POINTERS) await this.#keychain.set(name, pack(INITIAL));
    return INITIAL;
  }

  async #text(pointer: Pointer): Promise<Buffer | undefined> {
    const chunks: string[] = [];
    for (let index = 0; index < pointer.generation.chunks; index += 1) {
      const chunk = await this.#keychain.get(chunkName(pointer.generation, index));
      if (chunk === undefined) return undefined;
      chunks.push(chunk);
    }
    const text = Buffer.from(chunks.join(""), "base64");
    return digest(text) === pointer.sha256 ? text : undefined;
  }

  /** Some keyrings take an entry and give back another. */
  async #verify(pointer: Pointer): Promise<void> {
    const text = await this.#text(pointer);
    text?.fill(0);
    if (text === undefined) {
      throw new Refusal("keystore.refused", { fault: "The keychain does not give back what was stored in it" });
    }
  }

  /** Deletes the chunks that the journal names and no pointer needs, then the journal. */
  async #sweep(current: Pointer | undefined): Promise<void> {
    const entry = await this.#keychain.get(JOURNAL);
    if (entry === undefined) return;
    for (const generation of unpack(journalSchema, entry)?.generations ?? []) {
      if (generation.id !== current?.generation.id) await this.#deleteChunks(generation);
    }
    await this.#keychain.delete(JOURNAL);
  }

  async #deleteChunks(generation: Generation): Promise<void> {
    for (let index = 0; index < generation.chunks; index += 1) {
      await this.#keychain.delete(chunkName(generation, index));
    }
  }
}

function requireUnchanged(pointer: Pointer | undefined, from: Stamp | undefined): void {
  if ((pointer && stampOf(pointer)) !== from) throw new ConcurrentWrite();
}

/** Another program replaced the text in between: read it and try again. */
export class ConcurrentWrite extends Error {
  override readonly name = "ConcurrentWrite";
}

const INITIAL: Pointer = {
  version: 1,
  serial: 1,
  generation: { id: "0".repeat(32), chunks: 0 },
  sha256: digest(Buffer.alloc(0)),
};

const tooMuch = (chunks: number): Refusal =>
  new Refusal("keystore.refused", {
    value: `${chunks} entries`,
    fault: "There are too many identities",
    expected: `at most ${MAX_CHUNKS} entries`,
  });
