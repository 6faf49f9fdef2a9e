/** Releases of hostile lists, signed as IT would, in a folder. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { HostileList, ListFormat } from "../../app/core/profile-hostile.ts";
import { type Job, type JobResult, runJob } from "../../app/hostile/job.ts";
import { type JobRunner, threadRunner } from "../../app/hostile/thread.ts";

export function keyPair(kind: "ed25519" | "p256" = "ed25519"): {
  readonly publicKey: string;
  readonly privateKey: KeyObject;
} {
  const pair = kind === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { publicKey: pair.publicKey.export({ type: "spki", format: "pem" }).toString(), privateKey: pair.privateKey };
}

export interface ReleaseContent {
  readonly number: number;
  readonly list: string;
  readonly issued?: string;
  readonly id?: string;
  readonly delta?: { readonly from: number; readonly text: string };
}

/** A folder with a release in it and a folder for a store, gone at `remove`. */
export class ReleaseFolder {
  readonly root = mkdtempSync(join(tmpdir(), "countersign-hostile-"));
  readonly store = join(this.root, "store");
  readonly release = join(this.root, "release.json");
  readonly keys: ReturnType<typeof keyPair>;

  constructor(kind: "ed25519" | "p256" = "ed25519") {
    this.keys = keyPair(kind);
  }

  list(format: ListFormat = "lines"): Pick<HostileList, "id" | "format" | "publicKey"> {
    return { id: "test", format, publicKey: this.keys.publicKey };
  }

  publish(content: ReleaseContent, privateKey = this.keys.privateKey): void {
    const {
      number,
      list,
      delta,
      issued = `2026-11-${String(number).padStart(2, "0")}T00:00:00Z`,
      id = "test",
    } = content;
    const deltas = delta === undefined ? [] : [{ from: delta.from, ...this.#file(`delta-${number}.txt`, delta.text) }];
    const release = { version: 1, id, number, issued, list: this.#file(`list-${number}.txt`, list), deltas };
    this.publishRaw(JSON.stringify(release), privateKey);
  }

  publishRaw(text: string, privateKey = this.keys.privateKey): void {
    const digest = privateKey.asymmetricKeyType === "ed25519" ? null : "sha256";
    writeFileSync(this.release, text);
    writeFileSync(`${this.release}.sig`, sign(digest, Buffer.from(text), privateKey));
  }

  #file(name: string, text: string): { readonly name: string; readonly size: number; readonly sha256: string } {
    writeFileSync(join(this.root, name), text);
    return { name, size: Buffer.byteLength(text), sha256: createHash("sha256").update(text).digest("hex") };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** For updates that nobody gives up. */
export const NEVER: AbortSignal = new AbortController().signal;

/** Runs jobs at once; for tests that are not about threads. */
export const sameThread: JobRunner = async (job: Job): Promise<JobResult> => runJob(job);

/** Runs jobs in a thread as the app does, from the source. */
export function sourceThread(): JobRunner {
  const script = new URL("../../app/hostile/worker.ts", import.meta.url);
  return threadRunner(new URL(`data:text/javascript,${encodeURIComponent(loader(script.href))}`));
}

const loader = (script: string): string =>
  `import { register } from ${JSON.stringify(pathToFileURL(join(process.cwd(), "node_modules/tsx/dist/esm/api/index.mjs")).href)};` +
  `register(); await import(${JSON.stringify(script)});`;
