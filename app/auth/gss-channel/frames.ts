import type { Duplex } from "node:stream";
import { Refusal } from "../../core/refusal.ts";

/** Octets of the length that stands before each token and each message, in network order. */
const HEADER = 4;
/** Received octets that may wait to be read. */
const HIGH_WATER = 1_048_576;

/** A token or message with its length before it. */
export function framed(content: Buffer): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(content.length);
  return Buffer.concat([header, content]);
}

/** Reads length-prefixed tokens and messages from a connection, one at a time and each within a limit. */
export class FrameSource {
  /** Octets that the next frame may have. */
  limit: number;
  readonly #transport: Duplex;
  #chunks: Buffer[] = [];
  #octets = 0;
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(transport: Duplex, limit: number) {
    this.#transport = transport;
    this.limit = limit;
    transport.on("data", (chunk: Buffer) => this.#receive(chunk));
    transport.once("end", () => this.#end());
    transport.on("error", (error) => this.#end(error));
    transport.once("close", () => this.#end());
  }

  /**
   * @returns undefined when the connection has ended between two frames
   * @throws Refusal `gss.framing` for a length that is none, or a frame that is cut off; the connection's own error
   */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const frame = this.#take();
      if (frame !== undefined) return frame;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return this.#atEnd();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#transport.resume();
      });
    }
  }

  /** The next frame and those that are there already, up to so many octets or one more. As `next` otherwise. */
  async nextAll(octets: number): Promise<readonly Buffer[] | undefined> {
    const first = await this.next();
    if (first === undefined) return undefined;
    const frames = [first];
    let taken = first.length;
    while (taken < octets) {
      const frame = this.#take();
      if (frame === undefined) break;
      frames.push(frame);
      taken += frame.length;
    }
    return frames;
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#octets += chunk.length;
    if (this.#octets >= HIGH_WATER) this.#transport.pause();
    this.#notify();
  }

  #end(error?: Error): void {
    this.#ended = true;
    this.#failure ??= error;
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #atEnd(): undefined {
    if (this.#octets === 0) return undefined;
    throw framing(`${this.#octets} octets`, "the connection ended within a message", "a whole message");
  }

  #take(): Buffer | undefined {
    if (this.#octets < HEADER) return undefined;
    const length = this.#joined(HEADER).readUInt32BE();
    if (length === 0 || length > this.limit) {
      throw framing(`${length} octets`, "a message of this length is never sent", `1 to ${this.limit} octets`);
    }
    if (this.#octets < HEADER + length) return undefined;
    const bytes = this.#joined(HEADER + length);
    const rest = bytes.subarray(HEADER + length);
    this.#chunks = rest.length === 0 ? this.#chunks.slice(1) : [rest, ...this.#chunks.slice(1)];
    this.#octets -= HEADER + length;
    return bytes.subarray(HEADER, HEADER + length);
  }

  /** The first chunk, made to have so many octets. */
  #joined(octets: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= octets) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}

function framing(value: string, fault: string, expected: string): Refusal {
  return new Refusal("gss.framing", { value, fault, expected });
}
