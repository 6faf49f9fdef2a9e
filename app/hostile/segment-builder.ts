/**
 * Makes a segment of entries in any order, with little memory however many there are: records go to one of 256 parts by
 * the first byte of their hash, full parts to a file beside, and each part is sorted by itself.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { expressionHash } from "./keys.ts";
import { type Entry, HASH_BYTES, RECORD_BYTES, type SegmentHeader, writeRecord } from "./segment-format.ts";
import { SegmentWriter } from "./segment-writer.ts";

const PARTS = 256;
const RECORDS_IN_MEMORY = 1024;

/** Gives dates to records that come in ascending order of their hashes. */
export interface RecordDates {
  complete(records: Buffer, offset: number): void;
}

interface Part {
  readonly buffer: Buffer;
  used: number;
  /** Where earlier records of this part lie in the file. */
  readonly spilled: number[];
}

export class SegmentBuilder {
  readonly #path: string;
  readonly #spillPath: string;
  readonly #parts: (Part | undefined)[] = Array.from({ length: PARTS }, () => undefined);
  #spill: number | undefined;
  #spillEnd = 0;
  #entries = 0;
  #keys = 0;

  /** @param path of the segment to be made */
  constructor(path: string) {
    this.#path = path;
    this.#spillPath = `${path}.parts`;
  }

  /** Of entries with the same expression the last counts. */
  add(entry: Entry): void {
    const hash = expressionHash(entry.host, entry.path);
    const part = this.#part(hash[0] ?? 0);
    writeRecord(part.buffer, part.used * RECORD_BYTES, entry, hash);
    part.used += 1;
    this.#entries += 1;
    this.#keys += entry.path === "/" ? 1 : 2;
    if (part.used === RECORDS_IN_MEMORY) this.#spillPart(part);
  }

  /**
   * Writes the segment.
   * @param dates gives records without a time theirs
   */
  finish(dates?: RecordDates): SegmentHeader {
    const writer = new SegmentWriter(this.#path, { records: this.#entries, keys: this.#keys });
    try {
      for (const part of this.#parts) if (part !== undefined) addSorted(this.#recordsOf(part), writer, dates);
      return writer.finish();
    } finally {
      writer.close();
      this.discard();
    }
  }

  /** Deletes what lies beside the segment. */
  discard(): void {
    if (this.#spill === undefined) return;
    closeSync(this.#spill);
    rmSync(this.#spillPath, { force: true });
    this.#spill = undefined;
  }

  #part(index: number): Part {
    const existing = this.#parts[index];
    if (existing !== undefined) return existing;
    const part = { buffer: Buffer.allocUnsafe(RECORDS_IN_MEMORY * RECORD_BYTES), used: 0, spilled: [] };
    this.#parts[index] = part;
    return part;
  }

  #spillPart(part: Part): void {
    this.#spill ??= openSync(this.#spillPath, "wx+", 0o600);
    for (let at = 0; at < part.buffer.length; ) {
      at += writeSync(this.#spill, part.buffer, at, part.buffer.length - at, this.#spillEnd + at);
    }
    part.spilled.push(this.#spillEnd);
    this.#spillEnd += part.buffer.length;
    part.used = 0;
  }

  #recordsOf({ buffer, used, spilled }: Part): Buffer {
    const bytes = Buffer.allocUnsafe(spilled.length * buffer.length + used * RECORD_BYTES);
    for (const [index, position] of spilled.entries()) {
      const start = index * buffer.length;
      const read = readSync(this.#spill ?? -1, bytes, start, buffer.length, position);
      if (read !== buffer.length) throw new Error(`${this.#spillPath} is shorter than what was written to it`);
    }
    buffer.copy(bytes, spilled.length * buffer.length, 0, used * RECORD_BYTES);
    return bytes;
  }
}

/** Positions below this fit beside 32 bits of a hash into a number's 53 bits. */
const POSITIONS = 2 ** 21;

/** Adds a part's records in the order of their hashes, of equal ones the last. */
function addSorted(records: Buffer, writer: SegmentWriter, dates: RecordDates | undefined): void {
  const total = records.length / RECORD_BYTES;
  if (total > POSITIONS) throw new Error(`a part has ${total} records, more than ${POSITIONS}`);
  // The first byte is the same in all of a part; sorting numbers is many times faster than comparing hashes.
  const order = new Float64Array(total);
  for (let index = 0; index < total; index += 1) {
    order[index] = records.readUInt32BE(index * RECORD_BYTES + 1) * POSITIONS + index;
  }
  order.sort();
  for (let start = 0; start < total; ) {
    const prefix = Math.floor((order[start] ?? 0) / POSITIONS);
    let end = start + 1;
    while (end < total && Math.floor((order[end] ?? 0) / POSITIONS) === prefix) end += 1;
    const offsets = Array.from(order.subarray(start, end), (each) => (each % POSITIONS) * RECORD_BYTES);
    for (const offset of offsets.length === 1 ? offsets : distinct(records, offsets)) {
      dates?.complete(records, offset);
      writer.add(records, offset);
    }
    start = end;
  }
}

function distinct(records: Buffer, offsets: readonly number[]): readonly number[] {
  const compare = (one: number, other: number) =>
    records.compare(records, other, other + HASH_BYTES, one, one + HASH_BYTES);
  const sorted = offsets.toSorted((one, other) => compare(one, other) || one - other);
  return sorted.filter((offset, index) => {
    const next = sorted[index + 1];
    return next === undefined || compare(offset, next) !== 0;
  });
}
