import { Agent } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Gives the one authenticated socket of a channel to one request after another. It never opens a connection of its
 * own: when the socket has ended, requests fail.
 */
export class ChannelAgent extends Agent {
  /** For the Host header: https' port is the one to leave out (RFC 9110 §4.2.2). */
  readonly defaultPort = 443;
  readonly #socket: Duplex;
  readonly #whyEnded: () => Error;
  #given = false;

  /** @param whyEnded what requests fail with that come after the end */
  constructor(socket: Duplex, whyEnded: () => Error) {
    super({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
    this.#socket = socket;
    this.#whyEnded = whyEnded;
  }

  /** The socket waits for a request. */
  get idle(): boolean {
    return Object.keys(this.freeSockets).length > 0;
  }

  override createConnection(_options: unknown, done?: (error: Error | null, socket: Duplex) => void): undefined {
    const usable = !this.#given && !this.#socket.destroyed;
    this.#given = true;
    done?.(usable ? null : this.#whyEnded(), this.#socket);
  }

  /** All requests share the one connection, whatever their options. */
  override getName(): string {
    return "channel";
  }

  /** Neither TCP keep-alive nor unref: the channel's owner decides how long it lives. */
  override keepSocketAlive(): boolean {
    return true;
  }
}
