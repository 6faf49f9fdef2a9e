import { createHash, type Hash } from "node:crypto";
import type { TlsProtocol } from "../core/evidence.ts";
import { Refusal } from "../core/refusal.ts";
import type { ServerFlight } from "./authenticator.ts";
import { CIPHER_SUITES, type CipherSuite } from "./cipher-suites.ts";
import {
  type HandshakeMessage,
  MessageReader,
  messageName,
  parseCertificate12,
  parseCertificate13,
  parseCertificateStatus,
  parseServerHello,
  HANDSHAKE_TYPE as TYPE,
} from "./handshake-messages.ts";
import { type InnerPlaintext, RecordOpener } from "./record-protection.ts";
import { alertName, alertOf } from "./tls-alerts.ts";
import { CONTENT_TYPE, type TlsRecord } from "./tls-records.ts";

/** Told of every message and decision, for the steps shown to the user. */
export type StepListener = (from: "client" | "server", name: string, note?: string) => void;

/** What may follow each message of a full handshake with a certificate (RFC 5246 §7.3, RFC 8446 §2). */
const FOLLOWING: Readonly<Record<TlsProtocol, ReadonlyMap<number, readonly number[]>>> = {
  "TLSv1.2": new Map([
    [TYPE.serverHello, [TYPE.certificate]],
    [TYPE.certificate, [TYPE.certificateStatus, TYPE.serverKeyExchange]],
    [TYPE.certificateStatus, [TYPE.serverKeyExchange]],
    [TYPE.serverKeyExchange, [TYPE.certificateRequest, TYPE.serverHelloDone]],
    [TYPE.certificateRequest, [TYPE.serverHelloDone]],
    [TYPE.serverHelloDone, []],
  ]),
  "TLSv1.3": new Map([
    [TYPE.serverHello, [TYPE.encryptedExtensions]],
    [TYPE.encryptedExtensions, [TYPE.certificateRequest, TYPE.certificate]],
    [TYPE.certificateRequest, [TYPE.certificate]],
    [TYPE.certificate, [TYPE.certificateVerify]],
    [TYPE.certificateVerify, [TYPE.finished]],
    [TYPE.finished, []],
  ]),
};

const VERSION_TLS12 = 0x0303;
const VERSION_TLS13 = 0x0304;
/** Everything a server may say before it is judged. */
const MAXIMUM_FLIGHT = 2 ** 19;

/**
 * Reads a server's first flight up to ServerHelloDone (TLS 1.2, in clear) or Finished (TLS 1.3, opened with the
 * channel's own handshake secret). Stricter than the TLS library beside it: only a full handshake with a certificate
 * passes, in the one order the standard knows. Signatures and Finished are the library's to verify.
 */
export class ServerFlightReader {
  readonly #step: StepListener;
  readonly #messages = new MessageReader();
  readonly #hellos: Hash = createHash("sha256");
  #transcript: string | undefined;
  #expected: readonly number[] = [TYPE.serverHello];
  #suite: CipherSuite | undefined;
  #retried = false;
  #opener: RecordOpener | undefined;
  #sealed: TlsRecord[] = [];
  #octets = 0;
  #certificates: readonly Buffer[] = [];
  #staple: Buffer | undefined;
  #certificateRequested = false;
  #complete = false;
  #alert: number | undefined;

  constructor(step: StepListener) {
    this.#step = step;
  }

  get suite(): CipherSuite | undefined {
    return this.#suite;
  }

  /** A HelloRetryRequest came: a second ClientHello is due. */
  get retried(): boolean {
    return this.#retried;
  }

  /** The last alert the server sent, as far as it could be read. */
  get alert(): number | undefined {
    return this.#alert;
  }

  get certificateRequested(): boolean {
    return this.#certificateRequested;
  }

  /** The flight once it is complete. */
  get flight(): ServerFlight | undefined {
    return this.#complete ? this.partial : undefined;
  }

  /** What is known of the flight from its certificates on, to tell why a handshake failed. */
  get partial(): ServerFlight | undefined {
    const transcript = this.#transcript;
    if (this.#suite === undefined || transcript === undefined || this.#certificates.length === 0) return undefined;
    return {
      protocol: this.#suite.protocol,
      cipher: this.#suite.name,
      certificates: this.#certificates,
      ...(this.#staple === undefined ? {} : { staple: this.#staple }),
      certificateRequested: this.#certificateRequested,
      transcript,
    };
  }

  /** The transcript names this key agreement by its hello messages, in the order of the wire. */
  sentClientHello(raw: Buffer): void {
    this.#hellos.update(raw);
  }

  /** Takes the next record of the server. @throws Refusal `tls.*` @throws MalformedMessage */
  read(record: TlsRecord): void {
    this.#octets += record.fragment.length;
    if (this.#octets > MAXIMUM_FLIGHT) throw outOfOrder("a flight that does not end", "the end of its flight");
    if (record.type === CONTENT_TYPE.handshake) this.#readClear(record);
    else if (record.type === CONTENT_TYPE.applicationData) this.#readSealed(record);
    else if (record.type === CONTENT_TYPE.alert) this.#readAlert(record.fragment);
    else this.#readChangeCipherSpec(record.fragment);
  }

  /** The server's handshake traffic secret, as soon as the library has derived it. */
  takeSecret(secret: Buffer): void {
    if (this.#suite?.protocol !== "TLSv1.3" || this.#opener !== undefined) return;
    this.#opener = new RecordOpener(this.#suite, secret);
    const sealed = this.#sealed;
    this.#sealed = [];
    for (const record of sealed) this.#open(record, this.#opener);
  }

  /** Forgets the secret. */
  clear(): void {
    this.#opener?.clear();
    this.#sealed = [];
  }

  #readClear(record: TlsRecord): void {
    if (this.#complete || this.#suite?.protocol === "TLSv1.3") {
      throw outOfOrder("handshake record in clear", this.#expectedNames());
    }
    this.#readMessages(record.fragment);
  }

  #readSealed(record: TlsRecord): void {
    if (this.#suite?.protocol !== "TLSv1.3") throw outOfOrder("application data", this.#expectedNames());
    if (this.#opener === undefined) this.#sealed.push(record);
    else this.#open(record, this.#opener);
  }

  /** After Finished the records are under another key, and no longer ours to read. */
  #open(record: TlsRecord, opener: RecordOpener): void {
    if (this.#complete) return;
    const { type, content }: InnerPlaintext = opener.open(record);
    if (type === CONTENT_TYPE.alert) this.#readAlert(content);
    else if (type === CONTENT_TYPE.handshake) this.#readMessages(content);
    else throw outOfOrder(`record of type ${type}`, this.#expectedNames());
  }

  #readAlert(fragment: Buffer): void {
    const alert = alertOf(fragment);
    if (alert === undefined) return;
    this.#alert = alert;
    this.#step("server", "Alert", alertName(alert));
  }

  /** In TLS 1.3 a relic for middleboxes (RFC 8446 §D.4); in TLS 1.2, here, the mark of a resumed session. */
  #readChangeCipherSpec(fragment: Buffer): void {
    const allowed = this.#retried || this.#suite?.protocol === "TLSv1.3";
    if (!allowed || fragment.length !== 1 || fragment[0] !== 1) {
      throw outOfOrder("ChangeCipherSpec", this.#expectedNames());
    }
  }

  #readMessages(fragment: Buffer): void {
    const messages = this.#messages.push(fragment);
    for (const [index, message] of messages.entries()) {
      this.#readMessage(message);
      const last = index === messages.length - 1 && this.#messages.pending === 0;
      if (!last && message.type === TYPE.serverHello && this.#suite?.protocol !== "TLSv1.2") {
        throw outOfOrder("more octets in the record of the ServerHello", "a change of keys");
      }
      if (!last && this.#complete) throw outOfOrder("more octets after its flight", "the end of its flight");
    }
  }

  #readMessage(message: HandshakeMessage): void {
    const name = messageName(message.type);
    if (!this.#expected.includes(message.type)) throw outOfOrder(name, this.#expectedNames());
    if (message.type === TYPE.serverHello) {
      this.#readServerHello(message);
      return;
    }
    const suite = this.#suite;
    if (suite === undefined) throw outOfOrder(name, this.#expectedNames());
    this.#step("server", name);
    this.#take(message, suite.protocol);
    this.#expected = FOLLOWING[suite.protocol].get(message.type) ?? [];
    this.#complete = this.#expected.length === 0;
  }

  #take(message: HandshakeMessage, protocol: TlsProtocol): void {
    if (message.type === TYPE.certificateRequest) this.#certificateRequested = true;
    if (message.type === TYPE.certificateStatus) this.#staple = parseCertificateStatus(message.body);
    if (message.type !== TYPE.certificate) return;
    const parsed = protocol === "TLSv1.3" ? parseCertificate13(message.body) : parseCertificate12(message.body);
    if (parsed.certificates.length === 0) {
      throw new Refusal("tls.handshake", { fault: "the server sent no certificate", expected: "a certificate" });
    }
    this.#certificates = parsed.certificates;
    this.#staple = parsed.staple;
  }

  #readServerHello(message: HandshakeMessage): void {
    const hello = parseServerHello(message.body);
    this.#hellos.update(message.raw);
    if (hello.version !== VERSION_TLS12 && hello.version !== VERSION_TLS13) {
      const value = `version 0x${hello.version.toString(16).padStart(4, "0")}`;
      throw new Refusal("tls.version", {
        value,
        fault: "the server chose another protocol version",
        expected: "TLS 1.2 or 1.3",
      });
    }
    if (hello.retry) {
      this.#readRetry();
      return;
    }
    const protocol = hello.version === VERSION_TLS13 ? "TLSv1.3" : "TLSv1.2";
    const suite = CIPHER_SUITES.get(hello.cipherSuite);
    if (suite?.protocol !== protocol) {
      const value = `cipher suite 0x${hello.cipherSuite.toString(16).padStart(4, "0")}`;
      throw new Refusal("tls.handshake", {
        value,
        fault: "the server chose a suite that was not offered",
        expected: "ECDHE with AEAD",
      });
    }
    this.#suite = suite;
    this.#transcript = this.#hellos.digest("hex");
    this.#expected = FOLLOWING[protocol].get(TYPE.serverHello) ?? [];
    this.#step("server", "ServerHello", `${protocol} ${suite.name}`);
  }

  #readRetry(): void {
    if (this.#retried) throw outOfOrder("a second HelloRetryRequest", "ServerHello");
    this.#retried = true;
    this.#step("server", "HelloRetryRequest");
  }

  #expectedNames(): string {
    return this.#expected.map(messageName).join(" or ") || "nothing before the client's flight";
  }
}

function outOfOrder(value: string, expected: string): Refusal {
  return new Refusal("tls.handshake", { value, fault: "the server's handshake is out of order", expected });
}
