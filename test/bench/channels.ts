/** A thousand channels at once, each with an answer under way: time and memory for each. */
import { connect as dial } from "node:net";
import { connect as handshake, type TLSSocket } from "node:tls";
import { startChild } from "./child.ts";
import type { GatewayFacts } from "./gateway-child.ts";
import { memoryOf } from "./memory.ts";
import { factsOf, type Portal, type PortalFacts } from "./portal.ts";
import { throughGateway } from "./proxied-agent.ts";
import { type Row, rowOf } from "./row.ts";
import { startStunnelPair } from "./stunnel.ts";

const CHANNELS = 1000;
/** How many a client begins at the same time; more would only measure the queue of the listening socket. */
const AT_ONCE = 50;
const KIBIBYTES_PER_MEBIBYTE = 1024;

/** Asks for an answer that trickles and resolves with its head, so that the channel stays busy. */
function headOf(socket: TLSSocket, portal: PortalFacts): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed before an answer")));
    socket.once("data", (chunk: Buffer) => {
      const line = chunk.toString("latin1").split("\r\n", 1)[0];
      if (line === "HTTP/1.1 200 OK") resolve();
      else reject(new Error(`${line}; expected 200`));
      socket.removeAllListeners("close");
      socket.on("error", () => {});
    });
    socket.write(`GET /trickle/slow.bin HTTP/1.1\r\nHost: ${portal.host}:${portal.port}\r\n\r\n`);
  });
}

interface Cost {
  /** Milliseconds. */
  readonly time: number;
  /** KiB. */
  readonly memory: number;
}

/** Opens all, measures while all are open, and closes all. */
async function cost(open: () => Promise<TLSSocket>, portal: PortalFacts, pids: readonly number[]): Promise<Cost> {
  const before = memoryOf(pids);
  const sockets: TLSSocket[] = [];
  let begun = 0;
  const worker = async () => {
    while (begun < CHANNELS) {
      begun += 1;
      const socket = await open();
      sockets.push(socket);
      await headOf(socket, portal);
    }
  };
  const start = performance.now();
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const time = (performance.now() - start) / CHANNELS;
    const ended = sockets.filter(({ destroyed, readableEnded }) => destroyed || readableEnded).length;
    if (sockets.length !== CHANNELS || ended > 0) {
      throw new Error(`${sockets.length - ended} channels are open; expected ${CHANNELS}`);
    }
    return { time, memory: ((memoryOf(pids) - before) * KIBIBYTES_PER_MEBIBYTE) / CHANNELS };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function throughStunnels(port: number, portal: PortalFacts): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const raw = dial(port, "127.0.0.1");
    raw.once("error", reject);
    const options = { socket: raw, servername: portal.host, ca: portal.rootPem };
    const socket = handshake(options, () => resolve(socket));
    socket.once("error", reject);
  });
}

export async function measureChannels(portal: Portal): Promise<readonly Row[]> {
  const gateway = await startChild("./gateway-child.ts", factsOf(portal));
  const stunnels = await startStunnelPair(portal);
  try {
    const facts = (await gateway.next()) as GatewayFacts;
    const product = await cost(() => throughGateway(facts, portal), portal, [gateway.pid]);
    const peer = await cost(() => throughStunnels(stunnels.port, portal), portal, stunnels.pids);
    const common = { peerName: "two chained stunnels", better: "less" } as const;
    return [
      rowOf({
        ...common,
        id: "channels.time",
        what: "1,000 concurrent channels: time each",
        product: product.time,
        peer: peer.time,
        unit: "ms",
      }),
      rowOf({
        ...common,
        id: "channels.memory",
        what: "1,000 concurrent channels: memory each",
        product: product.memory,
        peer: peer.memory,
        unit: "KiB",
      }),
    ];
  } finally {
    await gateway.stop();
    await stunnels.stop();
  }
}
