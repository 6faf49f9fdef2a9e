import type { TLSSocket } from "node:tls";

/**
 * HTTP/2 frames written by hand (RFC 9113 §4, RFC 7541), to say what no HTTP/2 library would: a compromised page
 * process speaks to the gateway directly. Nothing of this is used outside attacks.
 */
export const FLAG = { endStream: 0x1, endHeaders: 0x4 } as const;
const TYPE = { data: 0, headers: 1, rstStream: 3, settings: 4, goaway: 7, continuation: 9 } as const;

export function frame(type: keyof typeof TYPE, flags: number, stream: number, payload: Buffer | string): Buffer {
  const content = Buffer.from(payload as string, "latin1");
  const header = Buffer.alloc(9);
  header.writeUIntBE(content.length, 0, 3);
  header.writeUInt8(TYPE[type], 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, content]);
}

function integer(value: number, prefix: number): Buffer {
  const limit = 2 ** prefix - 1;
  if (value < limit) {
    return Buffer.from([value]);
  }
  const octets = [limit];
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    octets.push((rest % 128) | 0x80);
  }
  return Buffer.from([...octets, rest]);
}

const text = (value: string): Buffer => Buffer.concat([integer(value.length, 7), Buffer.from(value, "latin1")]);

/** Literal fields without indexing, octets as they are (RFC 7541 §6.2.2). */
export const block = (fields: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));

export const preface = (): Buffer =>
  Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame("settings", 0, 0, Buffer.alloc(0))]);

export interface FrameSeen {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Reads frames until `done` says so or the connection ends. */
export function readFrames(socket: TLSSocket, done: (frames: readonly FrameSeen[]) => boolean): Promise<FrameSeen[]> {
  const frames: FrameSeen[] = [];
  let rest = Buffer.alloc(0);
  return new Promise((resolve) => {
    const finish = (): void => {
      socket.off("data", take);
      socket.off("close", finish);
      resolve(frames);
    };
    const take = (octets: Buffer): void => {
      rest = Buffer.concat([rest, octets]);
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const length = rest.readUIntBE(0, 3);
        const [type, flags, stream] = [rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5)];
        frames.push({ type, flags, stream, payload: rest.subarray(9, 9 + length) });
        rest = rest.subarray(9 + length);
      }
      if (done(frames)) {
        finish();
      }
    };
    socket.on("data", take);
    socket.once("close", finish);
    if (socket.destroyed) {
      finish();
    }
  });
}

/** The first frame that ends a stream's request: its HEADERS, RST_STREAM, or the connection's GOAWAY. */
export const isAnswer =
  (stream: number) =>
  (one: FrameSeen): boolean =>
    one.type === TYPE.goaway || (one.stream === stream && (one.type === TYPE.headers || one.type === TYPE.rstStream));
