/** Writes handshake messages and records octet by octet, so that tests can make what no library would send. */

const HELLO_RETRY = Buffer.from("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c", "hex");

export function vector(size: 1 | 2 | 3, content: Buffer): Buffer {
  const length = Buffer.alloc(size);
  length.writeUIntBE(content.length, 0, size);
  return Buffer.concat([length, content]);
}

export const message = (type: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([type]), vector(3, body)]);

export const extension = (type: number, data: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type >> 8, type & 0xff]), vector(2, data)]);

export const record = (type: number, fragment: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, 3, 3]), vector(2, fragment)]);

export const handshakeRecord = (...messages: readonly Buffer[]): Buffer => record(22, Buffer.concat(messages));

interface Hello {
  readonly version: number;
  readonly suite: number;
  readonly retry?: boolean;
}

/** Body of a ServerHello; for TLS 1.3 the version goes into supported_versions. */
export function serverHello({ version, suite, retry = false }: Hello): Buffer {
  const legacy = Math.min(version, 0x0303);
  const supported = extension(43, Buffer.from([version >> 8, version & 0xff]));
  return Buffer.concat([
    Buffer.from([legacy >> 8, legacy & 0xff]),
    retry ? HELLO_RETRY : Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(0)),
    Buffer.from([suite >> 8, suite & 0xff, 0]),
    ...(version > 0x0303 ? [vector(2, supported)] : []),
  ]);
}

export const clientHello = (): Buffer => message(1, Buffer.alloc(64, 9));

export const certificate12 = (ders: readonly Buffer[]): Buffer =>
  vector(3, Buffer.concat(ders.map((der) => vector(3, der))));

interface Entry {
  readonly der: Buffer;
  readonly extensions?: Buffer;
}

export const certificate13 = (entries: readonly Entry[]): Buffer =>
  Buffer.concat([
    vector(1, Buffer.alloc(0)),
    vector(
      3,
      Buffer.concat(
        entries.flatMap(({ der, extensions = Buffer.alloc(0) }) => [vector(3, der), vector(2, extensions)]),
      ),
    ),
  ]);

/** CertificateStatus (RFC 6066 §8). */
export const status = (ocsp: Buffer): Buffer => Buffer.concat([Buffer.from([1]), vector(3, ocsp)]);
