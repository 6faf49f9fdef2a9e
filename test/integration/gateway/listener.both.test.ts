import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { connect as connectTls } from "node:tls";
import {
  connectThrough,
  type GatewayScene,
  type Origin,
  readAll,
  readHead,
  startGateway,
  startHttpOrigin,
} from "../../support/gateway-scene.ts";

const closeOf = (socket: Socket): Promise<void> =>
  socket.destroyed ? Promise.resolve() : new Promise((resolve) => socket.once("close", () => resolve()));

describe("the loopback listener", () => {
  let origin: Origin;
  let scene: GatewayScene;
  let token = "";
  before(async () => {
    origin = await startHttpOrigin((_, response) => response.end("served"));
    scene = await startGateway({
      origin,
      hostile: ["https://evil.example/"],
      limits: { connectHead: 300, unauthenticatedSockets: 4 },
    });
    const { username, password } = scene.gateway.credentials;
    token = Buffer.from(`${username}:${password}`).toString("base64");
  });
  after(() => scene.close());

  const say = async (text: string): Promise<string> => {
    const socket = connect({ port: scene.gateway.port, host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.write(text, "latin1");
    const answer = readAll(socket);
    return answer;
  };
  const connectHead = (target: string, ...fields: string[]) =>
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;

  it("listens on loopback alone", () => {
    assert.ok(scene.gateway.port > 0);
    const elsewhere = connect({ port: scene.gateway.port, host: "127.0.0.2" });
    return once(elsewhere, "error").then(([error]) =>
      assert.equal((error as NodeJS.ErrnoException).code, "ECONNREFUSED"),
    );
  });

  const strangers: Record<string, () => string[]> = {
    "no credentials": () => [],
    "another password": () => [`Proxy-Authorization: Basic ${Buffer.from("countersign:x").toString("base64")}`],
    "credentials cut short": () => [`Proxy-Authorization: Basic ${token.slice(0, -4)}`],
    "another scheme": () => [`Proxy-Authorization: Bearer ${token}`],
    "credentials twice": () => [`Proxy-Authorization: Basic ${token}`, `Proxy-Authorization: Basic ${token}`],
    "credentials for the origin": () => [`Authorization: Basic ${token}`],
  };
  for (const [name, fields] of Object.entries(strangers)) {
    it(`answers ${name} with 407, closes, and dials nobody`, async () => {
      const before = origin.sockets.size;
      const answer = await say(connectHead(scene.authority, ...fields()));
      assert.match(answer, /^HTTP\/1\.1 407 /);
      assert.match(answer, new RegExp(`Proxy-Authenticate: Basic realm="${scene.gateway.credentials.realm}"`));
      assert.match(answer, /Connection: close/);
      assert.equal(origin.sockets.size, before);
      assert.equal(scene.gateway.refusalOf(scene.authority), undefined);
    });
  }

  it("has credentials of its own", async () => {
    const other = await startGateway({ origin: await startHttpOrigin((_, response) => response.end()) });
    assert.notEqual(other.gateway.port, scene.gateway.port);
    assert.notEqual(other.gateway.credentials.password, scene.gateway.credentials.password);
    assert.ok(other.gateway.credentials.password.length >= 43);
    const { status } = await connectThrough(
      { port: other.gateway.port, credentials: scene.gateway.credentials },
      other.authority,
    );
    assert.equal(status, 407);
    await other.close();
  });

  const notConnect: Record<string, [text: (authority: string) => string, status: number]> = {
    "GET in absolute form": [(a) => `GET https://${a}/ HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 405],
    "GET in absolute form over http": [(a) => `GET http://${a}/ HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 405],
    "GET in origin form": [(a) => `GET / HTTP/1.1\r\nHost: ${a}\r\n\r\n`, 405],
    POST: [(a) => `POST http://${a}/ HTTP/1.1\r\nHost: ${a}\r\nContent-Length: 3\r\n\r\nabc`, 405],
    "an upgrade": [(a) => `GET / HTTP/1.1\r\nHost: ${a}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, 405],
    "no HTTP": [() => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400],
    "too large a head": [(a) => `CONNECT ${a} HTTP/1.1\r\nHost: ${a}\r\nX: ${"y".repeat(20_000)}\r\n\r\n`, 431],
  };
  for (const [name, [text, status]] of Object.entries(notConnect)) {
    it(`answers ${name} with ${status} and closes, credentials or not`, async () => {
      for (const fields of ["", `Proxy-Authorization: Basic ${token}\r\n`]) {
        const answer = await say(text(scene.authority).replace("\r\n", `\r\n${fields}`));
        assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
        assert.doesNotMatch(answer, /served/);
      }
    });
  }

  it("keeps the query of an http: address out of what it reports", async () => {
    const reported: string[] = [];
    scene.gateway.on("refused", (event) => reported.push(JSON.stringify(event)));
    await say(`GET http://elsewhere.example/a?typed=secret HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n`);
    assert.match(reported.join(), /elsewhere\.example\/a/);
    assert.doesNotMatch(reported.join(), /secret/);
  });

  it("gives up on a head that does not come", async () => {
    assert.match(await say("CONNECT bank.exa"), /^(HTTP\/1\.1 408 |$)/);
    const silent = connect({ port: scene.gateway.port, host: "127.0.0.1" });
    silent.resume();
    await closeOf(silent);
  });

  it("lets the oldest stranger go when there are too many, and serves its own session", async () => {
    const strangersSockets: Socket[] = [];
    for (let count = 0; count < 12; count += 1) {
      const socket = connect({ port: scene.gateway.port, host: "127.0.0.1" });
      socket.on("error", () => {});
      socket.resume();
      await once(socket, "connect");
      strangersSockets.push(socket);
    }
    const { socket, status } = await connectThrough(scene.gateway, scene.authority);
    assert.equal(status, 200);
    socket.destroy();
    for (const stranger of strangersSockets) stranger.destroy();
  });

  const refusedTargets: Record<string, [target: string, status: number, code: string]> = {
    "an unlisted host": ["other.example:443", 403, "site.unlisted"],
    "an unlisted port": ["bank.example:1", 403, "site.unlisted"],
    "an IP address": ["127.0.0.1:443", 403, "site.unlisted"],
    "a hostile host": ["evil.example:443", 403, "site.hostile"],
    "an odd target": ["bank.example", 400, "gateway.request"],
  };
  for (const [name, [target, status, code]] of Object.entries(refusedTargets)) {
    it(`answers ${name} with ${status} and keeps the reason`, async () => {
      const answer = await say(connectHead(target, `Proxy-Authorization: Basic ${token}`));
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.equal(scene.gateway.refusalOf(target)?.code, code);
      assert.deepEqual(scene.refused.at(-1)?.host, target);
      assert.equal(scene.refused.at(-1)?.refusal.code, code);
    });
  }

  it("answers 502 where the server is not there, and keeps the reason", async () => {
    const gone = await startHttpOrigin(() => {});
    const scene2 = await startGateway({ origin: gone });
    await new Promise((resolve) => setImmediate(resolve));
    await gone.close();
    const { status } = await connectThrough(scene2.gateway, scene2.authority);
    assert.equal(status, 502);
    assert.equal(scene2.gateway.refusalOf(scene2.authority)?.code, "network.unreachable");
    await scene2.gateway.close();
  });

  it("takes nothing from the page before the verdict", async () => {
    const socket = connect({ port: scene.gateway.port, host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.write(`${connectHead(scene.authority, `Proxy-Authorization: Basic ${token}`)}GET / HTTP/1.1\r\n\r\n`);
    assert.match(await readHead(socket), /^HTTP\/1\.1 200 /);
    socket.resume();
    // What came early was no TLS handshake: the connection ends, and the server was asked nothing.
    await closeOf(socket);
  });

  it("ends the page's TLS in its own certificate, with HTTP/2 and HTTP/1.1", async () => {
    const { gateway } = scene;
    for (const protocols of [["h2"], ["http/1.1"], ["h2", "http/1.1"]]) {
      const socket = connectTls({
        socket: await scene.tunnel(),
        ca: gateway.certificate,
        checkServerIdentity: () => undefined,
        ALPNProtocols: protocols,
      });
      await once(socket, "secureConnect");
      const presented = socket.getPeerX509Certificate();
      assert.equal(presented?.fingerprint256.replaceAll(":", "").toLowerCase(), gateway.certificateFingerprint);
      assert.equal(presented?.subjectAltName, undefined);
      assert.ok(socket.authorized);
      assert.equal(socket.alpnProtocol, protocols[0]);
      socket.destroy();
    }
  });

  it("gives up on a page that does not finish its handshake", async () => {
    const slow = await startGateway({
      origin: await startHttpOrigin((_, response) => response.end()),
      limits: { pageHandshake: 50 },
    });
    const socket = await slow.tunnel();
    socket.resume();
    await closeOf(socket);
    await slow.close();
  });

  it("closes everything", async () => {
    const closing = await startGateway({ origin: await startHttpOrigin((_, response) => response.end()) });
    const sockets = [await closing.tunnel(), await closing.page("h2")];
    const stranger = connect({ port: closing.gateway.port, host: "127.0.0.1" });
    stranger.on("error", () => {});
    await once(stranger, "connect");
    const ended = [...sockets, stranger].map(closeOf);
    await closing.gateway.close();
    await Promise.all(ended);
    assert.ok(closing.channels.every(({ alive }) => !alive));
    assert.equal((await closing.gateway.prove(`https://${closing.authority}`)).kind, "refused");
    await closing.close();
  });
});
