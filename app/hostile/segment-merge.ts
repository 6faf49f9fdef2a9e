/** Makes one segment of several: what is newer hides what is older. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { Refusal } from "../core/refusal.ts";
import {
  dateRecord,
  HASH_BYTES,
  PAGE_BYTES,
  pageIsWhole,
  parseHeader,
  RECORD_BYTES,
  readFound,
  recordsOn,
  type SegmentHeader,
} from "./segment-format.ts";
import { SegmentWriter } from "./segment-writer.ts";

const PAGES_AT_ONCE = 64;

/**
 * @param paths of the segments, the oldest first; it must be a list's oldest, since removals are not carried on
 * @param into is created
 * @throws Refusal `hostile.damaged` when a segment is not as it was written
 */
export function mergeSegments(paths: readonly string[], into: string): SegmentHeader {
  const cursors = paths.map((path) => new Cursor(path)).reverse();
  const sum = (key: "records" | "keys") => cursors.reduce((total, { header }) => total + header[key], 0);
  const writer = new SegmentWriter(into, { records: sum("records"), keys: sum("keys") });
  try {
    for (let newest = lowest(cursors); newest !== undefined; newest = lowest(cursors)) {
      if (!readFound(newest.bytes, newest.offset).removed) writer.add(newest.bytes, newest.offset);
      for (const other of cursors) if (other !== newest && other.compare(newest) === 0) other.advance();
      newest.advance();
    }
    return writer.finish();
  } finally {
    writer.close();
    for (const cursor of cursors) cursor.close();
  }
}

/** The cursor at the lowest hash; of several the newest segment's, which comes first. */
function lowest(cursors: readonly Cursor[]): Cursor | undefined {
  let best: Cursor | undefined;
  for (const cursor of cursors) {
    if (!cursor.done && (best === undefined || cursor.compare(best) < 0)) best = cursor;
  }
  return best;
}

/** Records that have no time keep the one that the list's segments have, or get that of the release. */
export class EarlierRecords {
  readonly #cursors: readonly Cursor[];
  readonly #since: number;

  /** @param paths the oldest first */
  constructor(paths: readonly string[], since: number) {
    this.#cursors = paths.map((path) => new Cursor(path)).reverse();
    this.#since = since;
  }

  /** To be called in ascending order of the hashes. */
  complete(records: Buffer, offset: number): void {
    if (readFound(records, offset).since !== 0) return;
    let since: number | undefined;
    for (const cursor of this.#cursors) {
      while (!cursor.done && cursor.compareTo(records, offset) < 0) cursor.advance();
      if (since !== undefined || cursor.done || cursor.compareTo(records, offset) !== 0) continue;
      const found = readFound(cursor.bytes, cursor.offset);
      since = found.removed ? this.#since : found.since;
    }
    dateRecord(records, offset, since ?? this.#since);
  }

  close(): void {
    for (const cursor of this.#cursors) cursor.close();
  }
}

/** Checks every page of a segment against its checksums. @throws Refusal `hostile.damaged` */
export function checkSegment(path: string): void {
  const cursor = new Cursor(path);
  try {
    while (!cursor.done) cursor.nextPage();
  } finally {
    cursor.close();
  }
}

class Cursor {
  readonly header: SegmentHeader;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #digest = createHash("sha256");
  bytes: Buffer = Buffer.alloc(0);
  offset = 0;
  #loaded = 0;
  #page = -1;
  #left = 0;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, "r");
    const head = Buffer.alloc(PAGE_BYTES);
    readSync(this.#descriptor, head, 0, PAGE_BYTES, 0);
    const header = parseHeader(head);
    if (header === undefined) throw this.#damaged("its header is not as written");
    this.header = header;
    this.nextPage();
  }

  get done(): boolean {
    return this.#left === 0;
  }

  compare(other: Cursor): number {
    return this.done ? 1 : this.compareTo(other.bytes, other.offset);
  }

  compareTo(records: Buffer, offset: number): number {
    return this.bytes.compare(records, offset, offset + HASH_BYTES, this.offset, this.offset + HASH_BYTES);
  }

  advance(): void {
    this.#left -= 1;
    this.offset += RECORD_BYTES;
    if (this.#left === 0) this.nextPage();
  }

  nextPage(): void {
    this.#page += 1;
    this.#left = 0;
    if (this.#page === this.header.pages) {
      if (this.#digest.digest("hex") !== this.header.pagesSha256) throw this.#damaged("its pages are not as written");
      return;
    }
    if (this.#page >= this.header.pages) return;
    if (this.#page === this.#loaded) this.#load();
    this.offset = (this.#page % PAGES_AT_ONCE) * PAGE_BYTES;
    const page = this.bytes.subarray(this.offset, this.offset + PAGE_BYTES);
    if (!pageIsWhole(page, this.#page)) throw this.#damaged(`page ${this.#page} is not as written`);
    this.#left = recordsOn(this.#page, this.header.records);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #load(): void {
    const pages = Math.min(PAGES_AT_ONCE, this.header.pages - this.#page);
    this.bytes = Buffer.alloc(pages * PAGE_BYTES);
    const read = readSync(this.#descriptor, this.bytes, 0, this.bytes.length, (this.#page + 1) * PAGE_BYTES);
    if (read !== this.bytes.length) throw this.#damaged("it ends too early");
    this.#digest.update(this.bytes);
    this.#loaded += pages;
  }

  #damaged(fault: string): Refusal {
    return new Refusal("hostile.damaged", { value: this.#path, fault, expected: "the file as this program wrote it" });
  }
}
