/** The peer's bytes do not have the structure that the standard prescribes. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

/**
 * Reads the presentation language of TLS (RFC 8446 §3) front to back. Nothing is copied: vectors are views.
 * @throws MalformedMessage when the bytes end early, or when `end` finds some left over.
 */
export class Octets {
  readonly #bytes: Buffer;
  readonly #what: string;
  #offset = 0;

  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Unsigned integer of `size` octets, network order. */
  uint(size: 1 | 2 | 3): number {
    return this.take(size).readUIntBE(0, size);
  }

  take(length: number): Buffer {
    if (length > this.remaining) throw new MalformedMessage(`${this.#what} ends early`);
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  /** A variable-length vector whose length stands in front of it in `size` octets. */
  vector(size: 1 | 2 | 3): Buffer {
    return this.take(this.uint(size));
  }

  end(): void {
    if (this.remaining > 0) throw new MalformedMessage(`${this.#what} has ${this.remaining} octets too many`);
  }
}

/** Collects chunks and joins them only when enough have come, so that one-byte segments cost no repeated copying. */
export class ChunkQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The first octets without removing them; undefined while fewer have come. */
  peek(length: number): Buffer | undefined {
    if (length > this.#length) return undefined;
    return this.#joined(length).subarray(0, length);
  }

  /** Removes and returns the first octets; undefined while fewer have come. */
  shift(length: number): Buffer | undefined {
    if (length > this.#length) return undefined;
    const joined = this.#joined(length);
    const taken = joined.subarray(0, length);
    const rest = joined.subarray(length);
    if (rest.length > 0) this.#chunks[0] = rest;
    else this.#chunks.shift();
    this.#length -= length;
    return taken;
  }

  #joined(length: number): Buffer {
    let first = this.#chunks[0] ?? Buffer.alloc(0);
    if (first.length < length) {
      first = Buffer.concat(this.#chunks);
      this.#chunks = [first];
    }
    return first;
  }
}
