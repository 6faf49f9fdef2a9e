import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Exchange, UpgradeExchange } from "./exchange.ts";
import { flat, grouped, pairs } from "./fields.ts";

/** An exchange in HTTP/1.1 (RFC 9112) towards the page. */
export function http1Exchange(request: IncomingMessage, response: ServerResponse): Exchange {
  response.sendDate = false;
  request.on("error", () => {});
  response.on("error", () => {});
  return {
    kind: "exchange",
    ...requestOf(request),
    body: hasBody(request) ? request : undefined,
    trailers: () => pairs(request.rawTrailers),
    get begun() {
      return response.headersSent;
    },
    inform(status, fields) {
      if (response.headersSent) return;
      if (status === 100) response.writeContinue();
      else if (status === 102) response.writeProcessing();
      else if (status === 103) writeEarlyHints(response, grouped(fields));
    },
    begin(head) {
      response.writeHead(head.status, head.reason ?? "", flat(head.fields));
      if (!head.body) response.end();
      else sendTogether(response);
      return response;
    },
    finish(trailers) {
      if (trailers.length > 0) response.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
      response.end();
    },
    reset: () => request.socket.destroy(),
    onClose: (listener) => void response.once("close", listener),
  };
}

/**
 * Sends the head now, but in one piece with what comes of the content in this turn of the event loop: of a small answer
 * that is all, and each piece costs a way through the kernel. Ending the answer sends everything at once.
 */
function sendTogether(response: ServerResponse): void {
  response.cork();
  response.flushHeaders();
  setImmediate(() => {
    if (!response.writableEnded) response.uncork();
  });
}

/** Only what has a link to hint at can be written; a hint that cannot is left out: it is advice (RFC 8297 §2). */
function writeEarlyHints(response: ServerResponse, hints: Record<string, string | string[]>): void {
  const lowerCased = Object.fromEntries(Object.entries(hints).map(([name, value]) => [name.toLowerCase(), value]));
  try {
    response.writeEarlyHints(lowerCased);
  } catch {
    // Node refuses links that it cannot read.
  }
}

/** A request to leave HTTP/1.1 on this connection (RFC 9110 §7.8). */
export function http1Upgrade(request: IncomingMessage, socket: Socket, early: Buffer): UpgradeExchange {
  return { kind: "upgrade", ...requestOf(request), socket, early };
}

function requestOf(request: IncomingMessage) {
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    authority: request.headers.host ?? "",
    fields: pairs(request.rawHeaders),
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
