import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { RequestPass } from "../auth/channel.ts";
import { Refusal } from "../core/refusal.ts";
import { watchOf } from "./channel-watch.ts";
import type { Fields, UpgradeExchange } from "./exchange.ts";
import { grouped, pairs, valuesOf } from "./fields.ts";
import type { Lease } from "./pool.ts";
import { pump } from "./pump.ts";
import { asRefusal, type Relay, type RelayContext, refuse } from "./relay.ts";
import { answerFields, answerRefusal, upgradeFields } from "./relay-headers.ts";
import { passFor, withPass } from "./relay-pass.ts";

/** WebSocket (RFC 6455) over HTTP/1.1: after the server's 101, bytes in both directions on a channel of their own. */
export const upgradeRelay: Relay = {
  name: "upgrade",
  accepts: (request) => request.kind === "upgrade" && isWebSocket(request),
  serve(request, _url, context) {
    if (request.kind === "upgrade") void upgrade(request, context);
  },
};

function isWebSocket(request: UpgradeExchange): boolean {
  const protocols = valuesOf(request.fields, "upgrade");
  const hasContent = ["content-length", "transfer-encoding"].some((name) => valuesOf(request.fields, name).length > 0);
  return (
    request.method === "GET" && protocols.length === 1 && protocols[0]?.toLowerCase() === "websocket" && !hasContent
  );
}

async function upgrade(request: UpgradeExchange, context: RelayContext): Promise<void> {
  const gone = new AbortController();
  const { socket } = request;
  const onGone = () => gone.abort(new Refusal("verdict.cancelled", { fault: "the page has ended the request" }));
  socket.once("close", onGone);
  try {
    const lease = await context.lease(request, gone.signal);
    const pass = await passFor(lease);
    await handshake(request, context, { lease, pass }, gone.signal).catch((error) => {
      pass?.abandon();
      lease.release(false);
      throw error;
    });
  } catch (error) {
    if (!gone.signal.aborted) refuse(request, asRefusal(error), context);
  }
}

interface Granted {
  readonly lease: Lease;
  readonly pass: RequestPass | undefined;
}

function handshake(
  request: UpgradeExchange,
  context: RelayContext,
  { lease, pass }: Granted,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const watch = watchOf(lease.channel);
    const headers = grouped(upgradeFields(request, context.to.origin));
    const options = { method: "GET", path: request.target, headers, setHost: false };
    const upstream = lease.channel.request(withPass(options, pass));
    const verified = async (answer: IncomingMessage) => {
      try {
        await pass?.verify(answer.statusCode ?? 500, answer.rawHeaders);
        return true;
      } catch (error) {
        lease.channel.destroy(asRefusal(error));
        reject(error);
        return false;
      }
    };
    const abandon = () => upstream.destroy();
    signal.addEventListener("abort", abandon, { once: true });
    watch.begin(upstream);
    upstream.once("upgrade", async (answer, stream, early) => {
      stream.pause();
      if (!(await verified(answer))) return;
      signal.removeEventListener("abort", abandon);
      watch.end();
      stream.setTimeout(0);
      try {
        request.socket.write(headOf(answer, ["Connection: Upgrade", "Upgrade: websocket"], "websocket"));
        join(request.socket, request.early, stream, early);
        if (stream.destroyed) lease.release(false);
        else stream.once("close", () => lease.release(false));
        resolve();
      } catch (error) {
        reject(error);
      }
    });
    upstream.once("close", () => pass?.abandon());
    upstream.once("response", async (answer) => {
      answer.on("error", () => {});
      if (!(await verified(answer))) return;
      if (answer.statusCode === 101 || watch.fault !== undefined) {
        upstream.destroy(answerRefusal(watch.fault ?? "the server leaves HTTP for no protocol"));
      } else {
        declined(request, answer, () => lease.release(false));
        resolve();
      }
    });
    upstream.once("timeout", () => {
      const fault = `no answer to the WebSocket handshake within ${context.limits.responseHead} ms`;
      upstream.destroy(new Refusal("network.timeout", { value: context.to.origin, fault, expected: "an answer" }));
    });
    upstream.on("error", (error) => {
      reject(watch.fault === undefined ? error : answerRefusal(watch.fault));
    });
    upstream.setTimeout(context.limits.responseHead);
    upstream.end();
  });
}

/** The server keeps to HTTP: its answer goes to the page, and the connection ends with it. */
function declined({ socket }: UpgradeExchange, answer: IncomingMessage, done: () => void): void {
  answer.once("close", done);
  answer.on("error", () => socket.destroy());
  try {
    socket.write(headOf(answer, ["Connection: close"]));
    answer.pipe(socket);
  } catch {
    answer.destroy();
    socket.destroy();
  }
}

function headOf(answer: IncomingMessage, connection: readonly string[], protocol?: string): string {
  const raw = pairs(answer.rawHeaders);
  if (protocol !== undefined && valuesOf(raw, "upgrade").join().toLowerCase() !== protocol) {
    throw answerRefusal("the server switches to another protocol than the one that was asked for");
  }
  const status = answer.statusCode ?? 502;
  const fields: Fields = answerFields(raw).filter(([name]) => name.toLowerCase() !== "content-length");
  const lines = [...fields.map(([name, value]) => `${name}: ${value}`), ...connection];
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** Both directions with back-pressure; each side's end is passed on, either side's failure ends both. */
function join(page: Duplex, fromPage: Buffer, server: Duplex, fromServer: Buffer): void {
  if (fromServer.length > 0) page.write(fromServer);
  if (fromPage.length > 0) server.write(fromPage);
  for (const [one, other] of [
    [page, server],
    [server, page],
  ] as const) {
    one.on("error", () => other.destroy());
    // What was received before an orderly end is still delivered.
    one.once("close", () => (one.readableEnded ? other.end(() => other.destroy()) : other.destroy()));
    pump(one, other);
    one.once("end", () => other.end());
  }
}
