import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import { certificateAuthenticator } from "../../app/auth/certificate.ts";
import { createOpener } from "../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../app/auth/server-certificate.ts";
import type { Expectation } from "../../app/core/expectation.ts";
import type { ReasonCode } from "../../app/core/reasons.ts";
import { Refusal } from "../../app/core/refusal.ts";
import { createDialer } from "../../app/gateway/dialer.ts";
import { keystoreWith } from "../realm/keystore.ts";
import { receivedTooMuch } from "../realm/received.ts";
import { type Recorder, startRecorder } from "../realm/recorder.ts";
import { CLIENT_ISSUER, HOST, makeScene } from "../realm/scene.ts";
import { type Server, startTlsServer } from "../realm/servers.ts";

const scene = makeScene();
const ORIGIN_PORT = 8443;
const LIMITS = { open: 60_000, dial: 30_000, handshake: 30_000, judge: 30_000, probe: 30_000 };

const to: Expectation = {
  site: "bank",
  origin: `https://${HOST}:${ORIGIN_PORT}`,
  host: HOST,
  port: ORIGIN_PORT,
  role: "site",
  server: {
    pins: [scene.genuine.pin],
    anchors: [{ pem: scene.root.certificatePem, fingerprint: scene.root.fingerprint }],
  },
  client: { method: "certificate", issuer: CLIENT_ISSUER, probe: "/" },
};

interface Proxy {
  readonly port: number;
  /** What the client said before it was answered. */
  heads(): readonly string[];
  stop(): Promise<void>;
}

/** A proxy that does with a CONNECT what it likes. */
async function startProxy(answer: (client: Socket) => void): Promise<Proxy> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    let head = "";
    sockets.add(client);
    client.on("error", () => {});
    client.once("close", () => sockets.delete(client));
    const read = (octets: Buffer): void => {
      head += octets.toString("latin1");
      if (head.includes("\r\n\r\n")) {
        client.off("data", read);
        heads.push(head);
        answer(client);
      }
    };
    client.on("data", read);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    heads: () => heads,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function openThrough(proxy: Proxy, dial = 30_000): Promise<ReasonCode | "authenticated"> {
  const opener = createOpener({
    dialer: createDialer({ proxyFor: async () => `PROXY 127.0.0.1:${proxy.port}`, limits: { dial } }),
    authenticators: [
      serverCertificateAuthenticator(),
      certificateAuthenticator({ keystore: keystoreWith(scene.identity) }),
    ],
    clock: Date.now,
    limits: LIMITS,
  });
  try {
    const channel = await opener.open(to, new AbortController().signal);
    channel.destroy();
    return channel.verdict.kind;
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return error.code;
  }
}

const TUNNEL = "HTTP/1.1 200 Connection established\r\n\r\n";

function relayTo(port: number): (client: Socket) => void {
  return (client) => {
    const server = connect({ port, host: "127.0.0.1" });
    client.write(TUNNEL);
    server.on("error", () => client.destroy());
    server.on("close", () => client.destroy());
    client.on("close", () => server.end());
    client.pipe(server).pipe(client);
  };
}

describe("a proxy that is not on our side", () => {
  const running: { stop(): Promise<void> }[] = [];
  after(() => Promise.all(running.map((one) => one.stop())));

  async function recorded(certificate: typeof scene.genuine): Promise<{ server: Server; recorder: Recorder }> {
    const server = await startTlsServer({ certificate, clientAuthorityPem: scene.clientAuthority.certificatePem });
    const recorder = await startRecorder(server.backend);
    running.push(recorder, server);
    return { server, recorder };
  }

  it("learns the origin and nothing else when it does its work (control)", async () => {
    const { recorder } = await recorded(scene.genuine);
    const proxy = await startProxy(relayTo(recorder.port));
    running.push(proxy);
    assert.equal(await openThrough(proxy), "authenticated");
    assert.equal(proxy.heads().length, 1);
    const [head = ""] = proxy.heads();
    const [requestLine, ...fields] = head.trimEnd().split("\r\n");
    assert.equal(requestLine, `CONNECT ${HOST}:${ORIGIN_PORT} HTTP/1.1`);
    assert.deepEqual(
      fields
        .map((field) => field.split(":")[0]?.toLowerCase())
        .filter((name) => name !== "host" && name !== "connection"),
      [],
    );
  });

  it("leads to an impostor, who gets the ClientHello alone", async () => {
    const { server, recorder } = await recorded(scene.leaf());
    const proxy = await startProxy(relayTo(recorder.port));
    running.push(proxy);
    assert.equal(await openThrough(proxy), "server.pin-mismatch");
    const record = {
      connections: await recorder.connections(),
      application: server.application(),
      clientCertificates: server.clientCertificates(),
      resumed: 0,
    };
    const allowance = { mayReceive: "client-hello", opens: 1, host: `${HOST}:${ORIGIN_PORT}`, path: "/" } as const;
    assert.equal(receivedTooMuch(record, allowance), undefined);
  });

  const answers: Readonly<Record<string, readonly [ReasonCode, (client: Socket) => void]>> = {
    "asks who the user is": [
      "network.proxy-authentication",
      (client) => client.end('HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'),
    ],
    "asks by Negotiate": [
      "network.proxy-authentication",
      (client) => client.end("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n"),
    ],
    "answers with a page of its own": [
      "network.proxy",
      (client) => client.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\n<h1>x"),
    ],
    "wants to be visited first": [
      "network.captive-portal",
      (client) => client.end("HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n"),
    ],
    "redirects to a login": [
      "network.captive-portal",
      (client) => client.end("HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n"),
    ],
    "says nothing that is HTTP": ["network.proxy", (client) => client.end("SSH-2.0-OpenSSH\r\n\r\n")],
    "gives an interim answer to CONNECT": [
      "network.proxy",
      (client) => client.write("HTTP/1.1 102 Processing\r\n\r\n"),
    ],
    "closes at once": ["network.proxy", (client) => client.end()],
    "answers with a head of a megabyte": [
      "network.proxy",
      (client) => client.end(`HTTP/1.1 200 OK\r\nX: ${"y".repeat(1_000_000)}\r\n\r\n`),
    ],
    "speaks HTTP inside its tunnel": ["tls.not-tls", (client) => client.write(`${TUNNEL}HTTP/1.1 200 OK\r\n\r\n`)],
    "redirects inside its tunnel": [
      "network.captive-portal",
      (client) => client.write(`${TUNNEL}HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n`),
    ],
    "ends its tunnel at once": ["network.closed", (client) => client.end(TUNNEL)],
  };
  for (const [what, [code, answer]] of Object.entries(answers)) {
    it(`${what}: ${code}`, async () => {
      const proxy = await startProxy(answer);
      running.push(proxy);
      assert.equal(await openThrough(proxy), code);
      assert.equal(proxy.heads().length, 1, "it was asked once");
    });
  }

  const stalls: Readonly<Record<string, (client: Socket) => void>> = {
    "never answers": () => {},
    "answers one octet at a time": (client) => {
      client.write("HTTP/1.1 200 OK\r\nX: ");
      const timer = setInterval(() => client.write("y"), 20);
      client.once("close", () => clearInterval(timer));
    },
  };
  for (const [what, answer] of Object.entries(stalls)) {
    it(`${what}: network.timeout`, async () => {
      const proxy = await startProxy(answer);
      running.push(proxy);
      assert.equal(await openThrough(proxy, 300), "network.timeout");
    });
  }
});
