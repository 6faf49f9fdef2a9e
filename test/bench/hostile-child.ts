/**
 * One subject of the bench of hostile lists, in a process of its own: builds or opens what it looks up in, and says what
 * that costs. The peers get what ours works out for itself: the expressions of each address.
 */
import { createHash } from "node:crypto";
import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import sqlite from "node-sqlite3-wasm";
import { type CanonicalUrl, canonicalUrl } from "../../app/core/canonical-url.ts";
import { EVERYTHING_ABOVE, expressionsOf } from "../../app/core/url-expressions.ts";
import { fileSource } from "../../app/hostile/file-source.ts";
import { ListStore } from "../../app/hostile/list-store.ts";
import { threadRunner } from "../../app/hostile/thread.ts";
import { updateList } from "../../app/hostile/update.ts";
import { answer, inputOf } from "./child-side.ts";
import { cleanUrls, entryOf, listText } from "./hostile-entries.ts";
import { signedRelease } from "./hostile-release.ts";

interface Input {
  readonly subject: "build" | "ours" | "delta" | "set" | "prefixes" | "sqlite";
  readonly entries: number;
  readonly folder: string;
  /** Bundle of app/hostile/worker.ts. */
  readonly worker: string;
}

const CLEAN = 100_000;
/** Peers that hash every expression take a hundred times as long. */
const CLEAN_OF_PEERS = 5_000;
const DELTA = 100_000;
const input = await inputOf<Input>();
// Room for the peers; what they take is measured.
setFlagsFromString("--max-old-space-size=3900");
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const { entries, folder } = input;
const release = join(folder, "release.json");
const store = join(folder, "store");
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

interface Times {
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
}

function timesOf(count: number, lookUp: (index: number) => boolean): Times {
  const times = new Float64Array(count);
  // The last of three rounds counts: the compiler has seen it all by then.
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < count; index += 1) {
      const start = process.hrtime.bigint();
      if (lookUp(index)) throw new Error(`clean address ${index} is called listed`);
      times[index] = Number(process.hrtime.bigint() - start) / 1000;
    }
  }
  times.sort();
  return { p50: times[count / 2] ?? 0, p99: times[Math.floor(count * 0.99)] ?? 0 };
}

/** Resident memory, MiB, after what can be collected is. */
function resident(): number {
  for (let round = 0; round < 3; round += 1) collect();
  return process.memoryUsage().rss / 2 ** 20;
}

/** Memory of a subject besides the process's own, and the times of its answers. */
async function measure(open: () => Promise<(url: CanonicalUrl) => boolean>) {
  const count = input.subject === "ours" ? CLEAN : CLEAN_OF_PEERS;
  const urls = cleanUrls(count);
  const canonical = urls.map(canonicalUrl);
  const texts = urls.map(({ href }) => href);
  const before = resident();
  const start = now();
  const lookUp = await open();
  const ready = now() - start;
  const memory = resident() - before;
  for (let index = 0; index < entries; index += Math.ceil(entries / 1000)) {
    const { host, path } = entryOf(index);
    if (!lookUp(canonicalUrl(new URL(`https://www.${host}${path}`)))) throw new Error(`entry ${index} is missed`);
  }
  return {
    ready,
    memory,
    lookup: timesOf(count, (index) => lookUp(canonical[index] as CanonicalUrl)),
    whole: timesOf(count, (index) => lookUp(canonicalUrl(new URL(texts[index] ?? "")))),
  };
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
const expressions = (url: CanonicalUrl): readonly string[] => expressionsOf(url, EVERYTHING_ABOVE);

async function publish(number: number, delta?: { readonly from: number; readonly text: string }): Promise<string> {
  const file = join(folder, "list.txt");
  if (number === 1) await pipeline(Readable.from(listText(entries)), createWriteStream(file));
  if (delta !== undefined) writeFileSync(join(folder, "delta.txt"), delta.text);
  const keyFile = join(folder, "key.pem");
  return signedRelease({ folder, release, keyFile, number, ...(delta === undefined ? {} : { delta: delta.from }) });
}

const parts = (publicKey: string) => ({
  list: { id: "bench", format: "lines", publicKey } as const,
  source: fileSource(release),
  runner: threadRunner(input.worker),
  signal: new AbortController().signal,
});

async function build() {
  const publicKey = await publish(1);
  const list = await ListStore.open(store);
  const start = now();
  await updateList(list, parts(publicKey));
  const seconds = (now() - start) / 1000;
  await list.close();
  return { seconds };
}

async function delta() {
  const add = Array.from({ length: DELTA / 2 }, (_, index) => `+new${index}.test`);
  const remove = Array.from({ length: DELTA / 2 }, (_, index) => entryOf(index)).map(
    ({ host, path }) => `-${host}${path}`,
  );
  const publicKey = await publish(2, { from: 1, text: [...add, ...remove].join("\n") });
  const list = await ListStore.open(store);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = now();
  await updateList(list, parts(publicKey));
  const seconds = (now() - start) / 1000;
  delay.disable();
  if (list.state?.number !== 2) throw new Error("the delta was not taken");
  await list.close();
  return { seconds, blocked: delay.max / 1e6 };
}

function prefixes(): BigUint64Array {
  const sorted = new BigUint64Array(entries);
  for (let index = 0; index < entries; index += 1) {
    const { host, path } = entryOf(index);
    sorted[index] = sha256(host + path).readBigUInt64BE();
  }
  return sorted.sort();
}

function holds(sorted: BigUint64Array, wanted: bigint): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0n) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}

function openDatabase(): (url: CanonicalUrl) => boolean {
  const database = new sqlite.Database(join(folder, "list.sqlite"));
  database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -20000");
  database.exec("CREATE TABLE entry (hash BLOB PRIMARY KEY) WITHOUT ROWID; BEGIN");
  const insert = database.prepare("INSERT INTO entry VALUES (?)");
  const bytes = Buffer.alloc(8);
  for (const prefix of prefixes()) {
    bytes.writeBigUInt64BE(prefix);
    insert.run([new Uint8Array(bytes)]);
  }
  insert.finalize();
  database.exec("COMMIT");
  const select = database.prepare("SELECT 1 FROM entry WHERE hash = ?");
  return (url) => expressions(url).some((each) => select.get([new Uint8Array(sha256(each).subarray(0, 8))]) !== null);
}

const subjects = {
  build,
  delta,
  ours: () =>
    measure(async () => {
      const list = await ListStore.open(store);
      return (url) => list.match(url) !== undefined;
    }),
  set: () =>
    measure(async () => {
      const set = new Set<string>();
      for (let index = 0; index < entries; index += 1) {
        const { host, path } = entryOf(index);
        set.add(host + path);
      }
      return (url) => expressions(url).some((each) => set.has(each));
    }),
  prefixes: () =>
    measure(async () => {
      const sorted = prefixes();
      return (url) => expressions(url).some((each) => holds(sorted, sha256(each).readBigUInt64BE()));
    }),
  sqlite: () => measure(async () => openDatabase()),
};

answer(await subjects[input.subject]());
