/** A keep-alive agent as a browser has one, through the gateway's CONNECT or straight to a TLS port. */
import { Agent, request } from "node:https";
import { connect as dial, type Socket } from "node:net";
import { connect as handshake, type TLSSocket } from "node:tls";
import type { GatewayFacts } from "./gateway-child.ts";
import type { PortalFacts } from "./portal.ts";

/** Where the page believes to be. */
type Target = Pick<PortalFacts, "host" | "port">;

/** Resolves with the socket once the gateway has answered 200. */
function tunnel({ port, username, password }: GatewayFacts, target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dial(port, "127.0.0.1");
    const credentials = Buffer.from(`${username}:${password}`).toString("base64");
    socket.setNoDelay();
    socket.once("error", reject);
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`);
    let head = "";
    socket.on("data", function read(chunk: Buffer) {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", read);
      socket.off("error", reject);
      if (head.startsWith("HTTP/1.1 200")) resolve(socket);
      else reject(new Error(`the gateway answered ${head.split("\r\n", 1)[0]}`));
    });
  });
}

/** One TLS connection over a tunnel. The page's TLS ends in the gateway's throw-away certificate. */
export async function throughGateway(gateway: GatewayFacts, portal: Target): Promise<TLSSocket> {
  const socket = await tunnel(gateway, `${portal.host}:${portal.port}`);
  return await new Promise((resolve, reject) => {
    const secured = handshake({ socket, servername: portal.host, rejectUnauthorized: false }, () => resolve(secured));
    secured.once("error", reject);
  });
}

type Connected = (error: Error | null, socket?: TLSSocket) => void;

export function agentThrough(gateway: GatewayFacts, portal: Target): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 6 });
  const createConnection = (_options: unknown, done: Connected): void => {
    throughGateway(gateway, portal).then((socket) => done(null, socket), done);
  };
  // Node documents that agents may be given another way to connect; its types allow only a subclass.
  return Object.assign(agent, { createConnection });
}

export const agentTo = (port: number, portal: PortalFacts): Agent =>
  new Agent({
    keepAlive: true,
    maxSockets: 6,
    host: "127.0.0.1",
    port,
    servername: portal.host,
    ca: portal.rootPem,
    cert: portal.identity.chainPem,
    key: portal.identity.keyPem,
  });

/** One GET, its body read to the end. @returns the number of bytes */
export function get(agent: Agent, portal: Target, path: string, port = portal.port): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${portal.host}:${portal.port}` };
    const options = { host: "127.0.0.1", port, servername: portal.host, path, headers, agent };
    const asked = request(options, (response) => {
      let bytes = 0;
      if (response.statusCode !== 200) reject(new Error(`${path}: HTTP ${response.statusCode}; expected 200`));
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.byteLength;
      });
      response.once("end", () => resolve(bytes));
      response.once("error", reject);
    });
    asked.once("error", reject);
    asked.end();
  });
}
