/**
 * One list on the disk, in a folder of its own: `list.json` says which segments count. A change writes new files, waits
 * until they are on the disk, and replaces `list.json`; killed at any moment, the old list is there or the new one, and
 * what was left behind is swept at the next opening.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { CanonicalUrl } from "../core/canonical-url.ts";
import { Refusal } from "../core/refusal.ts";
import { replaceFile, storageRefusal, sweep } from "./durable-file.ts";
import { lookUp, type Match } from "./lookup.ts";
import { Segment } from "./segment.ts";

const stateSchema = z.strictObject({
  version: z.literal(1),
  /** Of the release that the segments stand for. */
  number: z.int().min(1),
  issued: z.iso.datetime(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  entries: z.int().min(0),
  bad: z.int().min(0),
  /** The oldest first. */
  segments: z.array(z.string().regex(/^[0-9a-f-]{36}\.segment$/)).max(64),
});

export type ListState = z.infer<typeof stateSchema>;

const STATE = "list.json";
/** What an interrupted download has got so far. */
export const PARTIAL = /^[0-9a-f]{64}\.partial(?:\.etag)?$/;

export class ListStore {
  readonly folder: string;
  #state: ListState | undefined;
  /** The newest first. */
  #segments: readonly Segment[] = [];
  #damage: Refusal | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Never fails for what it finds: a damaged list is reported by `damage` and is empty until the next change.
   * @param readOnly leaves everything as it is: another process may be at work on it
   */
  static async open(folder: string, readOnly = false): Promise<ListStore> {
    const store = new ListStore(folder);
    try {
      if (!readOnly) await mkdir(folder, { recursive: true, mode: 0o700 });
      const state = await readState(join(folder, STATE));
      // Also of a damaged list the number counts: an older one is not taken instead.
      store.#state = state;
      store.#segments = await openAll(folder, state?.segments ?? []);
      if (readOnly) return store;
      await sweep(folder, (name) => name === STATE || PARTIAL.test(name) || (state?.segments.includes(name) ?? false));
    } catch (error) {
      store.#damage = error instanceof Refusal ? error : storageRefusal(folder, error);
    }
    return store;
  }

  get state(): ListState | undefined {
    return this.#state;
  }

  /** Why the stored list cannot be used; undefined for one that can, and where there is none. */
  get damage(): Refusal | undefined {
    return this.#damage;
  }

  /** Whether look-ups are answered from a list. */
  get usable(): boolean {
    return this.#state !== undefined && this.#damage === undefined;
  }

  /** Paths, the oldest first; none of a damaged list. */
  get segmentPaths(): readonly string[] {
    return this.usable ? this.#segments.map(({ path }) => path).reverse() : [];
  }

  /** Records of all segments, the oldest first. */
  get sizes(): readonly number[] {
    return this.#segments.map(({ header }) => header.records).reverse();
  }

  /** @throws Refusal `hostile.damaged` */
  match(url: CanonicalUrl): Match | undefined {
    return lookUp(this.#segments, url);
  }

  /** From now on the list counts as damaged. */
  markDamaged(why: Refusal): void {
    this.#damage = why;
  }

  /**
   * Makes a new state count, whose segments lie in the folder.
   * @throws Refusal `hostile.*`; the old state counts then
   */
  async commit(state: ListState): Promise<void> {
    const known = new Map(this.#segments.map((segment) => [segment.path, segment]));
    const wanted = state.segments.map((name) => join(this.folder, name));
    const fresh = new Map<string, Segment>();
    try {
      for (const path of wanted) if (!known.has(path)) fresh.set(path, await Segment.open(path));
      await replaceFile(join(this.folder, STATE), `${JSON.stringify(state, undefined, 2)}\n`);
    } catch (error) {
      for (const segment of fresh.values()) await segment.close();
      throw error;
    }
    this.#state = state;
    this.#damage = undefined;
    this.#segments = wanted.flatMap((path) => fresh.get(path) ?? known.get(path) ?? []).reverse();
    for (const [path, segment] of known) if (!wanted.includes(path)) await segment.close();
    await sweep(this.folder, (name) => name === STATE || state.segments.includes(name)).catch(() => undefined);
  }

  async close(): Promise<void> {
    for (const segment of this.#segments) await segment.close();
    this.#segments = [];
  }
}

async function readState(path: string): Promise<ListState | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw damagedState(path, error);
  });
  if (text === undefined) return undefined;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw damagedState(path, error);
  }
}

async function openAll(folder: string, names: readonly string[]): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  try {
    for (const name of names) segments.unshift(await Segment.open(join(folder, name)));
    return segments;
  } catch (error) {
    for (const segment of segments) await segment.close();
    throw error;
  }
}

function damagedState(path: string, cause: unknown): Refusal {
  const detail = { value: path, fault: "it is not as this program wrote it", expected: "the list's state" };
  return new Refusal("hostile.damaged", detail, { cause });
}
