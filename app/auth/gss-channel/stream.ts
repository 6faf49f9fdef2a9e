import { Duplex } from "node:stream";
import { Refusal } from "../../core/refusal.ts";
import type { Outflow } from "../channel-connection.ts";
import type { GssContext, UnwrappedMessage } from "../gss/port.ts";
import { type FrameSource, framed } from "./frames.ts";

/** Plain octets in one message: wrapped, it stays within the 64 KiB that services commonly read at once. */
const MESSAGE = 65_536 - 1_024;
/** Wrapped octets that the service may send in one message. */
export const MAXIMUM_MESSAGE = 1_048_576;
/** Octets that one call of the library takes, and that may wait for it. */
const HIGH_WATER = 4 * MESSAGE;

export interface GssStreamParts {
  readonly transport: Duplex;
  /** Of the same transport, after the last token. */
  readonly source: FrameSource;
  readonly context: GssContext;
  /** Ours are encrypted. */
  readonly encrypts: boolean;
  /** Messages that are signed only are accepted. */
  readonly acceptsSigned: boolean;
}

/**
 * A plain connection whose messages are all wrapped by a context. The library watches signature, order and repetition;
 * a message that fails ends the stream with its reason. As a socket, for what Node's HTTP client asks of one.
 */
export class GssStream extends Duplex implements Outflow {
  readonly #transport: Duplex;
  readonly #source: FrameSource;
  readonly #context: GssContext;
  readonly #encrypts: boolean;
  readonly #acceptsSigned: boolean;
  #reading = false;
  #given = 0;
  #flushed = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor({ transport, source, context, encrypts, acceptsSigned }: GssStreamParts) {
    super({ allowHalfOpen: false, writableHighWaterMark: HIGH_WATER, readableHighWaterMark: HIGH_WATER });
    this.#transport = transport;
    this.#source = source;
    this.#context = context;
    this.#encrypts = encrypts;
    this.#acceptsSigned = acceptsSigned;
    source.limit = MAXIMUM_MESSAGE;
    transport.once("close", () => this.#transportClosed());
  }

  get given(): number {
    return this.#given;
  }

  get flushed(): number {
    return this.#flushed;
  }

  /** As net.Socket has it: `timeout` is emitted when nothing has moved for so long. */
  setTimeout(milliseconds: number): this {
    clearTimeout(this.#idle);
    this.#idle = milliseconds === 0 ? undefined : setTimeout(() => this.emit("timeout"), milliseconds).unref();
    return this;
  }

  /** The owner of the channel decides how long it lives. */
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    if (!this.#reading) void this.#receive();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send([chunk]).then(() => done(), done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(chunks.map(({ chunk }) => chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#transport.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.#context.dispose();
    this.#transport.destroy();
    done(error);
  }

  async #receive(): Promise<void> {
    this.#reading = true;
    try {
      let more = true;
      while (more && !this.destroyed) {
        const messages = await this.#source.nextAll(HIGH_WATER);
        this.#idle?.refresh();
        if (messages === undefined) more = this.push(null);
        else for (const unwrapped of await this.#context.unwrapAll(messages)) more = this.#deliver(unwrapped);
      }
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#reading = false;
    }
  }

  /** @returns whether more may be read now */
  #deliver({ message, confidential }: UnwrappedMessage): boolean {
    if (!confidential && !this.#acceptsSigned) {
      throw new Refusal("gss.protection", { fault: "a message is signed and not encrypted", expected: "encryption" });
    }
    return message.length === 0 || this.push(message);
  }

  async #send(chunks: readonly Buffer[]): Promise<void> {
    const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    for (let at = 0; at < all.length; at += HIGH_WATER) {
      const wrapped = await this.#context.wrapAll(pieces(all.subarray(at, at + HIGH_WATER)), this.#encrypts);
      await this.#give(Buffer.concat(wrapped.map(framed)));
    }
  }

  /** Resolves at once while the transport takes more, else when it has taken this. */
  #give(frame: Buffer): Promise<void> {
    this.#given += frame.length;
    this.#idle?.refresh();
    return new Promise((resolve, reject) => {
      const takesMore = this.#transport.write(frame, (error) => {
        if (error == null) this.#flushed += frame.length;
        if (error == null) resolve();
        else reject(error);
      });
      if (takesMore) resolve();
    });
  }

  /** What has been received is still delivered; the source then says how the connection ended. */
  #transportClosed(): void {
    if (this.writable) this.end();
    this._read();
  }
}

function pieces(octets: Buffer): readonly Buffer[] {
  const all: Buffer[] = [];
  for (let at = 0; at < octets.length; at += MESSAGE) all.push(octets.subarray(at, at + MESSAGE));
  return all;
}
