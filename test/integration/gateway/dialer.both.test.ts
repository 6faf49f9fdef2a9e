import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, it } from "node:test";
import type { Expectation } from "../../../app/core/expectation.ts";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { createDialer, interleave } from "../../../app/gateway/dialer.ts";

const open = new Set<{ destroy(): unknown } | Server>();
afterEach(() => {
  for (const one of open) "destroy" in one ? one.destroy() : one.close();
  open.clear();
});

async function listen(onConnection: (socket: Socket) => void = () => {}, host = "127.0.0.1"): Promise<number> {
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  server.listen(0, host);
  await once(server, "listening");
  open.add(server);
  return (server.address() as AddressInfo).port;
}

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const expectation = (port: number, addresses?: readonly string[]): Expectation => ({
  site: "bank",
  origin: `https://bank.example:${port}`,
  host: "bank.example",
  port,
  role: "site",
  server: { pins: [], anchors: [] },
  client: { method: "form" },
  ...(addresses === undefined ? {} : { addresses }),
});

const never = new AbortController().signal;

async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return error;
  }
  throw new Error("nothing was refused");
}

describe("dialling addresses", () => {
  it("asks no name server and no proxy when the profile names addresses", async () => {
    const port = await listen((socket) => socket.end("hello"));
    const dialer = createDialer({
      resolve: () => Promise.reject(new Error("DNS was asked")),
      proxyFor: () => Promise.reject(new Error("the proxy was asked for")),
    });
    const socket = await dialer.dial(expectation(port, ["127.0.0.1"]), never);
    open.add(socket);
    assert.equal(String((await once(socket, "data"))[0]), "hello");
  });

  it("goes on to the next address at once when one refuses", async () => {
    const port = await listen();
    const socket = await createDialer({ limits: { headStart: 60_000 } }).dial(
      expectation(port, ["127.0.0.9", "127.0.0.1"]),
      never,
    );
    open.add(socket);
    assert.equal((socket as Socket).remoteAddress, "127.0.0.1");
  });

  it("tries the next address beside one that does not answer", async () => {
    const port = await listen();
    // An address of the documentation range: no answer, or an unreachable network.
    const socket = await createDialer({ limits: { headStart: 20 } }).dial(
      expectation(port, ["192.0.2.1", "127.0.0.1"]),
      never,
    );
    open.add(socket);
    assert.equal((socket as Socket).remoteAddress, "127.0.0.1");
  });

  it("asks the name server otherwise", async () => {
    const port = await listen();
    const asked: string[] = [];
    const resolve = (host: string) => {
      asked.push(host);
      return Promise.resolve(["127.0.0.1"]);
    };
    open.add(await createDialer({ resolve }).dial(expectation(port), never));
    assert.deepEqual(asked, ["bank.example"]);
  });

  it("alternates address families, first family first", () => {
    assert.deepEqual(interleave(["::1", "::2", "::3", "1.1.1.1"]), ["::1", "1.1.1.1", "::2", "::3"]);
    assert.deepEqual(interleave(["1.1.1.1", "::1", "::2", "::3"]), ["1.1.1.1", "::1", "::2", "::3"]);
    assert.deepEqual(interleave([]), []);
  });

  it("says what went wrong", async () => {
    const port = await closedPort();
    const unreachable = await refusalOf(createDialer().dial(expectation(port, ["127.0.0.1", "127.0.0.2"]), never));
    assert.equal(unreachable.code, "network.unreachable");
    assert.match(unreachable.detail.fault, /127\.0\.0\.1: ECONNREFUSED, 127\.0\.0\.2: ECONNREFUSED/);
    const unknown = () => Promise.reject(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" }));
    assert.equal(
      (await refusalOf(createDialer({ resolve: unknown }).dial(expectation(1), never))).code,
      "network.name-not-found",
    );
    const empty = () => Promise.resolve([]);
    assert.equal(
      (await refusalOf(createDialer({ resolve: empty }).dial(expectation(1), never))).code,
      "network.name-not-found",
    );
    const silent = () => new Promise<never>(() => {});
    const late = await refusalOf(createDialer({ resolve: silent, limits: { dial: 20 } }).dial(expectation(1), never));
    assert.equal(late.code, "network.timeout");
  });

  it("stops when it is told to", async () => {
    const abort = new AbortController();
    const resolve = () => new Promise<never>(() => {});
    const dialling = refusalOf(createDialer({ resolve }).dial(expectation(1), abort.signal));
    abort.abort();
    assert.equal((await dialling).code, "verdict.cancelled");
    assert.equal(
      (await refusalOf(createDialer().dial(expectation(1, ["127.0.0.1"]), abort.signal))).code,
      "verdict.cancelled",
    );
  });
});

describe("dialling through the system's proxy", () => {
  it("asks for a tunnel by name, says nothing of the user, and hands over its bytes", async () => {
    let head = "";
    const proxy = await listen((socket) =>
      socket.on("data", (bytes) => {
        if (head.includes("\r\n\r\n")) return socket.write(`echo ${bytes}`);
        head += String(bytes);
        if (head.includes("\r\n\r\n")) socket.write("HTTP/1.1 200 OK\r\nX: y\r\n\r\nfirst");
      }),
    );
    const asked: string[] = [];
    const dialer = createDialer({
      resolve: () => Promise.reject(new Error("DNS was asked")),
      proxyFor: async (url) => {
        asked.push(url);
        return `PROXY 127.0.0.1:${proxy}; DIRECT`;
      },
      limits: { dial: 100 },
    });
    const socket = await dialer.dial(expectation(8443), never);
    open.add(socket);
    assert.deepEqual(asked, ["https://bank.example:8443/"]);
    assert.match(
      head,
      /^CONNECT bank\.example:8443 HTTP\/1\.1\r\nhost: bank\.example:8443\r\n(?:connection: [a-z-]+\r\n)?\r\n$/i,
    );
    assert.equal(String((await once(socket, "data"))[0]), "first");
    // The limit was for the dial: the tunnel outlives it.
    await new Promise((resolve) => setTimeout(resolve, 150));
    socket.write("still here");
    assert.equal(String((await once(socket, "data"))[0]), "echo still here");
  });

  const cases: Record<string, [answer: string, fault: RegExp, code?: ReasonCode]> = {
    "asks who the user is": [
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n\r\n",
      /407/,
      "network.proxy-authentication",
    ],
    "redirects to its own page": [
      "HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n",
      /302/,
      "network.captive-portal",
    ],
    declines: ["HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", /403/],
    "speaks no HTTP": ["220 mail.example ESMTP\r\n\r\n", /no answer/],
  };
  for (const [what, [answer, fault, code = "network.proxy"]] of Object.entries(cases)) {
    it(`refuses a proxy that ${what}`, async () => {
      const proxy = await listen((socket) => socket.once("data", () => socket.end(answer)));
      const dialer = createDialer({ proxyFor: async () => `PROXY 127.0.0.1:${proxy}` });
      const refusal = await refusalOf(dialer.dial(expectation(443), never));
      assert.equal(refusal.code, code);
      assert.equal(refusal.detail.value, `127.0.0.1:${proxy}`);
      assert.match(refusal.detail.fault, fault);
    });
  }

  it("gives up on one that does not answer", async () => {
    const proxy = await listen();
    const dialer = createDialer({ proxyFor: async () => `PROXY 127.0.0.1:${proxy}`, limits: { dial: 50 } });
    assert.equal((await refusalOf(dialer.dial(expectation(443), never))).code, "network.timeout");
  });

  it("refuses kinds of proxy it does not know, and goes the next way where there is one", async () => {
    const only = createDialer({ proxyFor: async () => "SOCKS5 127.0.0.1:1080" });
    const refusal = await refusalOf(only.dial(expectation(443), never));
    assert.equal(refusal.code, "network.proxy");
    assert.equal(refusal.detail.value, "SOCKS5 127.0.0.1:1080");
    const port = await listen();
    const routes = `SOCKS5 127.0.0.1:1080; PROXY 127.0.0.1:${await closedPort()}; DIRECT`;
    const next = createDialer({ proxyFor: async () => routes, resolve: async () => ["127.0.0.1"] });
    open.add(await next.dial(expectation(port), never));
  });
});
