import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import type { Duplex } from "node:stream";
import type { Expectation } from "../core/expectation.ts";
import { Refusal } from "../core/refusal.ts";
import { ChannelAgent } from "./channel-agent.ts";

/** How much has left on the connection below, in octets: to know what a byte of the server's cannot be an answer to. */
export interface Outflow {
  readonly given: number;
  /** How much of it the network has taken. */
  readonly flushed: number;
}

/**
 * HTTP/1.1 over one established and protected socket: one request at a time, in order. A byte that the server sends without
 * having been asked ends the connection, since it could only be taken for the answer to the next request: also one that
 * comes while the request has been made and the network has taken nothing of it yet. (A TLS 1.3 server may write as soon
 * as it has sent its Finished. What it wrote while our request was under way looks like an answer; the true answer then
 * comes unasked and ends the connection, too.)
 */
export class ChannelConnection {
  /** Resolves once, with the refusal that ended the connection or undefined for an ordinary close. */
  readonly ended: Promise<Refusal | undefined>;
  readonly #socket: Duplex;
  readonly #expectation: Expectation;
  readonly #agent: ChannelAgent;
  readonly #outflow: Outflow;
  /** Octets given when the request was about to be written; undefined while none is. */
  #asking: number | undefined;
  readonly #requests = new Set<ClientRequest>();
  #last: ClientRequest | undefined;
  #watching = false;
  #cut = false;
  #why: Error | undefined;

  constructor(socket: Duplex, expectation: Expectation, outflow: Outflow) {
    this.#socket = socket;
    this.#outflow = outflow;
    this.#expectation = expectation;
    this.#agent = new ChannelAgent(socket, () => this.whyEnded);
    this.#agent.on("free", () => this.#watchIdle());
    socket.on("error", (error) => this.#fail(error));
    this.ended = new Promise((resolve) => {
      socket.once("close", () => {
        this.#why ??= this.#secondAnswer();
        resolve(this.#why instanceof Refusal ? this.#why : undefined);
      });
    });
    this.#startIdle();
  }

  get open(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Starts a request; what would lead it to another connection or parser is not taken from the options. */
  request(options: RequestOptions): ClientRequest {
    const started = request({
      ...options,
      protocol: "http:",
      host: this.#expectation.host,
      hostname: this.#expectation.host,
      port: this.#expectation.port,
      defaultPort: 443,
      agent: this.#agent,
      createConnection: undefined,
      socketPath: undefined,
      auth: undefined,
      insecureHTTPParser: false,
    });
    this.#last = started;
    this.#requests.add(started);
    started.once("socket", () => this.#ask());
    started.once("close", () => this.#requests.delete(started));
    if (started.method === "HEAD") keepAfterHead(started);
    return started;
  }

  /** Cuts both directions now; `why` reaches the requests in flight. */
  destroy(why?: Error): void {
    this.#cut = true;
    this.#why ??= why;
    const requests = [...this.#requests];
    this.#requests.clear();
    this.#socket.destroy(why);
    for (const started of requests) {
      responseOf(started)?.destroy(why);
      started.destroy(why);
    }
  }

  #fail(error: Error): void {
    this.#why ??= error;
    this.destroy(error);
  }

  /** Why no request can be made any more. */
  get whyEnded(): Error {
    if (this.#why !== undefined) return this.#why;
    const last = this.#last;
    if (last !== undefined && !last.shouldKeepAlive && responseOf(last)?.complete === true) {
      return new Refusal("server.no-keep-alive", {
        fault: "the server ended the connection with its answer",
        expected: "a persistent connection (RFC 9112 §9.3)",
      });
    }
    return new Refusal("network.closed", { fault: "the server has ended the connection", expected: "an open channel" });
  }

  /**
   * Node's parser destroys the socket without a word when a second answer follows the first at once: nobody else ends
   * a connection that both sides had agreed to keep.
   */
  #secondAnswer(): Refusal | undefined {
    const last = this.#last;
    const complete = last !== undefined && responseOf(last)?.complete === true;
    if (!complete || !last.shouldKeepAlive || this.#cut || this.#socket.readableEnded) return undefined;
    return new Refusal("server.protocol", { fault: "the server sent more than one answer to a request" });
  }

  /** The agent got the socket back: the answer was complete. */
  #watchIdle(): void {
    if (this.#socket.destroyed || !this.#agent.idle) return;
    if (this.#socket.readableEnded) this.destroy();
    else this.#startIdle();
  }

  #startIdle(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#asking = undefined;
    this.#socket.on("data", this.#onUnsolicited);
    this.#socket.on("end", this.#onIdleEnd);
  }

  /** From here on an end concerns the request; bytes do when the network has taken some of it. */
  #ask(): void {
    this.#asking = this.#outflow.given;
    this.#socket.off("end", this.#onIdleEnd);
  }

  readonly #onUnsolicited = (chunk: Buffer): void => {
    if (this.#asking !== undefined && this.#outflow.flushed > this.#asking) {
      this.#watching = false;
      this.#socket.off("data", this.#onUnsolicited);
      return;
    }
    const value = `${chunk.length} octets`;
    this.destroy(new Refusal("server.protocol", { value, fault: "the server spoke without having been asked" }));
  };

  readonly #onIdleEnd = (): void => this.destroy();
}

/**
 * Node takes an answer to HEAD that states no length for one whose body ends with the connection, and would close it.
 * Such an answer has no body at all (RFC 9112 §6.3), so the connection persists as its header says (§9.3).
 */
function keepAfterHead(started: ClientRequest): void {
  started.prependOnceListener("response", (response) => {
    const options = connectionOptionsOf(response.rawHeaders);
    const persists = response.httpVersion === "1.1" ? !options.includes("close") : options.includes("keep-alive");
    if (persists) started.shouldKeepAlive = true;
    // Node discards an answer that nobody listens for; this listener must not be the reason to keep it.
    if (started.listenerCount("response") === 0) response.resume();
  });
}

/** The options of all `Connection` fields, in lower case. (`headers` would have every field of the answer sorted in.) */
function connectionOptionsOf(rawHeaders: readonly string[]): readonly string[] {
  const values = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "connection",
  );
  return values.flatMap((value) => value.toLowerCase().split(/\s*,\s*/));
}

/** The answer under way. Node sets it; @types/node does not know it. A listener would keep Node from discarding it. */
function responseOf(started: ClientRequest & { readonly res?: IncomingMessage }): IncomingMessage | undefined {
  return started.res ?? undefined;
}
