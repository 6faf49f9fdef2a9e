/**
 * A segment: an immutable file of records, sorted by hash, in pages with checksums, with its filter and the first hash of
 * every page. All numbers are little-endian.
 *
 *   header   4096 bytes: JSON (segmentHeader), padded with spaces
 *   pages    4096 bytes each: 85 records, then CRC-32 of these and of the page's number
 *   filter   Uint32 words (filter.ts)
 *   fences   Uint32 for each page: the first four bytes of its first record's hash, big-endian value
 */
import { crc32 } from "node:zlib";
import { z } from "zod";
import { hostBits, hostPlace, pathKey } from "./keys.ts";

export const PAGE_BYTES = 4096;
export const HASH_BYTES = 32;
/** Hash, place and bits of the host's key, key of the path, time. */
export const RECORD_BYTES = HASH_BYTES + 4 * 4;
export const RECORDS_PER_PAGE = Math.floor((PAGE_BYTES - 8) / RECORD_BYTES);
const CRC_OFFSET = RECORDS_PER_PAGE * RECORD_BYTES;

const count = z.int().min(0).max(0xffff_ffff);

const segmentHeader = z.strictObject({
  format: z.literal("countersign-hostile-1"),
  records: count,
  /** Keys the filter holds at most. */
  keys: count,
  pages: count,
  filterWords: count,
  /** SHA-256 of filter and fences, lower-case hex. */
  indexSha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** SHA-256 of all pages. */
  pagesSha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type SegmentHeader = z.infer<typeof segmentHeader>;

/** @param bytes the first page of a segment; undefined for anything else */
export function parseHeader(bytes: Buffer): SegmentHeader | undefined {
  try {
    return segmentHeader.parse(JSON.parse(bytes.toString("latin1")));
  } catch {
    return undefined;
  }
}

/** One expression of a list. */
export interface Entry {
  readonly host: string;
  /** Path with query; `/` for the whole host. */
  readonly path: string;
  /** Minutes since the epoch since which it has been listed. */
  readonly since: number;
  /** The expression is no longer listed: it hides those in older segments. */
  readonly removed?: boolean;
}

const REMOVED = 0x8000_0000;

/** Writes an entry's record at `offset`. */
export function writeRecord(into: Buffer, offset: number, entry: Entry, hash: Buffer): void {
  hash.copy(into, offset);
  into.writeUInt32LE(hostPlace(entry.host), offset + HASH_BYTES);
  into.writeUInt32LE(hostBits(entry.host), offset + HASH_BYTES + 4);
  into.writeUInt32LE(pathKey(entry.path), offset + HASH_BYTES + 8);
  into.writeUInt32LE((entry.since % REMOVED) + (entry.removed === true ? REMOVED : 0), offset + HASH_BYTES + 12);
}

export interface Found {
  /** Minutes since the epoch. */
  readonly since: number;
  readonly removed: boolean;
}

export function readFound(from: Buffer, offset: number): Found {
  const time = from.readUInt32LE(offset + HASH_BYTES + 12);
  return { since: time % REMOVED, removed: time >= REMOVED };
}

/** Dates a record that has none. */
export function dateRecord(records: Buffer, offset: number, since: number): void {
  const { removed } = readFound(records, offset);
  records.writeUInt32LE((since % REMOVED) + (removed ? REMOVED : 0), offset + HASH_BYTES + 12);
}

export const hostPlaceOf = (from: Buffer, offset: number): number => from.readUInt32LE(offset + HASH_BYTES);
export const hostBitsOf = (from: Buffer, offset: number): number => from.readUInt32LE(offset + HASH_BYTES + 4);
export const pathKeyOf = (from: Buffer, offset: number): number => from.readUInt32LE(offset + HASH_BYTES + 8);

/** Completes a page whose first records are written. */
export function sealPage(page: Buffer, number: number, records: number): void {
  page.fill(0, records * RECORD_BYTES);
  page.writeUInt32LE(number, CRC_OFFSET + 4);
  page.writeUInt32LE(pageChecksum(page), CRC_OFFSET);
}

export function pageIsWhole(page: Buffer, number: number): boolean {
  return page.readUInt32LE(CRC_OFFSET) === pageChecksum(page) && page.readUInt32LE(CRC_OFFSET + 4) === number;
}

function pageChecksum(page: Buffer): number {
  return crc32(page.subarray(CRC_OFFSET + 4, CRC_OFFSET + 8), crc32(page.subarray(0, CRC_OFFSET)));
}

/** How many records of a segment are on a page. */
export function recordsOn(page: number, records: number): number {
  return Math.min(RECORDS_PER_PAGE, records - page * RECORDS_PER_PAGE);
}
