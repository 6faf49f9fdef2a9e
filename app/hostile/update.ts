/** Brings a stored list up to its source's release. */
import { createWriteStream } from "node:fs";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ListSource } from "../core/hostile-source.ts";
import type { HostileList } from "../core/profile-hostile.ts";
import { Refusal } from "../core/refusal.ts";
import { replaceFile, storageRefusal, sweep } from "./durable-file.ts";
import { newSegmentName } from "./job.ts";
import { type ListState, type ListStore, PARTIAL } from "./list-store.ts";
import { type Release, type ReleaseFile, readRelease } from "./release.ts";
import type { JobRunner } from "./thread.ts";

const MOST_RELEASE_BYTES = 65_536;
const MOST_SIGNATURE_BYTES = 1_024;
/** Deltas are merged into the list when there are more of them, or when they have grown to a tenth of it. */
const MOST_SEGMENTS = 8;

export interface UpdateParts {
  readonly list: Pick<HostileList, "id" | "format" | "publicKey">;
  readonly source: ListSource;
  readonly runner: JobRunner;
  /** Gives the update up; the stored list is as it was then. */
  readonly signal: AbortSignal;
}

/**
 * @returns whether the list has changed
 * @throws Refusal; the stored list is as it was
 */
export async function updateList(store: ListStore, parts: UpdateParts): Promise<boolean> {
  const { list, source, signal } = parts;
  const bytes = await fetchSmall(source, undefined, MOST_RELEASE_BYTES, signal);
  const signature = await fetchSmall(source, ".sig", MOST_SIGNATURE_BYTES, signal);
  const release = readRelease(bytes, signature, list.publicKey, list.id);
  const { state } = store;
  if (state !== undefined) requireNotOlder(state, release);
  if (state !== undefined && store.usable && state.number === release.number) return confirm(store, state, release);
  const delta = store.usable ? release.deltas.find(({ from }) => from === state?.number) : undefined;
  await takeFile(store, parts, release, delta);
  await mergeWhenMany(store, parts);
  return true;
}

function requireNotOlder(state: ListState, { number, issued, list }: Release): void {
  const older = number < state.number || (number === state.number && issued < state.issued);
  const other = number === state.number && list.sha256 !== state.sha256;
  if (!older && !other) return;
  throw new Refusal("hostile.older", {
    value: `number ${number} of ${issued}`,
    fault: other ? "another list bears the number of the one in use" : "it is older than the list in use",
    expected: `a number above ${state.number}`,
  });
}

/** The list has not changed, and is known to be of today. */
async function confirm(store: ListStore, state: ListState, { issued }: Release): Promise<boolean> {
  if (issued !== state.issued) await store.commit({ ...state, issued });
  return false;
}

async function takeFile(
  store: ListStore,
  { list, source, runner, signal }: UpdateParts,
  release: Release,
  delta: ReleaseFile | undefined,
): Promise<void> {
  const file = delta ?? release.list;
  const path = await download(store.folder, source, file, signal);
  const segment = newSegmentName();
  const kept = delta === undefined ? [] : (store.state?.segments ?? []);
  const job = {
    kind: "build",
    source: path,
    size: file.size,
    sha256: file.sha256,
    format: delta === undefined ? list.format : "lines",
    delta: delta !== undefined,
    since: Math.floor(Date.parse(release.issued) / 60_000),
    earlier: store.segmentPaths,
    into: join(store.folder, segment),
  } as const;
  const { counts, records } = await runner(job, signal).catch(async (error: unknown) => {
    // What is not the file that was signed for would only be continued the next time.
    if (!signal.aborted) await discard(path);
    throw error;
  });
  await store.commit({
    version: 1,
    number: release.number,
    issued: release.issued,
    sha256: release.list.sha256,
    entries: delta === undefined ? records : (store.state?.entries ?? 0) + records,
    bad: counts?.bad ?? 0,
    segments: [...kept, segment],
  });
}

async function mergeWhenMany(store: ListStore, { runner, signal }: UpdateParts): Promise<void> {
  const { state, sizes } = store;
  const [oldest = 0, ...deltas] = sizes;
  const grown = deltas.reduce((sum, each) => sum + each, 0);
  if (state === undefined || (deltas.length < MOST_SEGMENTS && grown * 10 <= oldest)) return;
  const segment = newSegmentName();
  const { records } = await runner(
    { kind: "merge", paths: store.segmentPaths, into: join(store.folder, segment) },
    signal,
  );
  await store.commit({ ...state, entries: records, segments: [segment] });
}

/** Gets a file, continuing where an earlier attempt ended. @returns its path */
async function download(
  folder: string,
  source: ListSource,
  { name, size, sha256 }: ReleaseFile,
  signal: AbortSignal,
): Promise<string> {
  const path = join(folder, `${sha256}.partial`);
  // Of other releases' files nothing is of use any more.
  await sweep(folder, (each) => !PARTIAL.test(each) || each.startsWith(sha256));
  const offset = await sizeOf(path);
  if (offset === size) return path;
  if (offset > size) await discard(path);
  const known = await readFile(`${path}.etag`, "utf8").catch(() => undefined);
  const from = offset > size ? { offset: 0 } : { offset, ...(known === undefined ? {} : { etag: known }) };
  const part = await source.fetch(name, { ...from, signal });
  if (part.etag !== undefined && part.etag !== known) await replaceFile(`${path}.etag`, part.etag);
  const flags = part.offset === 0 ? "w" : "a";
  if (part.offset !== 0 && part.offset !== offset) throw wrongSize(name, `it was continued at ${part.offset}`, offset);
  await pipeline(
    atMost(part.body, size - part.offset, name),
    createWriteStream(path, { flags, mode: 0o600, flush: true }),
    { signal },
  ).catch((error: unknown) => {
    throw isWriteError(error) ? storageRefusal(path, error) : error;
  });
  if ((await sizeOf(path)) !== size) throw wrongSize(name, "it ended too early", size);
  return path;
}

async function* atMost(body: AsyncIterable<Buffer>, most: number, name: string): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const piece of body) {
    total += piece.length;
    if (total > most) throw wrongSize(name, "it is longer than the release says", most);
    yield piece;
  }
}

const isWriteError = (error: unknown): boolean => error instanceof Error && "syscall" in error && "path" in error;

function wrongSize(name: string, fault: string, expected: number): Refusal {
  return new Refusal("hostile.fetch", { value: name, fault, expected: `${expected} bytes` });
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function discard(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}.etag`, { force: true });
}

async function fetchSmall(
  source: ListSource,
  suffix: ".sig" | undefined,
  most: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const { body } = await source.fetch(suffix, { offset: 0, signal });
  for await (const piece of atMost(body, most, suffix ?? "release")) pieces.push(piece);
  return Buffer.concat(pieces);
}
