import { ChunkQueue, MalformedMessage, Octets } from "./octets.ts";

/** RFC 8446 §4, RFC 5246 §7.4, RFC 6066 §8. */
export const HANDSHAKE_TYPE = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
  certificateStatus: 22,
  keyUpdate: 24,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(HANDSHAKE_TYPE).map(([name, type]) => [type, name.charAt(0).toUpperCase() + name.slice(1)]),
);

const HEADER = 4;
/** Both libraries accept certificate messages of about 100 KiB; nothing of a handshake is larger. */
const MAXIMUM_MESSAGE = 2 ** 17;

/** RFC 8446 §4.1.3: the random value that makes a ServerHello a HelloRetryRequest. */
const HELLO_RETRY_RANDOM = Buffer.from("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c", "hex");
const EXTENSION = { statusRequest: 5, supportedVersions: 43 } as const;
const OCSP = 1;

export interface HandshakeMessage {
  readonly type: number;
  /** With the four octets of the header, as the transcript hash takes it. */
  readonly raw: Buffer;
  readonly body: Buffer;
}

/** The standard's name of a handshake message type, for steps and refusals. */
export function messageName(type: number): string {
  return NAMES.get(type) ?? `handshake message ${type}`;
}

/** Joins record fragments into handshake messages (RFC 8446 §5.1: messages may span records and share them). */
export class MessageReader {
  readonly #queue = new ChunkQueue();

  get pending(): number {
    return this.#queue.length;
  }

  /** Returns the messages that this fragment completes. @throws MalformedMessage */
  push(fragment: Buffer): readonly HandshakeMessage[] {
    if (fragment.length === 0) throw new MalformedMessage("empty handshake record");
    this.#queue.add(fragment);
    const complete: HandshakeMessage[] = [];
    for (let message = this.#next(); message !== undefined; message = this.#next()) complete.push(message);
    return complete;
  }

  #next(): HandshakeMessage | undefined {
    const header = this.#queue.peek(HEADER);
    if (header === undefined) return undefined;
    const length = header.readUIntBE(1, 3);
    const type = header.readUInt8(0);
    if (length > MAXIMUM_MESSAGE) throw new MalformedMessage(`${messageName(type)} of ${length} octets`);
    const raw = this.#queue.shift(HEADER + length);
    return raw && { type, raw, body: raw.subarray(HEADER) };
  }
}

export interface ServerHello {
  /** Wire number, e.g. 0x0303; of TLS 1.3 it is the one in supported_versions. */
  readonly version: number;
  readonly cipherSuite: number;
  /** A HelloRetryRequest (RFC 8446 §4.1.4). */
  readonly retry: boolean;
}

/** RFC 8446 §4.1.3, RFC 5246 §7.4.1.3. @throws MalformedMessage */
export function parseServerHello(body: Buffer): ServerHello {
  const octets = new Octets(body, "ServerHello");
  const legacyVersion = octets.uint(2);
  const random = octets.take(32);
  octets.vector(1);
  const cipherSuite = octets.uint(2);
  octets.uint(1);
  const extensions = octets.remaining > 0 ? parseExtensions(octets.vector(2)) : new Map<number, Buffer>();
  octets.end();
  const supported = extensions.get(EXTENSION.supportedVersions);
  const version = supported === undefined ? legacyVersion : new Octets(supported, "supported_versions").uint(2);
  return { version, cipherSuite, retry: random.equals(HELLO_RETRY_RANDOM) };
}

export interface CertificateMessage {
  /** DER, leaf first; empty when the sender has none to show. */
  readonly certificates: readonly Buffer[];
  /** OCSPResponse of the leaf, DER. */
  readonly staple?: Buffer;
}

/** RFC 5246 §7.4.2. @throws MalformedMessage */
export function parseCertificate12(body: Buffer): CertificateMessage {
  const octets = new Octets(body, "Certificate");
  const list = new Octets(octets.vector(3), "certificate_list");
  octets.end();
  const certificates: Buffer[] = [];
  while (list.remaining > 0) certificates.push(nonEmpty(list.vector(3)));
  return { certificates };
}

/** RFC 8446 §4.4.2, with the leaf's staple of §4.4.2.1. @throws MalformedMessage */
export function parseCertificate13(body: Buffer): CertificateMessage {
  const octets = new Octets(body, "Certificate");
  octets.vector(1);
  const list = new Octets(octets.vector(3), "certificate_list");
  octets.end();
  const certificates: Buffer[] = [];
  let status: Buffer | undefined;
  while (list.remaining > 0) {
    certificates.push(nonEmpty(list.vector(3)));
    const extensions = parseExtensions(list.vector(2));
    if (certificates.length === 1) status = extensions.get(EXTENSION.statusRequest);
  }
  return status === undefined ? { certificates } : { certificates, staple: parseCertificateStatus(status) };
}

/** RFC 6066 §8: the DER of an OCSPResponse. @throws MalformedMessage */
export function parseCertificateStatus(body: Buffer): Buffer {
  const octets = new Octets(body, "CertificateStatus");
  const type = octets.uint(1);
  if (type !== OCSP) throw new MalformedMessage(`CertificateStatus of unknown type ${type}`);
  const response = nonEmpty(octets.vector(3));
  octets.end();
  return response;
}

/** Extensions by type; one that stands twice is an error (RFC 8446 §4.2). @throws MalformedMessage */
export function parseExtensions(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const octets = new Octets(bytes, "extensions");
  const extensions = new Map<number, Buffer>();
  while (octets.remaining > 0) {
    const type = octets.uint(2);
    if (extensions.has(type)) throw new MalformedMessage(`extension ${type} stands twice`);
    extensions.set(type, octets.vector(2));
  }
  return extensions;
}

function nonEmpty(bytes: Buffer): Buffer {
  if (bytes.length === 0) throw new MalformedMessage("empty certificate or status");
  return bytes;
}
