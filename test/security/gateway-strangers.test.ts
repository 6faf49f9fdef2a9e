import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { after, before, beforeEach, describe, it } from "node:test";
import type { ChannelOpener } from "../../app/auth/channel.ts";
import { Refusal } from "../../app/core/refusal.ts";
import {
  type GatewayScene,
  HOST,
  type Origin,
  readAll,
  startGateway,
  startHttpOrigin,
} from "../support/gateway-scene.ts";

/** An opener that is never to be asked; what it was asked for would be a name that a stranger made leave. */
function forbiddenOpener(asked: string[]): ChannelOpener {
  return {
    open: (to) => {
      asked.push(to.origin);
      return Promise.reject(new Refusal("network.unreachable", { fault: "this opener opens nothing" }));
    },
  };
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

describe("another local process at the gateway", () => {
  let scene: GatewayScene;
  let other: GatewayScene;
  const asked: string[] = [];

  before(async () => {
    const origin = (): Promise<Origin> => startHttpOrigin((_request, response) => response.end());
    scene = await startGateway({ origin: await origin(), opener: forbiddenOpener(asked) });
    other = await startGateway({ origin: await origin() });
  });
  beforeEach(() => {
    asked.length = 0;
  });
  after(async () => {
    await scene.close();
    await other.close();
  });

  function dial(port = scene.gateway.port): Socket {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", () => {});
    return socket;
  }

  async function say(text: string): Promise<string> {
    const socket = dial();
    socket.write(text, "latin1");
    return await readAll(socket);
  }

  const connectTo = (target: string, ...fields: readonly string[]): string =>
    [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...fields, "", ""].join("\r\n");
  const right = (): string => {
    const { username, password } = scene.gateway.credentials;
    return basic(username, password);
  };

  const wrongCredentials: Readonly<Record<string, () => readonly string[]>> = {
    none: () => [],
    "an empty field": () => ["Proxy-Authorization:"],
    "an empty password": () => [`Proxy-Authorization: ${basic(scene.gateway.credentials.username, "")}`],
    "an empty user": () => [`Proxy-Authorization: ${basic("", scene.gateway.credentials.password)}`],
    "a password that lacks its last character": () => [
      `Proxy-Authorization: ${basic(scene.gateway.credentials.username, scene.gateway.credentials.password.slice(0, -1))}`,
    ],
    "a password with one more character": () => [
      `Proxy-Authorization: ${basic(scene.gateway.credentials.username, `${scene.gateway.credentials.password}A`)}`,
    ],
    "a password in another case": () => [
      `Proxy-Authorization: ${basic(scene.gateway.credentials.username, scene.gateway.credentials.password.toLowerCase())}`,
    ],
    "the credentials of another site's session": () => [
      `Proxy-Authorization: ${basic(other.gateway.credentials.username, other.gateway.credentials.password)}`,
    ],
    "the right credentials for the wrong scheme": () => [`Proxy-Authorization: ${right().replace("Basic", "Bearer")}`],
    "the right credentials in Authorization": () => [`Authorization: ${right()}`],
    "the right credentials in a cookie": () => [`Cookie: ${right()}`],
    "wrong credentials before the right ones": () => [
      `Proxy-Authorization: ${basic("a", "b")}`,
      `Proxy-Authorization: ${right()}`,
    ],
    "wrong credentials behind the right ones": () => [
      `Proxy-Authorization: ${right()}`,
      `Proxy-Authorization: ${basic("a", "b")}`,
    ],
    "a list of credentials": () => [`Proxy-Authorization: ${basic("a", "b")}, ${right()}`],
    "something that is no base64": () => ["Proxy-Authorization: Basic ********"],
  };

  for (const [what, fields] of Object.entries(wrongCredentials)) {
    it(`gets 407 and no connection with ${what}`, async () => {
      const answer = await say(connectTo(scene.authority, ...fields()));
      assert.match(answer, /^HTTP\/1\.1 407 /);
      assert.match(answer, /\r\nProxy-Authenticate: Basic realm=/i);
      assert.ok(!answer.includes(scene.gateway.credentials.password), "the answer tells the password");
      assert.deepEqual(asked, []);
    });
  }

  it("answers nobody a second time on one connection", async () => {
    const answer = await say(
      connectTo(scene.authority) + connectTo(scene.authority, `Proxy-Authorization: ${right()}`),
    );
    assert.match(answer, /^HTTP\/1\.1 407 /);
    assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
    assert.deepEqual(asked, []);
  });

  it("knows its own credentials (control)", async () => {
    const answer = await say(connectTo(scene.authority, `Proxy-Authorization: ${right()}`));
    assert.match(answer, /^HTTP\/1\.1 502 /);
    assert.deepEqual(asked, [`https://${scene.authority}`]);
  });

  const notConnect: Readonly<Record<string, () => string>> = {
    "GET in absolute form": () =>
      `GET https://${scene.authority}/ HTTP/1.1\r\nHost: ${scene.authority}\r\nProxy-Authorization: ${right()}\r\n\r\n`,
    "GET of a plain page": () =>
      `GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\nProxy-Authorization: ${right()}\r\n\r\n`,
    "GET as a browser sends it to this port": () =>
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${scene.gateway.port}\r\nOrigin: https://evil.example\r\n\r\n`,
    "POST with a CONNECT as its content": () => {
      const inner = connectTo(scene.authority, `Proxy-Authorization: ${right()}`);
      return `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`;
    },
    "a WebSocket handshake": () =>
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nProxy-Authorization: ${right()}\r\n\r\n`,
    OPTIONS: () => `OPTIONS * HTTP/1.1\r\nHost: a\r\nProxy-Authorization: ${right()}\r\n\r\n`,
    TRACE: () => `TRACE / HTTP/1.1\r\nHost: a\r\nProxy-Authorization: ${right()}\r\n\r\n`,
  };
  for (const [what, request] of Object.entries(notConnect)) {
    it(`answers 405 to ${what} and closes`, async () => {
      const answer = await say(request());
      assert.match(answer, /^HTTP\/1\.1 405 /);
      assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1, "one answer");
      assert.ok(!answer.includes(HOST), "the answer tells the site");
      assert.doesNotMatch(answer, /access-control/i);
      assert.deepEqual(asked, []);
    });
  }

  it("takes neither HTTP/2 nor SOCKS nor TLS nor broken heads for a proxy request", async () => {
    const credentials = `Proxy-Authorization: ${right()}`;
    const broken = [
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x05\x01\x00",
      "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03",
      `CONNECT ${scene.authority}\r\n\r\n`,
      `CONNECT ${scene.authority} HTTP/1.1\nHost: a\n${credentials}\n\n`,
      `CONNECT ${scene.authority} HTTP/1.1\r\nHost: a\r\nX: y\r\n ${credentials}\r\n\r\n`,
      `CONNECT ${scene.authority} HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(10_000)}\r\n${credentials}\r\n\r\n`,
    ];
    for (const text of broken) {
      const socket = dial();
      socket.end(text, "latin1");
      const answer = await readAll(socket);
      assert.doesNotMatch(answer, /^HTTP\/1\.1 2/, JSON.stringify(text.slice(0, 60)));
    }
    assert.deepEqual(asked, []);
  });

  it("reaches the port from this machine's loopback only", async (context) => {
    const addresses = Object.values(networkInterfaces())
      .flat()
      .filter((one) => one !== undefined && !one.internal && one.family === "IPv4");
    const [address] = addresses;
    if (address === undefined) {
      context.skip("this machine has no address beyond loopback");
      return;
    }
    const socket = connect({ port: scene.gateway.port, host: address.address });
    const outcome = await Promise.race([once(socket, "connect").then(() => "connected"), once(socket, "error")]);
    socket.destroy();
    assert.notEqual(outcome, "connected");
  });
});

describe("targets that the session itself must not reach", () => {
  let scene: GatewayScene;
  const asked: string[] = [];
  before(async () => {
    const origin = await startHttpOrigin((_request, response) => response.end());
    scene = await startGateway({ origin, opener: forbiddenOpener(asked), hostile: ["https://flagged.example/"] });
  });
  beforeEach(() => {
    asked.length = 0;
  });
  after(() => scene.close());

  async function statusFor(target: string): Promise<string> {
    const { username, password } = scene.gateway.credentials;
    const socket = connect({ port: scene.gateway.port, host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.write(
      `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: ${basic(username, password)}\r\n\r\n`,
      "latin1",
    );
    return (await readAll(socket)).split(" ")[1] ?? "";
  }

  // The opener would be asked, and the site's own port is listed: 403 and 400 come from admission alone.
  const port = (): string => scene.authority.split(":")[1] ?? "";
  const targets: Readonly<Record<string, () => string>> = {
    "another host": () => "evil.example:443",
    "another port": () => `${HOST}:443`,
    "a flagged host": () => "flagged.example:443",
    "a subdomain": () => `www.${HOST}:${port()}`,
    "a longer name": () => `${HOST}.evil.example:${port()}`,
    "a longer first label": () => `evil${HOST}:${port()}`,
    "the dialled address": () => `127.0.0.1:${port()}`,
    "IPv6 loopback": () => `[::1]:${port()}`,
    "IPv4 in IPv6": () => `[::ffff:127.0.0.1]:${port()}`,
    "an address in decimal": () => `2130706433:${port()}`,
    "an address in hexadecimal": () => `0x7f000001:${port()}`,
    "a short address": () => `127.1:${port()}`,
    "an unspecified address": () => `0.0.0.0:${port()}`,
    localhost: () => `localhost:${port()}`,
    "a cloud's metadata": () => "169.254.169.254:80",
    "a trailing dot": () => `${HOST}.:${port()}`,
    "a user in the authority": () => `${HOST}@evil.example:${port()}`,
    "the host as user": () => `evil.example@${HOST}:${port()}`,
    "a path behind the port": () => `${HOST}:${port()}/`,
    "a URL": () => `https://${scene.authority}`,
    "a port with a sign": () => `${HOST}:+${port()}`,
    "a port with zeros": () => `${HOST}:000${port()}`,
    "a port beyond all ports": () => `${HOST}:${Number(port()) + 65_536}`,
    "port 0": () => `${HOST}:0`,
    "no port": () => HOST,
    "an escaped dot": () => `bank%2eexample:${port()}`,
    "a full-width letter": () => `\xef\xbd\x82ank.example:${port()}`,
    "a NUL": () => `${HOST}\0.evil.example:${port()}`,
    "another authority behind a comma": () => `${scene.authority},evil.example:443`,
  };
  for (const [what, target] of Object.entries(targets)) {
    it(`refuses ${what} without dialling`, async () => {
      assert.match(await statusFor(target()), /^40[03]$/);
      assert.deepEqual(asked, []);
    });
  }

  it("takes the site's own name in capitals for what it is (control)", async () => {
    assert.equal(await statusFor(scene.authority.toUpperCase()), "502");
    assert.deepEqual(asked, [`https://${scene.authority}`]);
  });
});

describe("those who hold the gateway up", () => {
  it("lets a slow head run into its limit", async () => {
    const origin = await startHttpOrigin((_request, response) => response.end());
    const scene = await startGateway({ origin, limits: { connectHead: 100 } });
    try {
      const socket = connect({ port: scene.gateway.port, host: "127.0.0.1" });
      socket.on("error", () => {});
      socket.write("CONNECT ");
      const drip = setInterval(() => socket.write("a"), 20);
      const answer = await readAll(socket);
      clearInterval(drip);
      assert.match(answer, /^(HTTP\/1\.1 408 |$)/);
    } finally {
      await scene.close();
    }
  });

  it("does not let strangers' idle connections keep the session out", async () => {
    const origin = await startHttpOrigin((_request, response) => response.end("page"));
    const scene = await startGateway({ origin });
    const strangers: Socket[] = [];
    try {
      for (let count = 0; count < 300; count += 1) {
        const socket = connect({ port: scene.gateway.port, host: "127.0.0.1" });
        socket.on("error", () => {});
        socket.write("CONNECT ");
        strangers.push(socket);
      }
      const page = await scene.page("http/1.1");
      page.write(`GET / HTTP/1.1\r\nHost: ${scene.authority}\r\nConnection: close\r\n\r\n`);
      assert.match(await readAll(page), /^HTTP\/1\.1 200 /);
    } finally {
      for (const socket of strangers) socket.destroy();
      await scene.close();
    }
  });

  it("answers a refused host at once while 32 tunnels wait for a server that stalls", async () => {
    const origin = await startHttpOrigin((_request, response) => response.end());
    let waiting = 0;
    const stalled: ChannelOpener = {
      open: (_to, signal) =>
        new Promise((_resolve, reject) => {
          waiting += 1;
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
    };
    const scene = await startGateway({ origin, opener: stalled });
    const { username, password } = scene.gateway.credentials;
    const ask = (target: string): Socket => {
      const socket = connect({ port: scene.gateway.port, host: "127.0.0.1" });
      socket.on("error", () => {});
      socket.write(
        `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: ${basic(username, password)}\r\n\r\n`,
      );
      return socket;
    };
    const tunnels = Array.from({ length: 32 }, () => ask(scene.authority));
    try {
      assert.match(await readAll(ask("evil.example:443")), /^HTTP\/1\.1 403 /);
      assert.equal(waiting, 1, "one attempt serves all that wait for the same origin");
      for (const tunnel of tunnels) assert.ok(!tunnel.destroyed, "no tunnel was answered");
      const ended = Promise.all(tunnels.map(readAll));
      scene.gateway.lapse(new Refusal("verdict.lapsed", { fault: "the test says so" }));
      assert.ok((await ended).every((answer) => !answer.startsWith("HTTP/1.1 2")));
    } finally {
      for (const tunnel of tunnels) tunnel.destroy();
      await scene.close();
    }
  });
});
