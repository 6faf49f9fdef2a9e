import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { Refusal } from "../core/refusal.ts";
import type { SentFlight, ServerFlight } from "./authenticator.ts";
import { ClientFlightReader } from "./client-flight.ts";
import { giveBack } from "./give-back.ts";
import { ServerFlightReader, type StepListener } from "./server-flight.ts";
import { CONTENT_TYPE, RecordReader, RecordTypes, type TlsRecord } from "./tls-records.ts";
import { unreadable } from "./unreadable.ts";

/** Both flights, complete, while ours still waits in the tap. */
export interface HeldHandshake {
  readonly server: ServerFlight;
  readonly client: SentFlight;
}

/** What the tap saw of a handshake, to name the cause when it fails. */
export interface Observations {
  /** The server's flight from its certificates on, perhaps incomplete and not verified by anyone. */
  readonly flight: ServerFlight | undefined;
  readonly certificateRequested: boolean;
  readonly serverAlert: number | undefined;
  readonly ownAlert: number | undefined;
  /** Our second flight has left. */
  readonly released: boolean;
  /** Octets the server sent. */
  readonly received: number;
  /** Why the byte stream below ended, if it said so. */
  readonly transportError: Error | undefined;
}

type Write = (error?: Error | null) => void;

const HEAD = 64;
const MAXIMUM_HELD = 2 ** 18;
const SERVER_SECRET = "SERVER_HANDSHAKE_TRAFFIC_SECRET";
const CLIENT_SECRET = "CLIENT_HANDSHAKE_TRAFFIC_SECRET";

/**
 * The stream between the TLS socket and the network. It holds the client's second flight (certificate, signature,
 * Finished) until `release`, so that a server that has not been judged learns nothing of the user, and reads both
 * flights. Once released it passes buffers on as they are; of TLS 1.2 it follows the record types, because there a
 * handshake record means a renegotiation, which ends the channel.
 *
 * Give it to `tls.connect({ socket: tap })` and every `keylog` line of that socket to `keylog`.
 */
export class HandshakeTap extends Duplex {
  /** Resolves when both flights are complete; rejects with a Refusal when they cannot be read; is left
   * pending when the stream just ends, for the TLS socket to tell why. */
  readonly held: Promise<HeldHandshake>;
  readonly #transport: Duplex;
  readonly #server: ServerFlightReader;
  readonly #client: ClientFlightReader;
  readonly #step: StepListener;
  readonly #inbound = new RecordReader();
  readonly #outbound = new RecordReader();
  readonly #settle: { resolve: (held: HeldHandshake) => void; reject: (why: Error) => void };
  /** Takes what the server sends; undefined once nothing needs to be read any more. */
  #inspect: ((chunk: Buffer) => void) | undefined = (chunk) => this.#readFlight(chunk);
  #held: Buffer[] = [];
  #heldOctets = 0;
  #released = false;
  /** No reader of the handshake keeps what arrives any more. */
  #established = false;
  #received = 0;
  /** How the server's first chunk begins, to tell what answers instead of a TLS server. */
  #head: Buffer = Buffer.alloc(0);
  #given = 0;
  #flushed = 0;
  #transportError: Error | undefined;

  constructor(transport: Duplex, step: StepListener) {
    super({ allowHalfOpen: true });
    this.#transport = transport;
    this.#step = step;
    this.#server = new ServerFlightReader(step);
    this.#client = new ClientFlightReader(this.#server, step);
    const { promise, ...settle } = deferred<HeldHandshake>();
    this.held = promise;
    this.#settle = settle;
    transport.on("data", (chunk: Buffer) => this.#receive(chunk));
    transport.once("end", () => this.push(null));
    transport.on("error", (error) => {
      this.#transportError = error;
      this.destroy(error);
    });
    transport.once("close", () => this.destroy());
    transport.pause();
  }

  get observations(): Observations {
    return {
      flight: this.#server.partial,
      certificateRequested: this.#server.certificateRequested,
      serverAlert: this.#server.alert,
      ownAlert: this.#client.alert,
      released: this.#released,
      received: this.#received,
      transportError: this.#transportError,
    };
  }

  /** Octets that were to leave since the release, our second flight included. */
  get given(): number {
    return this.#given;
  }

  /** Those of them that the network has taken. */
  get flushed(): number {
    return this.#flushed;
  }

  /** Takes a line of the TLS socket's `keylog` event (NSS key log format). Secrets are forgotten on release. */
  keylog(line: Buffer): void {
    const [label, , secret] = line.toString("latin1").trim().split(" ");
    if (secret === undefined || this.#released) return;
    if (label === CLIENT_SECRET) this.#client.takeSecret(Buffer.from(secret, "hex"));
    if (label === SERVER_SECRET) this.#guarded(() => this.#server.takeSecret(Buffer.from(secret, "hex")));
  }

  /**
   * Lets our second flight go; only after the server has been judged. In TLS 1.3 nothing of the server's is awaited
   * before the first request, so the flight waits for the end of this turn of the event loop and shares its segment.
   */
  release(): void {
    if (this.#released || this.destroyed) throw new Error("nothing to release");
    this.#released = true;
    this.#step("client", "released second flight");
    const flight = Buffer.concat(this.#held);
    this.#forget();
    if (this.#server.suite?.protocol === "TLSv1.3") {
      this.#inspect = undefined;
      this.#established = true;
      this.#transport.cork();
      setImmediate(() => this.#transport.uncork());
    }
    this.#send(flight);
  }

  override _read(): void {
    if (this.#transport.isPaused()) this.#transport.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Write): void {
    if (this.#released) this.#send(chunk, done);
    else this.#withhold([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], done: Write): void {
    if (!this.#released) {
      this.#withhold(
        chunks.map(({ chunk }) => chunk),
        done,
      );
      return;
    }
    const last = chunks.length - 1;
    this.#transport.cork();
    chunks.forEach(({ chunk }, index) => {
      this.#send(chunk, index === last ? done : undefined);
    });
    this.#transport.uncork();
  }

  #send(chunk: Buffer, done?: Write): void {
    const { length } = chunk;
    this.#given += length;
    this.#transport.write(chunk, (error) => {
      if (error == null) this.#flushed += length;
      done?.(error);
    });
  }

  override _final(done: Write): void {
    this.#transport.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#forget();
    this.#inspect = undefined;
    if (error instanceof Refusal) this.#settle.reject(error);
    if (error instanceof Refusal) reset(this.#transport);
    else this.#transport.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    if (this.#inspect !== undefined) {
      if (this.#received === 0) this.#head = chunk.subarray(0, HEAD);
      this.#received += chunk.length;
      const inspect = this.#inspect;
      if (!this.#guarded(() => inspect(chunk))) return;
    }
    const flows = this.readableFlowing === true && this.readableLength === 0 && this.listenerCount("data") > 0;
    if (this.#established && flows) {
      // As a flowing stream hands a chunk on; the TLS library has copied it when this returns.
      this.emit("data", chunk);
      giveBack(chunk);
    } else if (!this.push(chunk)) this.#transport.pause();
  }

  #readFlight(chunk: Buffer): void {
    const records = this.#inbound.push(chunk);
    for (const [index, record] of records.entries()) {
      if (this.#server.flight === undefined) this.#server.read(record);
      else if (this.#readAfterFlight(record)) {
        this.#watchRecords(records.slice(index + 1));
        return;
      }
    }
  }

  /**
   * TLS 1.2: the server's ChangeCipherSpec is due, or an alert. TLS 1.3: session tickets and what else comes under a
   * key that is not ours to use.
   * @returns whether from here on only record types can be read
   */
  #readAfterFlight(record: TlsRecord): boolean {
    if (this.#server.suite?.protocol === "TLSv1.3") return false;
    if (record.type === CONTENT_TYPE.changeCipherSpec && this.#released) return true;
    if (record.type !== CONTENT_TYPE.alert) {
      throw new Refusal("tls.handshake", {
        value: `record of type ${record.type}`,
        fault: "the server's handshake is out of order",
        expected: "ChangeCipherSpec",
      });
    }
    this.#server.read(record);
    return false;
  }

  /** From the server's ChangeCipherSpec on: one handshake record is its Finished, another one a renegotiation. */
  #watchRecords(begun: readonly TlsRecord[]): void {
    let finished = false;
    const watch = (type: number) => {
      if (type !== CONTENT_TYPE.handshake) return;
      if (finished) throw renegotiation();
      finished = true;
      this.#step("server", "Finished");
    };
    for (const { type } of begun) watch(type);
    const types = new RecordTypes();
    types.push(this.#inbound.drain(), watch);
    this.#inspect = (chunk) => types.push(chunk, watch);
    this.#established = true;
  }

  #withhold(chunks: readonly Buffer[], done: Write): void {
    const pass: Buffer[] = [];
    const understood = this.#guarded(() => {
      for (const chunk of chunks) for (const record of this.#outbound.push(chunk)) this.#dispose(record, pass);
      this.#settleWhenComplete();
    });
    if (understood && pass.length > 0) this.#transport.write(Buffer.concat(pass), done);
    else done();
  }

  #dispose(record: TlsRecord, pass: Buffer[]): void {
    const disposal = this.#client.read(record);
    if (disposal === "pass") pass.push(record.header, record.fragment);
    if (disposal !== "hold") return;
    this.#held.push(record.header, record.fragment);
    this.#heldOctets += record.header.length + record.fragment.length;
    if (this.#heldOctets > MAXIMUM_HELD) throw new Error("our second flight does not end");
  }

  #settleWhenComplete(): void {
    const server = this.#server.flight;
    const client = this.#client.flight;
    if (server !== undefined && client !== undefined) this.#settle.resolve({ server, client });
  }

  /** Runs a reader; what it throws ends the stream before the chunk goes any further. */
  #guarded(read: () => void): boolean {
    try {
      read();
      return true;
    } catch (error) {
      this.destroy(unreadable(error, this.#head));
      return false;
    }
  }

  #forget(): void {
    this.#held = [];
    this.#server.clear();
    this.#client.clear();
  }
}

/** Cuts a TCP connection so that the peer learns of it at once, whatever is still under way in either direction. */
function reset(transport: Duplex): void {
  try {
    if (transport instanceof Socket) transport.resetAndDestroy();
  } catch {
    // A socket that is no TCP socket, e.g. TLS to a proxy, cannot be reset.
  }
  transport.destroy();
}

function renegotiation(): Refusal {
  return new Refusal("server.renegotiation", {
    fault: "the server began a second handshake on an established channel",
    expected: "one handshake for each channel",
  });
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (why: Error) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (why: Error) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  // Whoever awaits it hears of a rejection; that nobody does is no error of its own.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
