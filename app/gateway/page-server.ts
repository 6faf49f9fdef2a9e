import { createServer as createHttp1Server } from "node:http";
import { performServerHandshake, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { giveBack } from "../auth/give-back.ts";
import { Refusal } from "../core/refusal.ts";
import type { Exchange, UpgradeExchange } from "./exchange.ts";
import { type Fault, RequestFraming } from "./http-framing.ts";
import type { GatewayLimits } from "./limits.ts";
import type { PageCertificate } from "./page-certificate.ts";
import { http1Exchange, http1Upgrade } from "./page-http1.ts";
import { http2Exchange } from "./page-http2.ts";

/** Who reads what a page sends through one tunnel. */
export interface PageHandler {
  exchange(exchange: Exchange): void;
  upgrade(exchange: UpgradeExchange): void;
  /** The connection sent what no strict reader accepts; it has been closed. */
  malformed(refusal: Refusal): void;
}

export interface PageServer {
  /** Terminates the page's TLS on a tunnel that has been answered with 200. */
  accept(tunnel: Socket, handler: PageHandler): void;
  close(): void;
}

/** The quickest first: this hop never leaves the machine. Authenticated encryption with forward secrecy throughout. */
const PAGE_CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
].join(":");

const MEBIBYTE = 1_048_576;

/** TLS with the certificate of this run, then HTTP/2 or HTTP/1.1 as the page chooses by ALPN (RFC 7301). */
export function createPageServer(certificate: PageCertificate, limits: GatewayLimits): PageServer {
  /** By the tunnel's remote port: what the TLS server hands over has no other public link to the tunnel below it. */
  const handlers = new Map<number, PageHandler>();
  const http1 = createHttp1End(limits);

  const tls = createTlsServer({
    cert: certificate.pem,
    key: certificate.key,
    minVersion: "TLSv1.2",
    ciphers: PAGE_CIPHERS,
    honorCipherOrder: true,
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: limits.pageHandshake,
  });
  tls.on("tlsClientError", (_, socket) => socket.destroy());
  tls.on("secureConnection", (socket) => {
    const handler = handlers.get(socket.remotePort ?? 0);
    socket.on("error", () => socket.destroy());
    if (handler === undefined) socket.destroy();
    else if (socket.alpnProtocol === "h2") serveHttp2(socket, handler, limits);
    else http1.serve(socket, handler);
  });

  return {
    accept(tunnel, handler) {
      const port = tunnel.remotePort;
      if (port === undefined) return void tunnel.destroy();
      handlers.set(port, handler);
      tunnel.once("close", () => {
        if (handlers.get(port) === handler) handlers.delete(port);
      });
      tls.emit("connection", tunnel);
    },
    close() {
      handlers.clear();
      http1.close();
    },
  };
}

function serveHttp2(socket: TLSSocket, handler: PageHandler, limits: GatewayLimits): void {
  const session: ServerHttp2Session = performServerHandshake(socket, {
    maxSessionMemory: 256,
    settings: {
      maxConcurrentStreams: limits.pageStreams,
      initialWindowSize: MEBIBYTE,
      maxHeaderListSize: limits.pageHeadBytes,
      enablePush: false,
    },
  });
  session.on("error", () => session.destroy());
  session.on("frameError", () => session.destroy());
  session.on("stream", (stream, _headers, _flags, ...more: unknown[]) => {
    handler.exchange(http2Exchange(stream, more[0] as readonly string[]));
  });
  session.setLocalWindowSize(16 * MEBIBYTE);
}

/** Node's HTTP/1.1 server, and in front of its parser the stricter reading of http-framing.ts. */
function createHttp1End(limits: GatewayLimits) {
  const connections = new Map<Socket, { readonly handler: PageHandler; readonly watch: ConnectionWatch }>();
  const server = createHttp1Server({
    maxHeaderSize: limits.pageHeadBytes,
    keepAliveTimeout: 0,
    requestTimeout: 0,
    headersTimeout: 0,
    noDelay: true,
  });
  server.timeout = 0;
  server.on("request", (request, response) => {
    const connection = connections.get(request.socket);
    if (connection === undefined || connection.watch.failed) return;
    connection.watch.track(response);
    connection.handler.exchange(http1Exchange(request, response));
  });
  // The answer to Expect is the origin server's: it comes back as an interim answer (RFC 9110 §10.1.1).
  server.on("checkContinue", (request, response) => server.emit("request", request, response));
  server.on("upgrade", (request, stream, early) => {
    const socket = request.socket;
    const connection = connections.get(socket);
    if (connection === undefined || stream !== socket) return void stream.destroy();
    if (connection.watch.failed) return;
    connection.watch.end();
    connection.handler.upgrade(http1Upgrade(request, socket, early));
  });
  server.on("clientError", (error, socket) => {
    const connection = connections.get(socket as Socket);
    if (connection === undefined) socket.destroy();
    else connection.watch.fail(`Node's parser refused it: ${error.message}`);
  });

  return {
    serve(socket: TLSSocket, handler: PageHandler) {
      const watch = new ConnectionWatch(socket, limits, (fault) => handler.malformed(requestRefusal(fault)));
      connections.set(socket, { handler, watch });
      socket.once("close", () => connections.delete(socket));
      server.emit("connection", socket);
      watch.begin();
    },
    close: () => server.close(),
  };
}

/** Reads along on one HTTP/1.1 connection, and closes it at the first fault or when a head stalls. */
class ConnectionWatch {
  failed = false;
  private ended = false;
  private readonly framing: RequestFraming;
  private readonly socket: Socket;
  private readonly limits: GatewayLimits;
  private readonly report: (fault: Fault) => void;
  private answering = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, limits: GatewayLimits, report: (fault: Fault) => void) {
    this.framing = new RequestFraming(limits.pageHeadBytes);
    this.socket = socket;
    this.limits = limits;
    this.report = report;
  }

  /** After the HTTP server has taken the socket: its parser then gets the bytes by event, and second. */
  begin(): void {
    this.socket.prependListener("data", this.read);
    this.socket.on("data", this.giveBack);
    this.socket.once("close", () => clearTimeout(this.timer));
  }

  /** The connection leaves HTTP. */
  end(): void {
    clearTimeout(this.timer);
    this.socket.removeListener("data", this.read);
    this.socket.removeListener("data", this.giveBack);
    this.ended = true;
  }

  track(response: NodeJS.EventEmitter): void {
    this.answering += 1;
    response.once("close", () => {
      this.answering -= 1;
    });
  }

  fail(fault: Fault): void {
    if (this.failed) return;
    this.failed = true;
    this.end();
    // An answer under way must not be mixed with another.
    if (this.answering > 0) this.socket.destroy();
    else
      this.socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", () =>
        this.socket.destroy(),
      );
    this.report(fault);
  }

  /** Node's parser, which listens already, has copied what it keeps, unless this chunk made the connection leave HTTP. */
  private readonly giveBack = (bytes: Buffer): void => {
    if (!this.ended) giveBack(bytes);
  };

  private readonly read = (bytes: Buffer): void => {
    const fault = this.framing.feed(bytes);
    if (fault !== undefined) {
      this.fail(fault);
    } else if (!this.framing.inHead) {
      clearTimeout(this.timer);
      this.timer = undefined;
    } else {
      this.timer ??= setTimeout(
        () => this.fail(`a head took longer than ${this.limits.pageHead} ms`),
        this.limits.pageHead,
      );
    }
  };
}

function requestRefusal(fault: Fault): Refusal {
  return new Refusal("gateway.request", { fault, expected: "a request that can be read in one way only" });
}
