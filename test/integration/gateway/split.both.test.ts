/** Split channels: what the user gives and what the user gets, recorded by a real server for each of its connections. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import type { Site } from "../../../app/core/profile.ts";
import { type GatewayScene, readHead, startGateway, startHttpOrigin } from "../../support/gateway-scene.ts";

/** The address from which the second path's own connections reach the server. */
const SECOND = "127.0.0.9";
const SECRET = "pin=4711";

interface Seen {
  readonly what: string;
  readonly body: string;
  /** Number of the connection, by the server's count. */
  readonly connection: number;
  readonly from: string;
}

interface Bank {
  readonly scene: GatewayScene;
  readonly seen: readonly Seen[];
  readonly connections: readonly { readonly reused: boolean }[];
  /** Traffic secrets of all connections; TLS 1.3 has one for each. */
  readonly secrets: ReadonlySet<string>;
}

async function startBank(site: (port: number) => Partial<Site>): Promise<Bank> {
  const seen: Seen[] = [];
  const sockets: TLSSocket[] = [];
  const connections: { reused: boolean }[] = [];
  const secrets = new Set<string>();
  const record = (socket: Socket, what: string, body: string) =>
    seen.push({ what, body, connection: sockets.indexOf(socket as TLSSocket), from: socket.remoteAddress ?? "" });
  const origin = await startHttpOrigin(
    async (request, response) => {
      record(request.socket, `${request.method} ${request.url}`, await text(request));
      response.end(request.method === "HEAD" ? undefined : "answer");
    },
    {
      prepare: (server) => {
        server.on("secureConnection", (socket: TLSSocket) => {
          sockets.push(socket);
          connections.push({ reused: socket.isSessionReused() });
        });
        server.on("keylog", (line: Buffer) => {
          const [label, , secret] = line.toString("latin1").trim().split(" ");
          if (label === "CLIENT_TRAFFIC_SECRET_0" && secret !== undefined) secrets.add(secret);
        });
        server.on("upgrade", (request, socket) => {
          record(request.socket, "upgrade", "");
          socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        });
      },
    },
  );
  const scene = await startGateway({ origin, site: { channels: "split", ...site(origin.port) } });
  return { scene, seen, connections, secrets };
}

/** One request over HTTP/2. @returns the status */
async function ask(session: ClientHttp2Session, method: string, path: string, body?: string): Promise<number> {
  const stream = session.request({ ":method": method, ":path": path }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [headers] = (await once(stream, "response")) as [{ ":status": number }];
  stream.resume();
  await once(stream, "close");
  return headers[":status"];
}

const GIVING = ["POST /login", "PUT /limit", "DELETE /draft", "PATCH /name", "GET /search", "upgrade"];

async function visit({ scene }: Bank): Promise<void> {
  const session = await scene.http2();
  for (const path of ["/", "/style.css"]) assert.equal(await ask(session, "GET", path), 200);
  assert.equal(await ask(session, "POST", "/login", SECRET), 200);
  assert.equal(await ask(session, "HEAD", "/account"), 200);
  assert.equal(await ask(session, "PUT", "/limit", SECRET), 200);
  assert.equal(await ask(session, "DELETE", "/draft"), 200);
  assert.equal(await ask(session, "PATCH", "/name", SECRET), 200);
  assert.equal(await ask(session, "OPTIONS", "/account"), 200);
  // Content makes it a giving request, whatever the method.
  assert.equal(await ask(session, "GET", "/search", SECRET), 200);
  const page = await scene.page("http/1.1");
  page.write(
    `GET /socket HTTP/1.1\r\nHost: ${scene.authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  assert.match(await readHead(page), /^HTTP\/1\.1 403 /);
}

function assertSplit({ seen, connections, secrets }: Bank): void {
  assert.equal(seen.length, 10);
  const of = (giving: boolean) => seen.filter(({ what }) => GIVING.includes(what) === giving);
  const carried = (requests: readonly Seen[]) => new Set(requests.map(({ connection }) => connection));
  const both = [...carried(of(true))].filter((connection) => carried(of(false)).has(connection));
  assert.deepEqual(both, [], "no connection carried both");
  assert.deepEqual(
    of(false).filter(({ body }) => body !== ""),
    [],
  );
  assert.ok(connections.every(({ reused }) => !reused));
  assert.equal(secrets.size, connections.length, "each connection has a key of its own");
}

const fromOf = ({ seen }: Bank, giving: boolean) => [
  ...new Set(seen.filter(({ what }) => GIVING.includes(what) === giving).map(({ from }) => from)),
];

/** Passes bytes on, from an address of its own. */
function passOn(socket: Socket, port: number): void {
  const onwards = connect({ host: "127.0.0.1", port, localAddress: SECOND });
  for (const [one, other] of [
    [socket, onwards],
    [onwards, socket],
  ] as const) {
    one.on("error", () => other.destroy());
    one.once("close", () => other.destroy());
    one.pipe(other);
  }
}

async function listenAt(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("a site that splits its channels", () => {
  it("has other channels for what the user gives than for what the user gets", async () => {
    const bank = await startBank(() => ({}));
    try {
      await visit(bank);
      assertSplit(bank);
    } finally {
      await bank.scene.close();
    }
  });

  it("control: without the word, one channel carries both", async () => {
    const bank = await startBank(() => ({ channels: undefined }));
    try {
      const session = await bank.scene.http2();
      await ask(session, "GET", "/");
      await ask(session, "POST", "/login", SECRET);
      assert.equal(new Set(bank.seen.map(({ connection }) => connection)).size, 1);
    } finally {
      await bank.scene.close();
    }
  });

  it("gives by other addresses, where the profile names them, and by no other way", async () => {
    const sockets = new Set<Socket>();
    let port = 0;
    const second = createServer((socket) => {
      sockets.add(socket.once("close", () => sockets.delete(socket)));
      passOn(socket, port);
    });
    const bank = await startBank((own) => {
      port = own;
      return { secondPath: { addresses: ["127.0.0.2"] } };
    });
    try {
      await listenAt(second, "127.0.0.2", port);
      await visit(bank);
      assertSplit(bank);
      assert.deepEqual([fromOf(bank, true), fromOf(bank, false)], [[SECOND], ["127.0.0.1"]]);

      const session = await bank.scene.http2();
      second.close();
      for (const socket of sockets) socket.destroy();
      assert.equal(await ask(session, "POST", "/late", SECRET), 502);
      assert.equal(
        bank.seen.some(({ what }) => what === "POST /late"),
        false,
        "it did not take the other way",
      );
      const { origin } = new URL(`https://${bank.scene.authority}`);
      const outcome = await bank.scene.gateway.prove(origin);
      assert.equal(outcome.kind, "refused", "nothing is shown that could not be answered");
    } finally {
      second.close();
      await bank.scene.close();
    }
  });

  it("gives from another address of this computer, where the profile names one", async () => {
    const bank = await startBank(() => ({ secondPath: { localAddress: "127.0.0.3" } }));
    try {
      await visit(bank);
      assertSplit(bank);
      assert.deepEqual([fromOf(bank, true), fromOf(bank, false)], [["127.0.0.3"], ["127.0.0.1"]]);
    } finally {
      await bank.scene.close();
    }
  });

  it("gives by another proxy, where the profile names one", async () => {
    const asked: string[] = [];
    let port = 0;
    const proxy = createServer(async (socket) => {
      asked.push((await readHead(socket)).split("\r\n")[0] ?? "");
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      passOn(socket, port);
    });
    const proxyPort = await listenAt(proxy, "127.0.0.1", 0);
    const bank = await startBank((own) => {
      port = own;
      return { secondPath: { proxy: `127.0.0.1:${proxyPort}` } };
    });
    try {
      await visit(bank);
      assertSplit(bank);
      assert.deepEqual([fromOf(bank, true), fromOf(bank, false)], [[SECOND], ["127.0.0.1"]]);
      assert.deepEqual([...new Set(asked)], [`CONNECT ${bank.scene.authority} HTTP/1.1`]);
    } finally {
      proxy.close();
      await bank.scene.close();
    }
  });
});
