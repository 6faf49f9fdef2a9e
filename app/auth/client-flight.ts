import { createHash } from "node:crypto";
import type { Fingerprint } from "../core/evidence.ts";
import type { SentFlight } from "./authenticator.ts";
import {
  type HandshakeMessage,
  MessageReader,
  messageName,
  parseCertificate12,
  parseCertificate13,
  HANDSHAKE_TYPE as TYPE,
} from "./handshake-messages.ts";
import { RecordOpener } from "./record-protection.ts";
import type { ServerFlightReader, StepListener } from "./server-flight.ts";
import { alertName, alertOf } from "./tls-alerts.ts";
import { CONTENT_TYPE, type TlsRecord } from "./tls-records.ts";

/** What becomes of a record that the TLS library wants to send. */
export type Disposal = "pass" | "hold" | "drop";

/**
 * Reads what our own TLS library wants to send before the server has been judged, and says what may leave: the
 * ClientHello, a second one after a HelloRetryRequest, an alert in clear. Everything else waits or is dropped.
 */
export class ClientFlightReader {
  readonly #server: ServerFlightReader;
  readonly #step: StepListener;
  readonly #messages = new MessageReader();
  #hellos = 0;
  #secret: Buffer | undefined;
  #opener: RecordOpener | undefined;
  #certificates: readonly Buffer[] = [];
  #certificateVerify = false;
  #changedCipher = false;
  #complete = false;
  #alert: number | undefined;

  constructor(server: ServerFlightReader, step: StepListener) {
    this.#server = server;
    this.#step = step;
  }

  /** The last alert our library raised: tells why it gave the handshake up. */
  get alert(): number | undefined {
    return this.#alert;
  }

  /** Complete once our Finished stands in it, which the library writes only after it verified the server's signature. */
  get flight(): SentFlight | undefined {
    return this.#complete
      ? { certificates: this.#certificates, certificateVerify: this.#certificateVerify }
      : undefined;
  }

  takeSecret(secret: Buffer): void {
    this.#secret = secret;
  }

  clear(): void {
    this.#secret?.fill(0);
    this.#opener?.clear();
  }

  /** @throws MalformedMessage when our own library sends what this reader cannot account for */
  read(record: TlsRecord): Disposal {
    switch (record.type) {
      case CONTENT_TYPE.handshake:
        return this.#readClear(record);
      case CONTENT_TYPE.applicationData:
        return this.#readSealed(record);
      case CONTENT_TYPE.alert:
        return this.#readAlert(record.fragment) ? "pass" : "drop";
      default:
        return this.#readChangeCipherSpec();
    }
  }

  #readClear(record: TlsRecord): Disposal {
    if (this.#changedCipher) {
      this.#finish();
      return "hold";
    }
    const messages = this.#messages.push(record.fragment);
    const [first] = messages;
    if (first?.type === TYPE.clientHello && messages.length === 1 && this.#messages.pending === 0) {
      this.#readHello(first);
      return "pass";
    }
    for (const message of messages) this.#take(message);
    return "hold";
  }

  #readHello(message: HandshakeMessage): void {
    this.#hellos += 1;
    const due = this.#server.retried ? 2 : 1;
    if (this.#hellos > due) throw new Error("a ClientHello beyond those of this handshake");
    this.#server.sentClientHello(message.raw);
    this.#step("client", "ClientHello");
  }

  #readSealed(record: TlsRecord): Disposal {
    const suite = this.#server.suite;
    if (this.#complete || suite?.protocol !== "TLSv1.3" || this.#secret === undefined) return "hold";
    this.#opener ??= new RecordOpener(suite, this.#secret);
    const { type, content } = this.#opener.open(record);
    if (type === CONTENT_TYPE.alert) {
      this.#readAlert(content);
      return "drop";
    }
    for (const message of this.#messages.push(content)) this.#take(message);
    return "hold";
  }

  #take(message: HandshakeMessage): void {
    if (message.type === TYPE.clientHello) throw new Error("a ClientHello that shares its record");
    this.#step("client", messageName(message.type), "held");
    if (message.type === TYPE.certificate) {
      const tls13 = this.#server.suite?.protocol === "TLSv1.3";
      this.#certificates = (tls13 ? parseCertificate13(message.body) : parseCertificate12(message.body)).certificates;
    }
    if (message.type === TYPE.certificateVerify) this.#certificateVerify = true;
    if (message.type === TYPE.finished) this.#complete = true;
  }

  /** TLS 1.2: the first record after ChangeCipherSpec is our Finished, encrypted. */
  #finish(): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#step("client", "Finished", "held");
  }

  #readChangeCipherSpec(): Disposal {
    const tls13 = this.#server.suite?.protocol === "TLSv1.3";
    if (this.#server.retried && this.#server.suite === undefined) return "pass";
    if (!tls13) this.#changedCipher = true;
    return "hold";
  }

  /** @returns whether the alert stood in clear and may leave: its two octets tell only that we gave up */
  #readAlert(fragment: Buffer): boolean {
    const alert = alertOf(fragment);
    if (alert === undefined) return false;
    this.#alert = alert;
    this.#step("client", "Alert", alertName(alert));
    return true;
  }
}

/** The flight shows this identity, and signs with its key. */
export function showsIdentity(sent: SentFlight, fingerprint: Fingerprint): boolean {
  const [leaf] = sent.certificates;
  return (
    sent.certificateVerify && leaf !== undefined && createHash("sha256").update(leaf).digest("hex") === fingerprint
  );
}
