import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { ClientRequest, IncomingMessage, RequestOptions, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { after, describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import type { Channel } from "../../../app/auth/channel.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { OK } from "../../realm/servers.ts";
import { refusalOf, Stage } from "./stage.ts";

const stage = new Stage();
after(() => stage.close());

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The bank's portal, by Node's own HTTP server, which insists on the user's certificate. */
async function portal(handler: Handler, change: (server: Server) => void = () => {}): Promise<number> {
  const { genuine, clientAuthority } = stage.scene;
  const server = createServer(
    { key: genuine.keyPem, cert: genuine.chainPem, ca: clientAuthority.certificatePem, requestCert: true },
    (request, response) => (request.method === "HEAD" ? response.end() : handler(request, response)),
  );
  const sockets = new Set<Socket>();
  server.on("secureConnection", (socket: TLSSocket) => sockets.add(socket.on("error", () => {})));
  server.on("tlsClientError", () => {});
  change(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stage.onClose(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => request.once("response", resolve).once("error", reject));
}

async function textOf(channel: Channel, options: RequestOptions, body = ""): Promise<string> {
  const request = channel.request(options);
  request.end(body);
  const chunks: Buffer[] = [];
  for await (const chunk of await answerTo(request)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const errorOf = (emitter: NodeJS.EventEmitter): Promise<Error> =>
  once(emitter, "error").then(([error]) => error as Error);

// What never comes must fail a test, not hang it.
describe("a channel", { timeout: 60_000 }, () => {
  it("carries one request after another on the one connection, also those asked for at once", async () => {
    const ports = new Set<number | undefined>();
    const port = await portal((request, response) => {
      ports.add(request.socket.remotePort);
      response.end(request.url);
    });
    const channel = await stage.open(port);
    assert.equal(await textOf(channel, { path: "/one" }), "/one");
    const both = [textOf(channel, { path: "/two" }), textOf(channel, { path: "/three", method: "POST" }, "body")];
    assert.deepEqual(await Promise.all(both), ["/two", "/three"]);
    assert.equal(await textOf(channel, { path: "/four" }), "/four");
    assert.equal(ports.size, 1);
    assert.equal(channel.alive, true);
    channel.destroy();
    assert.equal(channel.alive, false);
    assert.equal(await channel.ended, undefined);
  });

  it("probes with the origin and nothing else", async () => {
    const heads: string[] = [];
    const server = await stage.serve({
      answer: (socket, head) => {
        heads.push(head);
        socket.write(OK);
      },
    });
    const client = { method: "certificate", issuer: "CN=Example Client CA", probe: "/health?x=1" } as const;
    await stage.open(server.port, client);
    assert.deepEqual(heads, [
      ["HEAD /health?x=1 HTTP/1.1", `Host: bank.example:${server.port}`, "Connection: keep-alive"].join("\r\n"),
    ]);
  });

  it("stays with its server whatever the request's options say", async () => {
    const port = await portal((request, response) => response.end(request.headers.host));
    const channel = await stage.open(port);
    const astray = {
      host: "evil.example",
      hostname: "evil.example",
      port: 1,
      protocol: "http:",
      agent: false,
    } as const;
    const more = { socketPath: "/nowhere", auth: "user:password", createConnection: () => assert.fail() };
    assert.equal(await textOf(channel, { ...astray, ...more, path: "/" }), `bank.example:${port}`);
  });

  it("moves large bodies both ways unharmed, at the reader's pace", async () => {
    const size = 20_000_000;
    const hash = (data: Buffer) => createHash("sha256").update(data).digest("hex");
    const body = Buffer.alloc(size, "0123456789abcdefghij");
    const port = await portal(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      response.setHeader("x-got", hash(Buffer.concat(chunks)));
      response.end(body);
    });
    const channel = await stage.open(port);
    const request = channel.request({ method: "PUT", path: "/" });
    request.end(body);
    const answer = await answerTo(request);
    assert.equal(answer.headers["x-got"], hash(body));
    // The reader rests: what the channel buffers meanwhile is bounded.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const [dialled] = stage.dialled.slice(-1);
    assert.ok((dialled?.bytesRead ?? 0) < size, `${dialled?.bytesRead} octets read for nobody`);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk);
    assert.equal(hash(Buffer.concat(chunks)), hash(body));
  });

  it("becomes a byte stream after an upgrade, with halves that end apart", async () => {
    const port = await portal(
      () => assert.fail(),
      (server) =>
        server.on("upgrade", (_request, socket: Duplex) => {
          socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello ");
          socket.on("data", (chunk) => socket.write(chunk));
          socket.on("end", () => socket.end("bye"));
        }),
    );
    const channel = await stage.open(port);
    const request = channel.request({ path: "/", headers: { connection: "upgrade", upgrade: "echo" } });
    request.end();
    const [, socket, head] = (await once(request, "upgrade")) as [IncomingMessage, Duplex, Buffer];
    let received = head.toString();
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString();
    });
    socket.write("echo ");
    socket.end();
    await once(socket, "end");
    assert.equal(received, "hello echo bye");
  });

  it("keeps its answers apart from what the server says unasked", async () => {
    const server = await stage.serve();
    const channel = await stage.open(server.port);
    const smuggling = await stage.serve({
      answer: (socket, head) => {
        socket.write(OK);
        if (head.startsWith("GET")) setTimeout(() => socket.write("HTTP/1.1 200 OK\r\n\r\n"), 20);
      },
    });
    const victim = await stage.open(smuggling.port);
    await textOf(victim, { path: "/" });
    assert.equal((await victim.ended)?.code, "server.protocol");
    assert.equal(channel.alive, true);
    const late = victim.request({ path: "/" });
    assert.equal(((await errorOf(late)) as Refusal).code, "server.protocol");
  });

  for (const [what, answer] of [
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["a length beside chunks", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a bare line feed", "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n"],
    ["a folded header", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"],
  ] as const) {
    it(`ends with an answer that has ${what}`, async () => {
      const server = await stage.serve({
        answer: (socket, head) => socket.write(head.startsWith("HEAD") ? OK : answer),
      });
      const channel = await stage.open(server.port);
      const request = channel.request({ path: "/" });
      request.end();
      const outcome = await answerTo(request).then(
        async (response) => (await errorOf(response.resume())) as NodeJS.ErrnoException,
        (error: NodeJS.ErrnoException) => error,
      );
      assert.match(outcome.code ?? "", /^HPE_|ECONNRESET/);
      await channel.ended;
      assert.equal(channel.alive, false);
    });
  }

  it("ends quietly when the server closes it", async () => {
    const sockets: TLSSocket[] = [];
    const server = await stage.serve({ onSecure: (socket) => sockets.push(socket) });
    const channel = await stage.open(server.port);
    for (const socket of sockets) socket.end();
    assert.equal(await channel.ended, undefined);
    assert.equal(channel.alive, false);
    assert.equal(((await errorOf(channel.request({ path: "/" }))) as Refusal).code, "network.closed");
    assert.ok(stage.dialled.at(-1)?.destroyed);
  });

  it("is cut in both directions at once, and whoever uses it learns why", async () => {
    const requests: IncomingMessage[] = [];
    const port = await portal((request, response) => {
      requests.push(request);
      response.write("the first half");
    });
    const channel = await stage.open(port);
    const request = channel.request({ path: "/" });
    request.end();
    const response = await answerTo(request);
    await once(response, "data");
    const cut = Promise.all([errorOf(response), channel.ended, once(requests[0]?.socket as Socket, "close")]);
    request.on("error", () => {});
    channel.destroy(new Refusal("verdict.lapsed", { fault: "the test says so" }));
    const [error, why] = await cut;
    assert.equal((error as Refusal).code, "verdict.lapsed");
    assert.equal(why?.code, "verdict.lapsed");
  });

  it("cuts an upgraded stream too", async () => {
    const port = await portal(
      () => assert.fail(),
      (server) =>
        server.on("upgrade", (_request, socket: Duplex) => {
          socket.on("error", () => {});
          socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
        }),
    );
    const channel = await stage.open(port);
    const request = channel.request({ path: "/", headers: { connection: "upgrade", upgrade: "echo" } });
    request.end();
    const [, socket] = (await once(request, "upgrade")) as [IncomingMessage, Duplex];
    const failed = errorOf(socket);
    channel.destroy(new Refusal("verdict.lapsed", { fault: "the test says so" }));
    assert.equal(((await failed) as Refusal).code, "verdict.lapsed");
    assert.equal((await channel.ended)?.code, "verdict.lapsed");
  });

  it("lapses with its verdict: by its timer, and by the clock when that was set on", async () => {
    const server = await stage.serve({ certificate: stage.scene.leaf({ key: stage.scene.genuine.key }) });
    let offset = 0;
    const clock = () => Date.now() + offset;
    const byClock = await stage.open(server.port, undefined, stage.opener({ clock }));
    offset = byClock.verdict.lapsesAt - Date.now();
    assert.equal(byClock.alive, false);
    assert.equal(((await errorOf(byClock.request({ path: "/" }))) as Refusal).code, "verdict.lapsed");
    assert.equal((await byClock.ended)?.code, "verdict.lapsed");

    const soon = stage.scene.leaf({
      key: stage.scene.genuine.key,
      // X.509 knows whole seconds.
      notAfter: new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000),
    });
    const brief = await stage.serve({ certificate: soon });
    const byTimer = await stage.open(brief.port);
    assert.equal(byTimer.alive, true);
    assert.equal((await byTimer.ended)?.code, "verdict.lapsed");
  });

  it("is refused when the server says that it will close after the probe", async () => {
    const server = await stage.serve({
      answer: (socket) => socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    });
    assert.equal((await refusalOf(stage.open(server.port))).code, "server.no-keep-alive");
  });
});
