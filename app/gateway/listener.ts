import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Refusal } from "../core/refusal.ts";
import { credentialsCheck, type GatewayCredentials } from "./credentials.ts";
import type { GatewayLimits } from "./limits.ts";

export interface ListenerOptions {
  readonly credentials: GatewayCredentials;
  readonly limits: GatewayLimits;
  /** An authenticated CONNECT. `socket` has no reader yet; `answer` writes the status line and, unless 2xx, closes. */
  onConnect(target: string, socket: Socket, answer: (status: number) => void): void;
  /** Something other than an authenticated CONNECT; it has been answered and closed. */
  onRefused(target: string, refusal: Refusal): void;
}

export interface Listener {
  readonly port: number;
  /** Stops listening and destroys every connection that is not a tunnel yet. */
  close(): Promise<void>;
}

/**
 * An HTTP proxy on loopback that knows CONNECT only (RFC 9110 §9.3.6). Everything else, and everything without this
 * session's credentials, is answered and closed at once: no other program, and no other site's page, gets further.
 */
export async function createListener(options: ListenerOptions): Promise<Listener> {
  const { credentials, limits } = options;
  const admitted = credentialsCheck(credentials);
  const strangers = new Set<Socket>();

  const server = createServer({
    maxHeaderSize: limits.connectHeadBytes,
    headersTimeout: limits.connectHead,
    requestTimeout: limits.connectHead,
    connectionsCheckingInterval: Math.max(50, Math.min(1000, limits.connectHead / 4)),
    keepAlive: false,
    noDelay: true,
    joinDuplicateHeaders: true,
  });
  server.on("connection", (socket) => {
    strangers.add(socket);
    socket.once("close", () => strangers.delete(socket));
    socket.on("error", () => socket.destroy());
    // The oldest gives way: a local program that holds connections open cannot keep the site's own session out.
    const [oldest] = strangers;
    if (strangers.size > limits.unauthenticatedSockets) oldest?.destroy();
  });
  server.on("connect", (request, socket, head) => {
    const target = request.url ?? "";
    if (!isSocket(socket)) return void socket.destroy();
    if (!admitted(request.headers["proxy-authorization"])) {
      reply(socket, 407, { "Proxy-Authenticate": `Basic realm="${credentials.realm}", charset="UTF-8"` });
      // An engine asks without credentials first, to be told of what kind: that alone is no event.
      if (request.headers["proxy-authorization"] !== undefined) options.onRefused(target, credentialsRefusal(target));
      return;
    }
    strangers.delete(socket);
    if (head.length > 0) socket.unshift(head);
    options.onConnect(target, socket, (status) => reply(socket, status, {}));
  });
  server.on("request", (request, response) => {
    const fault = `the method is ${request.method}`;
    response.writeHead(405, { Allow: "CONNECT", Connection: "close" }).end();
    response.once("close", () => request.socket.destroy());
    options.onRefused(targetOf(request), methodRefusal(targetOf(request), fault));
  });
  server.on("upgrade", (request, socket) => {
    reply(socket, 405, { Allow: "CONNECT" });
    options.onRefused(targetOf(request), methodRefusal(targetOf(request), "the request asks for an upgrade"));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return void socket.destroy();
    const status = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }[error.code ?? ""] ?? 400;
    reply(socket, status, {});
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0, backlog: 1024 }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const stranger of strangers) stranger.destroy();
      }),
  };
}

/** A status line without a body. Any answer but 2xx ends the connection: nothing is left to reuse (RFC 9112 §9.6). */
function reply(socket: Duplex, status: number, headers: Record<string, string>): void {
  const opens = status >= 200 && status < 300;
  const reason = opens ? "Connection Established" : (STATUS_CODES[status] ?? "");
  const lines = Object.entries(opens ? headers : { ...headers, "Content-Length": "0", Connection: "close" });
  const head = `HTTP/1.1 ${status} ${reason}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  if (opens) socket.write(head);
  else socket.end(head, () => socket.destroy());
}

/** Pages that ask for `http:` end here too: what they put into a query stays out of events. */
const targetOf = ({ url = "" }: IncomingMessage): string => url.split(/[?#]/, 1)[0] ?? "";

const isSocket = (stream: Duplex): stream is Socket => "remotePort" in stream;

function credentialsRefusal(target: string): Refusal {
  return new Refusal("gateway.credentials", {
    value: target.slice(0, 300),
    fault: "the connection showed other credentials",
    expected: "the credentials of this site's session",
  });
}

function methodRefusal(target: string, fault: string): Refusal {
  return new Refusal("gateway.method", { value: target.slice(0, 300), fault, expected: "CONNECT host:port" });
}
