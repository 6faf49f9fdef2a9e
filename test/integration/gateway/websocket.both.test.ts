import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { after, before, describe, it } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import {
  type GatewayScene,
  readAll,
  startGateway,
  startHttpOrigin,
  startRawOrigin,
} from "../../support/gateway-scene.ts";

const handshake = (authority: string) =>
  `GET / HTTP/1.1\r\nHost: ${authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
const SWITCHED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n";

describe("WebSocket through the relay", () => {
  let scene: GatewayScene;
  let server: WebSocketServer;
  let upgradeHeaders: readonly string[] = [];
  before(async () => {
    server = new WebSocketServer({ noServer: true, maxPayload: 32 * 1024 * 1024 });
    const origin = await startHttpOrigin((_, response) => response.writeHead(426).end("not here"), {
      prepare: (https) =>
        https.on("upgrade", (request, socket, head) => {
          upgradeHeaders = request.rawHeaders;
          if (request.url === "/declined") {
            socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\n\r\nno");
            return;
          }
          server.handleUpgrade(request, socket, head, (client) => {
            client.on("message", (data, binary) => client.send(data, { binary }));
            if (request.url === "/greet") client.send("first word");
            if (request.url === "/leave") client.close(4001, "done here");
          });
        }),
    });
    scene = await startGateway({ origin });
  });
  after(async () => {
    for (const client of server.clients) client.terminate();
    await scene.close();
  });

  const open = async (path: string, options: { headers?: Record<string, string> } = {}): Promise<WebSocket> => {
    const socket = await scene.page("http/1.1");
    return new WebSocket(`ws://${scene.authority}${path}`, { createConnection: () => socket, ...options });
  };

  it("carries messages of both kinds and any size, both ways", async () => {
    const client = await open("/");
    await once(client, "open");
    for (const size of [0, 1, 125, 126, 65_536, 8 * 1024 * 1024]) {
      const sent = randomBytes(size);
      client.send(sent);
      const [received] = (await once(client, "message")) as [Buffer];
      assert.equal(sha256(received), sha256(sent), `${size} bytes`);
    }
    client.send("text");
    assert.equal(String((await once(client, "message"))[0]), "text");
    client.close();
    await once(client, "close");
  });

  it("carries what the server says at once", async () => {
    const client = await open("/greet");
    assert.equal(String((await once(client, "message"))[0]), "first word");
    client.terminate();
  });

  it("carries the server's closing", async () => {
    const client = await open("/leave");
    const [code, reason] = (await once(client, "close")) as [number, Buffer];
    assert.deepEqual([code, String(reason)], [4001, "done here"]);
  });

  it("passes cookies and the origin, and asks for the upgrade itself", async () => {
    const client = await open("/", { headers: { cookie: "a=1", origin: "https://bank.example", "keep-alive": "x" } });
    await once(client, "open");
    const field = (name: string) =>
      upgradeHeaders.filter((_, index) => index % 2 === 1 && upgradeHeaders[index - 1]?.toLowerCase() === name);
    assert.deepEqual(field("cookie"), ["a=1"]);
    assert.deepEqual(field("origin"), ["https://bank.example"]);
    assert.deepEqual(field("connection"), ["Upgrade"]);
    assert.deepEqual(field("upgrade"), ["websocket"]);
    assert.deepEqual(field("host"), [scene.authority]);
    assert.deepEqual(field("keep-alive"), []);
    client.terminate();
  });

  it("passes on that the server declines", async () => {
    const client = await open("/declined");
    const [, response] = (await once(client, "unexpected-response")) as [unknown, { statusCode: number }];
    assert.equal(response.statusCode, 403);
    client.on("error", () => {});
    client.terminate();
  });

  it("gives a used channel to nobody else", async () => {
    const client = await open("/");
    await once(client, "open");
    const before = scene.channels.filter(({ alive }) => alive).length;
    client.terminate();
    await once(client, "close");
    while (scene.channels.filter(({ alive }) => alive).length === before) await new Promise(setImmediate);
    const socket = await scene.page("http/1.1");
    const request = httpRequest({
      path: "/",
      headers: { host: scene.authority },
      createConnection: () => socket,
    }).end();
    const [answer] = (await once(request, "response")) as [{ statusCode: number }];
    assert.equal(answer.statusCode, 426);
    socket.destroy();
  });
});

describe("bytes that come in one piece with the head that ends HTTP", () => {
  it("are carried, the page's and the server's", async () => {
    const texts = { server: "", page: "" };
    const origin = await startRawOrigin((socket) => {
      socket.on("data", (chunk: Buffer) => {
        if (texts.server === "") socket.write(`${SWITCHED}from the server`);
        texts.server += chunk.toString("latin1");
      });
    });
    const scene = await startGateway({ origin });
    const page = await scene.page("http/1.1");
    page.on("data", (chunk: Buffer) => {
      texts.page += chunk.toString("latin1");
    });
    page.write(`${handshake(scene.authority)}from the page`);
    const whole = () => texts.server.endsWith("from the page") && texts.page.endsWith("from the server");
    for (let turn = 0; turn < 200 && !whole(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    await scene.close();
    assert.match(texts.server, /\r\n\r\nfrom the page$/);
    assert.match(texts.page, /\r\n\r\nfrom the server$/);
  });
});

describe("a server that answers a WebSocket handshake in odd ways", () => {
  const cases = {
    "another protocol": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "no protocol": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n",
    "a folded field":
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nX: y\r\n z\r\nUpgrade: websocket\r\n\r\n",
  };
  for (const [name, answer] of Object.entries(cases)) {
    it(`refuses ${name}`, async () => {
      const scene = await startGateway({
        origin: await startRawOrigin((socket) => socket.on("data", () => socket.write(answer))),
      });
      const socket = await scene.page("http/1.1");
      socket.write(handshake(scene.authority));
      assert.match(await readAll(socket), /^HTTP\/1\.1 502 /);
      assert.equal((await scene.nextRefusal()).code, "server.protocol");
      await scene.close();
    });
  }

  it("gives up on one that does not answer", async () => {
    const scene = await startGateway({ origin: await startRawOrigin(() => {}), limits: { responseHead: 50 } });
    const socket = await scene.page("http/1.1");
    socket.write(handshake(scene.authority));
    assert.match(await readAll(socket), /^HTTP\/1\.1 504 /);
    assert.equal((await scene.nextRefusal()).code, "network.timeout");
    await scene.close();
  });
});

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
