import { ChunkQueue } from "./octets.ts";

/** RFC 8446 §5.1. */
export const CONTENT_TYPE = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

const HEADER = 5;
/** RFC 5246 §6.2.3: a ciphertext may exceed 2^14 octets by 2048; TLS 1.3 allows 256. */
const MAXIMUM_FRAGMENT = 2 ** 14 + 2048;

export interface TlsRecord {
  readonly type: number;
  /** The five octets before the fragment: TLS 1.3's additional data. */
  readonly header: Buffer;
  readonly fragment: Buffer;
}

/** The bytes are no TLS records. `notTls` when not even the first record begins like one. */
export class BadRecord extends Error {
  override readonly name = "BadRecord";
  readonly notTls: boolean;

  constructor(fault: string, notTls: boolean) {
    super(fault);
    this.notTls = notTls;
  }
}

/** Cuts a byte stream into TLS records (RFC 8446 §5.1, RFC 5246 §6.2), however it was segmented. */
export class RecordReader {
  readonly #queue = new ChunkQueue();
  #records = 0;

  /** Octets of a record that has begun and not ended. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Returns the records that this chunk completes. @throws BadRecord */
  push(chunk: Buffer): readonly TlsRecord[] {
    this.#queue.add(chunk);
    const complete: TlsRecord[] = [];
    for (let record = this.#next(); record !== undefined; record = this.#next()) complete.push(record);
    return complete;
  }

  /** Gives back the octets of the record that has begun, for another reader to go on with. */
  drain(): Buffer {
    return this.#queue.shift(this.#queue.length) ?? Buffer.alloc(0);
  }

  #next(): TlsRecord | undefined {
    this.#refuseForeign();
    const header = this.#queue.peek(HEADER);
    if (header === undefined) return undefined;
    const length = header.readUInt16BE(3);
    if (length > MAXIMUM_FRAGMENT) throw new BadRecord(`record of ${length} octets`, false);
    const record = this.#queue.shift(HEADER + length);
    if (record === undefined) return undefined;
    this.#records += 1;
    return { type: record.readUInt8(0), header: record.subarray(0, HEADER), fragment: record.subarray(HEADER) };
  }

  /** As soon as the bytes cannot be TLS: a plain HTTP server shows itself with its first octet. */
  #refuseForeign(): void {
    const start = this.#queue.peek(Math.min(2, this.#queue.length));
    const type = start?.[0];
    const major = start?.[1];
    const known = type === undefined || (type >= CONTENT_TYPE.changeCipherSpec && type <= CONTENT_TYPE.applicationData);
    if (!known || (major !== undefined && major !== 3)) {
      throw new BadRecord(`octets ${start?.toString("hex")} where a TLS record must begin`, this.#records === 0);
    }
  }
}

/**
 * Follows record boundaries without keeping a byte: for established TLS 1.2 channels, where only a record's type is of
 * interest (a handshake record after the handshake is a renegotiation).
 */
export class RecordTypes {
  readonly #header = Buffer.alloc(HEADER);
  #have = 0;
  #skip = 0;

  /** Calls `seen` with the type of each record that begins in this chunk. @throws BadRecord */
  push(chunk: Buffer, seen: (type: number) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step;
        continue;
      }
      const step = Math.min(HEADER - this.#have, chunk.length - at);
      chunk.copy(this.#header, this.#have, at, at + step);
      if (this.#have === 0) seen(this.#header.readUInt8(0));
      this.#have += step;
      at += step;
      if (this.#have === HEADER) this.#begin();
    }
  }

  #begin(): void {
    this.#have = 0;
    this.#skip = this.#header.readUInt16BE(3);
    if (this.#skip > MAXIMUM_FRAGMENT) throw new BadRecord(`record of ${this.#skip} octets`, false);
  }
}
