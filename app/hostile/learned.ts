/**
 * What this machine has learned of impostors: one file for each key, so that the app and a command may write at the
 * same time, a damaged file costs one entry, and forgetting one is removing one.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Pin } from "../core/evidence.ts";
import { type Impostor, type ImpostorMemory, impostorSchema, type Sighting, withSighting } from "../core/impostor.ts";

/** More than a machine meets honestly. Whoever is refused under new keys again and again replaces the oldest. */
const MOST = 500;
/** Of one origin: one name that is attacked must not displace what is known of the others. */
const MOST_OF_ORIGIN = 50;

/** Larger files are not ours. */
const MAX_OCTETS = 256 * 1024;

const FILE = /^[0-9a-f]{64}\.json$/;

export interface LearnedOptions {
  /** Made when there is something to keep; only the user may read it. */
  readonly folder: string;
  /** Told of a file that cannot be read (it is set aside) or written (the entry holds until the program ends). */
  readonly trouble: (fault: string) => void;
  /** Told whenever an entry comes or goes. */
  readonly changed?: () => void;
}

export class LearnedImpostors implements ImpostorMemory {
  readonly #options: LearnedOptions;
  readonly #byKey = new Map<Pin, Impostor>();
  /** Keys whose file has been written or read: when it is gone, somebody has removed the entry. */
  readonly #kept = new Set<Pin>();
  #writing: Promise<void> = Promise.resolve();

  /** Reads what is there. Never throws. */
  constructor(options: LearnedOptions) {
    this.#options = options;
    for (const name of this.#files()) this.#read(name);
  }

  /** Newest first. */
  get list(): readonly Impostor[] {
    return [...this.#byKey.values()].filter(({ key }) => this.known(key)).sort((a, b) => b.last.localeCompare(a.last));
  }

  known(key: Pin): Impostor | undefined {
    const known = this.#byKey.get(key);
    // A command may have removed it while the app runs.
    if (known && this.#kept.has(key) && !existsSync(this.#path(key))) {
      this.#byKey.delete(key);
      this.#kept.delete(key);
      return undefined;
    }
    return known;
  }

  remember(sighting: Sighting): void {
    const impostor = withSighting(this.known(sighting.key), sighting);
    this.#byKey.set(sighting.key, impostor);
    const origin = sighting.appearance.origin;
    const ofOrigin = [...this.#byKey.values()].filter(({ appearances }) => appearances[0]?.origin === origin);
    for (const { key } of surplus(ofOrigin, MOST_OF_ORIGIN)) this.#drop(key);
    for (const { key } of surplus([...this.#byKey.values()], MOST)) this.#drop(key);
    this.#queue(() => this.#write(impostor));
    this.#options.changed?.();
  }

  /** @returns whether it was there */
  remove(key: Pin): boolean {
    const known = this.known(key) !== undefined;
    if (known) {
      this.#drop(key);
      this.#options.changed?.();
    }
    return known;
  }

  /** Until everything so far stands on the disk, as far as the disk takes it. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #drop(key: Pin): void {
    this.#byKey.delete(key);
    this.#kept.delete(key);
    this.#queue(() => rm(this.#path(key), { force: true }));
  }

  #queue(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch((error) => this.#options.trouble(messageOf(error)));
  }

  async #write(impostor: Impostor): Promise<void> {
    // What was removed meanwhile stays removed.
    if (this.#byKey.get(impostor.key) !== impostor) return;
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    const path = this.#path(impostor.key);
    const partial = `${path}.${randomBytes(8).toString("hex")}.part`;
    try {
      const file = await open(partial, "wx", 0o600);
      try {
        await file.writeFile(`${JSON.stringify(impostor, null, 1)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, path);
      this.#kept.add(impostor.key);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  #path(key: Pin): string {
    return join(this.#options.folder, fileOf(key));
  }

  #files(): readonly string[] {
    try {
      return readdirSync(this.#options.folder).filter((name) => this.#isOurs(name));
    } catch (error) {
      if (!isMissing(error)) this.#options.trouble(messageOf(error));
      return [];
    }
  }

  /** Also sweeps what a write that was cut off has left. */
  #isOurs(name: string): boolean {
    if (name.endsWith(".part")) rmSync(join(this.#options.folder, name), { force: true });
    return FILE.test(name);
  }

  #read(name: string): void {
    const path = join(this.#options.folder, name);
    try {
      const octets = readFileSync(path);
      if (octets.length > MAX_OCTETS) throw new Error("larger than any entry");
      const impostor = impostorSchema.parse(JSON.parse(octets.toString("utf8")));
      if (fileOf(impostor.key) !== name) throw new Error("the entry of another key");
      this.#byKey.set(impostor.key, impostor);
      this.#kept.add(impostor.key);
    } catch (error) {
      this.#options.trouble(`${path} is damaged and set aside: ${messageOf(error)}`);
      this.#setAside(path);
    }
  }

  #setAside(path: string): void {
    try {
      renameSync(path, `${path}.damaged`);
    } catch (error) {
      this.#options.trouble(messageOf(error));
    }
  }
}

/** What is handed to IT. */
export interface ImpostorExport {
  readonly format: "countersign-impostors";
  readonly version: 1;
  /** ISO 8601, UTC. */
  readonly exported: string;
  readonly impostors: readonly Impostor[];
}

/** @param now milliseconds since the epoch */
export function impostorExport(impostors: readonly Impostor[], now: number): ImpostorExport {
  return { format: "countersign-impostors", version: 1, exported: new Date(now).toISOString(), impostors };
}

/** The oldest beyond `most`. */
function surplus(impostors: readonly Impostor[], most: number): readonly Impostor[] {
  if (impostors.length <= most) return [];
  return [...impostors].sort((a, b) => a.last.localeCompare(b.last)).slice(0, impostors.length - most);
}

/** The key has characters that no file name should have. */
function fileOf(key: Pin): string {
  return `${createHash("sha256").update(key).digest("hex")}.json`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
