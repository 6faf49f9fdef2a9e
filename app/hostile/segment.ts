/** Looks expressions up in a segment: the filter in memory, then the page on disk. */
import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { endianness } from "node:os";
import { Refusal } from "../core/refusal.ts";
import { BlockFilter } from "./filter.ts";
import {
  type Found,
  HASH_BYTES,
  PAGE_BYTES,
  pageIsWhole,
  parseHeader,
  RECORD_BYTES,
  readFound,
  recordsOn,
  type SegmentHeader,
} from "./segment-format.ts";

/** Read at a time, so that other work gets its turn in between. */
const CHUNK_BYTES = 2 ** 22;

export class Segment {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly #handle: FileHandle;
  readonly #filter: BlockFilter;
  readonly #fences: Uint32Array;
  readonly #page = Buffer.allocUnsafe(PAGE_BYTES);

  private constructor(path: string, handle: FileHandle, header: SegmentHeader, index: Uint32Array) {
    this.path = path;
    this.header = header;
    this.#handle = handle;
    this.#filter = new BlockFilter(index.subarray(0, header.filterWords));
    this.#fences = index.subarray(header.filterWords);
  }

  /** Reads filter and fences, checks them and the file's length. @throws Refusal `hostile.damaged` */
  static async open(path: string): Promise<Segment> {
    const handle = await open(path, "r").catch((error: unknown) => {
      throw damaged(path, "it cannot be opened", error);
    });
    try {
      const header = await readHeader(handle, path);
      return new Segment(path, handle, header, await readIndex(handle, header, path));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Whether there may be something under this key of a host or of a path of a host (keys.ts); false is certain. */
  mayHave(place: number, bits: number): boolean {
    return this.#filter.mayHave(place, bits);
  }

  /**
   * The record of an expression, from the disk.
   * @param hash of the expression
   * @throws Refusal `hostile.damaged`
   */
  find(hash: Buffer): Found | undefined {
    for (let page = this.#lastPageFrom(hash.readUInt32BE(0)); page >= 0; page -= 1) {
      const bytes = this.#read(page);
      const offset = search(bytes, recordsOn(page, this.header.records), hash);
      if (offset !== undefined) return readFound(bytes, offset);
      // Hashes that share their first four bytes may begin on the page before.
      if (hash.compare(bytes, 0, HASH_BYTES) > 0) return undefined;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** The last page whose first hash begins with these bytes or lower ones; -1 when there is none. */
  #lastPageFrom(prefix: number): number {
    const fences = this.#fences;
    let low = 0;
    let high = fences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((fences[middle] ?? 0) <= prefix) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #read(page: number): Buffer {
    const bytes = this.#page;
    let read = 0;
    try {
      read = readSync(this.#handle.fd, bytes, 0, PAGE_BYTES, (page + 1) * PAGE_BYTES);
    } catch (error) {
      throw damaged(this.path, `page ${page} cannot be read`, error);
    }
    if (read !== PAGE_BYTES || !pageIsWhole(bytes, page)) throw damaged(this.path, `page ${page} is not as written`);
    return bytes;
  }
}

/** Offset of the record with this hash. */
function search(page: Buffer, records: number, hash: Buffer): number | undefined {
  let low = 0;
  let high = records - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const offset = middle * RECORD_BYTES;
    const order = hash.compare(page, offset, offset + HASH_BYTES);
    if (order === 0) return offset;
    if (order < 0) high = middle - 1;
    else low = middle + 1;
  }
  return undefined;
}

async function readHeader(handle: FileHandle, path: string): Promise<SegmentHeader> {
  const bytes = Buffer.alloc(PAGE_BYTES);
  const { bytesRead } = await handle.read(bytes, 0, PAGE_BYTES, 0);
  const header = parseHeader(bytes.subarray(0, bytesRead));
  if (header === undefined) throw damaged(path, "its header is not as written");
  const { size } = await handle.stat();
  const expected = PAGE_BYTES * (1 + header.pages) + 4 * (header.filterWords + header.pages);
  if (size !== expected) throw damaged(path, `it has ${size} bytes instead of ${expected}`);
  return header;
}

async function readIndex(handle: FileHandle, header: SegmentHeader, path: string): Promise<Uint32Array> {
  if (endianness() !== "LE") throw damaged(path, "this processor's byte order is not the file's");
  const index = new Uint32Array(header.filterWords + header.pages);
  const bytes = Buffer.from(index.buffer);
  const digest = createHash("sha256");
  const start = PAGE_BYTES * (1 + header.pages);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(CHUNK_BYTES, bytes.length - at), start + at);
    if (bytesRead === 0) throw damaged(path, "it ends too early");
    digest.update(bytes.subarray(at, at + bytesRead));
    at += bytesRead;
  }
  if (digest.digest("hex") !== header.indexSha256) throw damaged(path, "its filter is not as written");
  return index;
}

function damaged(path: string, fault: string, cause?: unknown): Refusal {
  const detail = { value: path, fault, expected: "the file as this program wrote it" };
  return new Refusal("hostile.damaged", detail, cause === undefined ? {} : { cause });
}
