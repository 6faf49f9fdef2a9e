/** Writes segments. Synchronous: it runs in a thread of its own (worker.ts). */
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { BlockFilter } from "./filter.ts";
import { pathBits, pathPlace, WHOLE_HOST } from "./keys.ts";
import {
  hostBitsOf,
  hostPlaceOf,
  PAGE_BYTES,
  pathKeyOf,
  RECORD_BYTES,
  RECORDS_PER_PAGE,
  type SegmentHeader,
  sealPage,
} from "./segment-format.ts";

const PAGES_AT_ONCE = 256;

/** Takes records in ascending order of their hashes, each hash once, and writes the segment. */
export class SegmentWriter {
  readonly #descriptor: number;
  readonly #filter: BlockFilter;
  readonly #fences: Uint32Array;
  readonly #pages = Buffer.alloc(PAGES_AT_ONCE * PAGE_BYTES);
  readonly #digest = createHash("sha256");
  readonly #keys: number;
  #records = 0;
  #pageCount = 0;
  #onPage = 0;
  /** Complete pages that are not in the file yet. */
  #buffered = 0;
  #position = PAGE_BYTES;
  #closed = false;

  /**
   * @param path is created; a file that is there already is an error
   * @param records,keys at most so many come
   */
  constructor(path: string, { records, keys }: { readonly records: number; readonly keys: number }) {
    this.#descriptor = openSync(path, "wx", 0o600);
    this.#filter = BlockFilter.forKeys(keys);
    this.#fences = new Uint32Array(Math.ceil(records / RECORDS_PER_PAGE));
    this.#keys = keys;
  }

  add(from: Buffer, offset: number): void {
    const page = this.#buffered * PAGE_BYTES;
    if (this.#onPage === 0) this.#fences[this.#pageCount] = from.readUInt32BE(offset);
    from.copy(this.#pages, page + this.#onPage * RECORD_BYTES, offset, offset + RECORD_BYTES);
    const [place, bits, path] = [hostPlaceOf(from, offset), hostBitsOf(from, offset), pathKeyOf(from, offset)];
    this.#filter.add(place, bits);
    if (path !== WHOLE_HOST) this.#filter.add(pathPlace(place, path), pathBits(bits, path));
    this.#records += 1;
    this.#onPage += 1;
    if (this.#onPage === RECORDS_PER_PAGE) this.#endPage();
  }

  /** Completes the file and waits until it is on the disk. */
  finish(): SegmentHeader {
    if (this.#onPage > 0) this.#endPage();
    this.#flush();
    const fences = this.#fences.subarray(0, this.#pageCount);
    const digest = createHash("sha256");
    for (const part of [this.#filter.words, fences]) {
      const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      digest.update(bytes);
      this.#write(bytes, this.#position);
      this.#position += bytes.length;
    }
    const header: SegmentHeader = {
      format: "countersign-hostile-1",
      records: this.#records,
      keys: this.#keys,
      pages: this.#pageCount,
      filterWords: this.#filter.words.length,
      indexSha256: digest.digest("hex"),
      pagesSha256: this.#digest.digest("hex"),
    };
    this.#write(Buffer.from(JSON.stringify(header).padEnd(PAGE_BYTES, " "), "latin1"), 0);
    fsyncSync(this.#descriptor);
    this.close();
    return header;
  }

  /** Ends the writing, finished or not. */
  close(): void {
    if (!this.#closed) closeSync(this.#descriptor);
    this.#closed = true;
  }

  #endPage(): void {
    const start = this.#buffered * PAGE_BYTES;
    sealPage(this.#pages.subarray(start, start + PAGE_BYTES), this.#pageCount, this.#onPage);
    this.#pageCount += 1;
    this.#onPage = 0;
    this.#buffered += 1;
    if (this.#buffered === PAGES_AT_ONCE) this.#flush();
  }

  #flush(): void {
    const bytes = this.#pages.subarray(0, this.#buffered * PAGE_BYTES);
    this.#buffered = 0;
    this.#digest.update(bytes);
    this.#write(bytes, this.#position);
    this.#position += bytes.length;
  }

  #write(bytes: Buffer, position: number): void {
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(this.#descriptor, bytes, at, bytes.length - at, position + at);
    }
  }
}
