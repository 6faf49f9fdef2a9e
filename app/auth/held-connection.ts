import type { Duplex } from "node:stream";
import { connect, type SecureContext, type TLSSocket } from "node:tls";
import { Refusal } from "../core/refusal.ts";
import type { ServerFlight } from "./authenticator.ts";
import { handshakeFailure } from "./handshake-failure.ts";
import type { StepListener } from "./server-flight.ts";
import { HandshakeTap, type HeldHandshake } from "./tap.ts";
import { connectionOptions } from "./tls-policy.ts";

export interface HeldConnectionParts {
  readonly transport: Duplex;
  readonly host: string;
  readonly secureContext: SecureContext;
  /** The context has an identity of ours. */
  readonly provesClient: boolean;
  readonly step: StepListener;
  /** What is spoken inside; HTTP/1.1 when absent. */
  readonly application?: "http/1.1" | "ldap";
}

/** A TLS client whose second flight waits: `held`, then `release`, each once and in this order. */
export class HeldConnection {
  readonly socket: TLSSocket;
  readonly #tap: HandshakeTap;
  readonly #secure: Promise<void>;
  readonly #broken: Promise<never>;
  #verifiedLeaf: Buffer | undefined;
  /** Undoes the listeners that name the cause of a broken handshake. */
  #settled: () => void = () => {};

  constructor(parts: HeldConnectionParts) {
    this.#tap = new HandshakeTap(parts.transport, parts.step);
    this.socket = connect(connectionOptions(this.#tap, parts.host, parts.secureContext, parts.application));
    const keylog = (line: Buffer) => this.#tap.keylog(line);
    this.socket.on("keylog", keylog);
    this.#secure = new Promise((resolve) => {
      this.socket.once("secureConnect", () => {
        this.socket.off("keylog", keylog);
        resolve();
      });
    });
    this.#broken = this.#whenBroken(parts.provesClient);
    this.#broken.catch(() => {});
  }

  /** Both flights; the library has verified the server's signature. @throws Refusal `server.*`, `tls.*`, `network.*` */
  held(): Promise<HeldHandshake> {
    return Promise.race([this.#tap.held, this.#broken]);
  }

  /** Lets our second flight go and waits for the end of the handshake. @throws Refusal, also `client.rejected` */
  async release(held: HeldHandshake): Promise<void> {
    this.#tap.release();
    await Promise.race([this.#secure, this.#broken]);
    this.#settled();
    const verified = this.verifiedLeaf;
    const judged = held.server.certificates[0];
    if (verified === undefined || judged?.equals(verified) !== true) {
      throw new Refusal("server.possession", { fault: "the signature was verified with another certificate" });
    }
  }

  /** The server's flight as far as it came, for naming what went wrong; nothing in it need be true. */
  get shown(): ServerFlight | undefined {
    return this.#tap.observations.flight;
  }

  get given(): number {
    return this.#tap.given;
  }

  get flushed(): number {
    return this.#tap.flushed;
  }

  /**
   * DER of the certificate that the library has verified the server's signature with; defined from `held` on. Asked of
   * the library once: Node takes the certificate out of the peer's chain with each answer.
   */
  get verifiedLeaf(): Buffer | undefined {
    this.#verifiedLeaf ??= this.socket.getPeerX509Certificate()?.raw;
    return this.#verifiedLeaf;
  }

  destroy(why?: Error): void {
    this.socket.destroy(why);
    this.#tap.destroy(why);
  }

  #whenBroken(provesClient: boolean): Promise<never> {
    return new Promise((_resolve, reject) => {
      const fail = (error?: Error) => reject(handshakeFailure(this.#tap.observations, provesClient, error));
      const closed = () => fail();
      this.socket.once("error", fail);
      this.socket.once("close", closed);
      // Errors go on to whoever has the socket next; until then they are of no more use.
      this.socket.on("error", ignore);
      this.#settled = () => {
        this.socket.off("error", fail);
        this.socket.off("close", closed);
      };
    });
  }
}

function ignore(): void {}
