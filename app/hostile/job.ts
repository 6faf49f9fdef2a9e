/** What is done in a thread of its own: it takes seconds, and the event loop is not to wait. */
import { createHash, randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import type { ListFormat } from "../core/profile-hostile.ts";
import { Refusal } from "../core/refusal.ts";
import { storageRefusal } from "./durable-file.ts";
import { type Counts, readEntries } from "./formats.ts";
import { SegmentBuilder } from "./segment-builder.ts";
import { checkSegment, EarlierRecords, mergeSegments } from "./segment-merge.ts";

/** Makes a segment of a list's file or of a delta. */
export interface BuildJob {
  readonly kind: "build";
  readonly source: string;
  readonly size: number;
  readonly sha256: string;
  readonly format: ListFormat;
  readonly delta: boolean;
  /** For entries without a date: minutes since the epoch. */
  readonly since: number;
  /** Segments in use, the oldest first: what they have keeps its date. */
  readonly earlier: readonly string[];
  readonly into: string;
}

export type Job =
  | BuildJob
  | { readonly kind: "merge"; readonly paths: readonly string[]; readonly into: string }
  | { readonly kind: "check"; readonly paths: readonly string[] };

export interface JobResult {
  readonly records: number;
  readonly counts?: Counts;
}

/** A list with more entries is refused: twice what this is built for. */
const MOST_ENTRIES = 20_000_000;
/** So many bad lines are a slip; beyond that, every tenth is another format. */
const FEW_BAD = 20;

/** @throws Refusal `hostile.*`; what it was writing is deleted then */
export function runJob(job: Job): JobResult {
  if (job.kind === "check") {
    for (const path of job.paths) checkSegment(path);
    return { records: 0 };
  }
  try {
    return job.kind === "merge" ? { records: mergeSegments(job.paths, job.into).records } : build(job);
  } catch (error) {
    rmSync(job.into, { force: true });
    throw storageRefusal(job.into, error);
  }
}

function build(job: BuildJob): JobResult {
  requireWhole(job);
  const counts: Counts = { entries: 0, bad: 0, firstBad: [] };
  const undated = new EarlierRecords(job.earlier, job.since);
  const builder = new SegmentBuilder(job.into);
  try {
    for (const { since = 0, ...entry } of readEntries(textOf(job.source), job.format, counts, job.delta)) {
      if (counts.entries > MOST_ENTRIES) throw unreadable(job, `it has more than ${MOST_ENTRIES} entries`);
      builder.add({ ...entry, since });
    }
    if (counts.bad > FEW_BAD + counts.entries / 10) {
      throw unreadable(job, `${counts.bad} of its lines are no entries, for example line ${counts.firstBad[0] ?? ""}`);
    }
    return { records: builder.finish(undated).records, counts };
  } finally {
    undated.close();
    builder.discard();
  }
}

/** The file is the one that was signed for. */
function requireWhole(job: BuildJob): void {
  const digest = createHash("sha256");
  let size = 0;
  for (const piece of bytesOf(job.source)) {
    digest.update(piece);
    size += piece.length;
  }
  if (size !== job.size || digest.digest("hex") !== job.sha256) {
    throw unreadable(job, "it is not the file that the release names (size or SHA-256)");
  }
}

function* textOf(path: string): Generator<string> {
  const decoder = new StringDecoder("utf8");
  for (const piece of bytesOf(path)) yield decoder.write(piece);
  yield decoder.end();
}

function* bytesOf(path: string): Generator<Buffer> {
  const buffer = Buffer.allocUnsafe(2 ** 18);
  const descriptor = openSync(path, "r");
  try {
    for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer)) {
      yield buffer.subarray(0, read);
    }
  } finally {
    closeSync(descriptor);
  }
}

const unreadable = (job: BuildJob, fault: string): Refusal =>
  new Refusal("hostile.format", { value: job.source, fault, expected: `a list in the format ${job.format}` });

export const newSegmentName = (): string => `${randomUUID()}.segment`;
