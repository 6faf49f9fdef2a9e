import { connect, createServer, type Socket } from "node:net";

/** Where the recorded server listens: a loopback port or a Unix socket. */
export type Backend = { readonly port: number } | { readonly path: string };

/** One TLS record as it went over the wire (RFC 8446 §5.1). */
export interface RecordSeen {
  /** 20 change_cipher_spec, 21 alert, 22 handshake, 23 application_data; undefined: not a TLS record. */
  readonly type: number | undefined;
  readonly length: number;
  /** Type of the first handshake message of a record that is not encrypted. */
  readonly handshake?: number;
  /** How many of the other side's records had been forwarded when this one was complete. */
  readonly othersBefore: number;
}

export interface ConnectionRecord {
  readonly client: readonly RecordSeen[];
  readonly server: readonly RecordSeen[];
}

export interface RecorderOptions {
  /** After this many of the server's records, forwards no more of them. */
  readonly holdAfter?: number;
  /** With `holdAfter`: this many octets of the record that follows still pass. */
  readonly thenOctets?: number;
  /** With `holdAfter`: what follows; `stall` keeps the connection open in silence. Default `cut`. */
  readonly ending?: "cut" | "reset" | "stall";
  /** Flips a bit in the last octet of the server's record of this number, counted from 1. */
  readonly tamperWith?: number;
  /** With `holdAfter`: octets that are sent in one piece with the last record that passes. */
  readonly inject?: () => Buffer;
  /** Delivers what the server sends in segments of so many octets, one every so many milliseconds. */
  readonly segments?: { readonly octets: number; readonly every: number };
  /** Delivers what the server sends in pieces as one, milliseconds after the first of them. */
  readonly gather?: number;
}

export interface Recorder {
  readonly port: number;
  /**
   * What went through, once every client has closed its connection and the server has taken in the rest.
   * @throws Error when a client holds its connection open
   */
  connections(): Promise<readonly ConnectionRecord[]>;
  /** Directs connections that come from now on to another server. */
  redirect(backend: Backend): void;
  stop(): Promise<void>;
}

const HEADER = 5;
const MAX_RECORD = 2 ** 14 + 256;

/** Splits one direction of a connection into TLS records, across any segmentation. */
class RecordSplitter {
  readonly records: RecordSeen[] = [];
  readonly #others: () => number;
  #rest = Buffer.alloc(0);
  #encrypted = false;

  constructor(others: () => number) {
    this.#others = others;
  }

  /** Returns the records that these octets completed, as they were. */
  push(octets: Buffer): readonly Buffer[] {
    this.#rest = Buffer.concat([this.#rest, octets]);
    const complete: Buffer[] = [];
    while (this.#rest.length >= HEADER) {
      const type = this.#rest.readUInt8(0);
      const length = this.#rest.readUInt16BE(3);
      if (type < 20 || type > 24 || this.#rest.readUInt8(1) !== 3 || length > MAX_RECORD) {
        this.#note(undefined, this.#rest);
        complete.push(this.#rest);
        this.#rest = Buffer.alloc(0);
        break;
      }
      if (this.#rest.length < HEADER + length) {
        break;
      }
      const record = this.#rest.subarray(0, HEADER + length);
      this.#rest = this.#rest.subarray(HEADER + length);
      this.#note(type, record);
      complete.push(record);
    }
    return complete;
  }

  /** Octets of a record that is not complete yet. */
  get rest(): Buffer {
    return this.#rest;
  }

  #note(type: number | undefined, record: Buffer): void {
    const clear = type === 22 && !this.#encrypted && record.length > HEADER;
    this.#encrypted ||= type === 20;
    this.records.push({
      type,
      length: type === undefined ? record.length : record.length - HEADER,
      ...(clear ? { handshake: record.readUInt8(HEADER) } : {}),
      othersBefore: this.#others(),
    });
  }
}

class RecordedConnection implements ConnectionRecord {
  readonly fromClient: RecordSplitter;
  readonly fromServer: RecordSplitter;
  /** Both ends are closed. */
  readonly over: Promise<unknown>;

  constructor(client: Socket, server: Socket) {
    this.over = Promise.all([client, server].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    this.fromClient = new RecordSplitter(() => this.fromServer.records.length);
    this.fromServer = new RecordSplitter(() => this.fromClient.records.length);
  }

  /** What has not become a whole record counts too: nothing that was received may go unseen. */
  get client(): readonly RecordSeen[] {
    const { records, rest } = this.fromClient;
    const partial = { type: undefined, length: rest.length, othersBefore: this.server.length };
    return rest.length === 0 ? [...records] : [...records, partial];
  }

  get server(): readonly RecordSeen[] {
    return [...this.fromServer.records];
  }
}

function forwardServer(connection: RecordedConnection, client: Socket, server: Socket, options: RecorderOptions): void {
  const { holdAfter, thenOctets = 0, ending = "cut" } = options;
  let forwarded = 0;
  const hold = (next: Buffer): void => {
    client.write(next.subarray(0, thenOctets));
    if (ending === "cut") {
      client.end();
    } else if (ending === "reset") {
      client.resetAndDestroy();
    }
  };
  const gathered: Buffer[] = [];
  const inSegments = segmenter(options.segments);
  const deliver = (octets: Buffer): void => {
    if (options.segments !== undefined) {
      inSegments(client, octets);
    } else if (options.gather === undefined) {
      client.write(octets);
    } else if (gathered.push(octets) === 1) {
      setTimeout(() => client.write(Buffer.concat(gathered.splice(0))), options.gather);
    }
  };
  server.on("data", (octets: Buffer) => {
    for (const complete of connection.fromServer.push(octets)) {
      forwarded += 1;
      if (holdAfter === undefined || forwarded <= holdAfter) {
        const passing = forwarded === options.tamperWith ? flipped(complete) : complete;
        deliver(forwarded === holdAfter ? Buffer.concat([passing, options.inject?.() ?? Buffer.alloc(0)]) : passing);
      } else if (forwarded === holdAfter + 1) {
        hold(complete);
      }
    }
  });
}

function segmenter({ octets, every }: NonNullable<RecorderOptions["segments"]> = { octets: 1, every: 0 }) {
  let waiting = Buffer.alloc(0);
  let running = false;
  return (client: Socket, more: Buffer): void => {
    waiting = Buffer.concat([waiting, more]);
    const next = (): void => {
      running = waiting.length > 0 && client.writable;
      if (running) {
        client.write(waiting.subarray(0, octets));
        waiting = waiting.subarray(octets);
        setTimeout(next, every);
      }
    };
    if (!running) {
      next();
    }
  };
}

function flipped(record: Buffer): Buffer {
  const copy = Buffer.from(record);
  const last = copy.length - 1;
  copy.writeUInt8(copy.readUInt8(last) ^ 1, last);
  return copy;
}

function record(client: Socket, backend: Backend, options: RecorderOptions): RecordedConnection {
  const server = connect({ ...backend, allowHalfOpen: true });
  const connection = new RecordedConnection(client, server);
  const endClient = (): void => {
    if (options.ending !== "stall") {
      client.end();
    }
  };
  client.on("data", (octets: Buffer) => {
    connection.fromClient.push(octets);
    server.write(octets);
  });
  forwardServer(connection, client, server, options);
  // The server is to read all that came, also when the client has reset its connection: it is ended, not destroyed.
  client.on("end", () => {
    server.end();
    if (options.ending === "stall") {
      client.end();
    }
  });
  client.on("error", () => {});
  client.on("close", () => server.end());
  server.on("end", endClient);
  server.on("error", () => {});
  server.on("close", endClient);
  return connection;
}

const PATIENCE = 10_000;

async function within<T>(milliseconds: number, work: Promise<T>, complaint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), milliseconds);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** A TCP relay in front of a server that keeps what went through, and can hold the server's answer back. */
export async function startRecorder(initial: Backend, options: RecorderOptions = {}): Promise<Recorder> {
  const connections: RecordedConnection[] = [];
  const sockets = new Set<Socket>();
  let backend = initial;
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    sockets.add(client);
    client.once("close", () => sockets.delete(client));
    client.setNoDelay(true);
    connections.push(record(client, backend, options));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections: async () => {
      const over = Promise.all(connections.map((connection) => connection.over));
      await within(PATIENCE, over, "a connection to this server is still open");
      return connections.map(({ client, server }) => ({ client, server }));
    },
    redirect: (to) => {
      backend = to;
    },
    stop: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
