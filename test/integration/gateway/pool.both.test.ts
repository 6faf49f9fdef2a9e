import assert from "node:assert/strict";
import { once } from "node:events";
import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import type { Channel, ChannelOpener } from "../../../app/auth/channel.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import {
  CDN,
  connectThrough,
  realOpener,
  startGateway,
  startHttpOrigin,
  startRawOrigin,
} from "../../support/gateway-scene.ts";

async function ask(
  session: ClientHttp2Session,
  headers: Record<string, string> = {},
  body?: string,
): Promise<[number, string]> {
  const stream = session.request({ ":path": "/", ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [head] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status": number }];
  let text = "";
  for await (const piece of stream) text += String(piece);
  return [head[":status"], text];
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("a pool of channels", () => {
  it("uses one channel for requests that come one after another", async () => {
    const scene = await startGateway({ origin: await startHttpOrigin((_, response) => response.end("ok")) });
    const session = await scene.http2();
    for (let count = 0; count < 20; count += 1) assert.deepEqual(await ask(session), [200, "ok"]);
    await ask(session, { ":method": "HEAD" });
    assert.equal(scene.channels.length, 1);
    await scene.close();
  });

  it("opens a channel for each request of a burst, and a few wait for one in use", async () => {
    let busy = 0;
    let most = 0;
    const origin = await startHttpOrigin((_, response) => {
      busy += 1;
      most = Math.max(most, busy);
      setTimeout(() => {
        busy -= 1;
        response.end("ok");
      }, 20);
    });
    const scene = await startGateway({ origin, limits: { channels: { eager: 4, patience: 60_000 } } });
    const session = await scene.http2();
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(session)));
    assert.ok(answers.every(([status]) => status === 200));
    assert.equal(scene.channels.length, 4);
    assert.equal(most, 4);
    await scene.close();
  });

  it("opens no more while channels in use keep coming free, however long the queue is", async () => {
    const origin = await startHttpOrigin((_, response) => setTimeout(() => response.end("ok"), 10));
    const scene = await startGateway({ origin, limits: { channels: { eager: 2, patience: 100 } } });
    const session = await scene.http2();
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(session)));
    assert.ok(answers.every(([status]) => status === 200));
    assert.equal(scene.channels.length, 2);
    await scene.close();
  });

  it("gives a request that has waited long enough a channel of its own, up to the maximum", async () => {
    const scene = await startGateway({
      origin: await startHttpOrigin((_, response) => response.flushHeaders()),
      limits: { channels: { eager: 1, patience: 10, maximum: 3, queue: 200 } },
    });
    const session = await scene.http2();
    const streams = Array.from({ length: 4 }, () => session.request({ ":path": "/" }));
    const statuses = await Promise.all(
      streams.map(async (stream) => ((await once(stream, "response")) as [{ ":status": number }])[0][":status"]),
    );
    assert.deepEqual(statuses.sort(), [200, 200, 200, 503]);
    assert.equal((await scene.nextRefusal()).code, "gateway.overloaded");
    assert.equal(scene.channels.length, 3);
    // One that ends makes room for the next.
    const waiting = session.request({ ":path": "/" });
    for (const stream of streams) stream.close();
    assert.equal(((await once(waiting, "response")) as [{ ":status": number }])[0][":status"], 200);
    await scene.close();
  });

  it("closes channels that nobody uses", async () => {
    const scene = await startGateway({
      origin: await startHttpOrigin((_, response) => response.end("ok")),
      limits: { channels: { idle: 30 } },
    });
    const session = await scene.http2();
    await ask(session);
    assert.equal(await scene.channels[0]?.ended, undefined);
    assert.deepEqual(await ask(session), [200, "ok"]);
    assert.equal(scene.channels.length, 2);
    await scene.close();
  });

  it("never shares a channel between origins", async () => {
    const cdn = await startHttpOrigin((request, response) => response.end(String(request.headers.host)), { host: CDN });
    const scene = await startGateway({
      origin: await startHttpOrigin((request, response) => response.end(String(request.headers.host))),
      cdn,
    });
    const cdnAuthority = `${CDN}:${cdn.port}`;
    const [bank, other] = [await scene.http2(), await scene.http2(cdnAuthority)];
    for (let count = 0; count < 3; count += 1) {
      assert.deepEqual(await ask(bank), [200, scene.authority]);
      assert.deepEqual(await ask(other), [200, cdnAuthority]);
    }
    assert.deepEqual(
      scene.channels.map(({ expectation }) => expectation.origin),
      [`https://${scene.authority}`, `https://${cdnAuthority}`],
    );
    await scene.close();
  });

  it("proves an origin once for many tunnels at a time", async () => {
    const scene = await startGateway({ origin: await startHttpOrigin((_, response) => response.end("ok")) });
    const tunnels = await Promise.all(Array.from({ length: 20 }, () => connectThrough(scene.gateway, scene.authority)));
    assert.ok(tunnels.every(({ status }) => status === 200));
    assert.equal(scene.channels.length, 1);
    for (const { socket } of tunnels) socket.destroy();
    await scene.close();
  });

  it("lets a caller of prove give up without harm to others", async () => {
    const scene = await startGateway({ origin: await startHttpOrigin((_, response) => response.end("ok")) });
    const abort = new AbortController();
    const [first, second] = [
      scene.gateway.prove(`https://${scene.authority}`, abort.signal),
      scene.gateway.prove(`https://${scene.authority}`),
    ];
    abort.abort();
    const outcome = await first;
    assert.equal(outcome.kind === "refused" && outcome.refusal.code, "verdict.cancelled");
    assert.equal((await second).kind, "authenticated");
    assert.deepEqual(scene.refused, []);
    await scene.close();
  });
});

/** A server that closes an idle channel just as its second request arrives: the request has been sent in vain. */
const closesOnSecond = (onRequest: (head: string, connection: number) => void) => {
  let connections = 0;
  return startRawOrigin((socket: TLSSocket) => {
    connections += 1;
    const connection = connections;
    let requests = 0;
    socket.on("data", (bytes) => {
      if (!/^[A-Z]+ \//.test(String(bytes))) return;
      requests += 1;
      onRequest(String(bytes), connection);
      if (connection === 1 && requests === 2) socket.destroy();
      else socket.write(OK);
    });
  });
};

describe("a request on a channel that the server closes under it", () => {
  for (const method of ["GET", "DELETE", "OPTIONS"]) {
    it(`${method} is sent once more, on a new channel`, async () => {
      const requests: number[] = [];
      const scene = await startGateway({ origin: await closesOnSecond((_, connection) => requests.push(connection)) });
      const session = await scene.http2();
      await ask(session, { ":method": method });
      assert.deepEqual(await ask(session, { ":method": method }), [200, "ok"]);
      assert.deepEqual(requests, [1, 1, 2]);
      assert.deepEqual(scene.refused, []);
      await scene.close();
    });
  }

  for (const [method, body] of [
    ["POST", undefined],
    ["POST", "content"],
    ["PATCH", "content"],
    ["PUT", "content"],
  ] as const) {
    it(`${method} ${body === undefined ? "without" : "with"} content is not`, async () => {
      const requests: number[] = [];
      const scene = await startGateway({ origin: await closesOnSecond((_, connection) => requests.push(connection)) });
      const session = await scene.http2();
      await ask(session);
      const [status] = await ask(session, { ":method": method }, body);
      assert.equal(status, 502);
      assert.deepEqual(requests, [1, 1]);
      assert.equal((await scene.nextRefusal()).code, "network.closed");
      await scene.close();
    });
  }

  it("is not sent again on a new channel, nor after a byte of the answer", async () => {
    let requests = 0;
    const fresh = await startGateway({
      origin: await startRawOrigin((socket) => {
        socket.on("data", () => {
          requests += 1;
          socket.destroy();
        });
      }),
    });
    // The tunnel's proof has left a channel that counts as used: the request may be repeated once, and only once.
    assert.equal((await ask(await fresh.http2()))[0], 502);
    assert.equal(requests, 2);
    await fresh.close();
    requests = 0;
    const begun = await startGateway({
      origin: await startRawOrigin((socket) => {
        socket.on("data", () => {
          requests += 1;
          socket.end("H");
        });
      }),
    });
    assert.equal((await ask(await begun.http2()))[0], 502);
    assert.equal(requests, 1);
    await begun.close();
  });

  it("goes to a new channel when the server had closed the old one before", async () => {
    const scene = await startGateway({
      origin: await startRawOrigin((socket) => {
        socket.on("data", () => socket.end(OK));
      }),
    });
    const session = await scene.http2();
    for (let count = 0; count < 5; count += 1) {
      assert.deepEqual(await ask(session, { ":method": "POST" }, "content"), [200, "ok"]);
      await Promise.all(scene.channels.map(({ ended }) => ended));
    }
    assert.equal(scene.channels.length, 5);
    assert.deepEqual(scene.refused, []);
    await scene.close();
  });
});

describe("a pool whose opener refuses", () => {
  const impostor = new Refusal("server.pin-mismatch", { fault: "another key" });

  it("answers the tunnel 502, keeps the reason, and tries anew next time", async () => {
    const real = realOpener();
    let refuses = true;
    const opener: ChannelOpener = {
      open: (to, signal) => (refuses ? Promise.reject(impostor) : real.open(to, signal)),
    };
    const scene = await startGateway({ origin: await startHttpOrigin((_, response) => response.end("ok")), opener });
    assert.equal((await connectThrough(scene.gateway, scene.authority)).status, 502);
    assert.equal(scene.gateway.refusalOf(scene.authority), impostor);
    refuses = false;
    assert.equal((await connectThrough(scene.gateway, scene.authority)).status, 200);
    assert.equal(scene.gateway.refusalOf(scene.authority), undefined);
    await scene.close();
  });

  it("refuses a request that needs a new channel, and not those that have theirs", async () => {
    const real = realOpener();
    let opened = 0;
    const opener: ChannelOpener = {
      open: (to, signal): Promise<Channel> => {
        opened += 1;
        return opened === 1 ? real.open(to, signal) : Promise.reject(impostor);
      },
    };
    let answer = () => {};
    const origin = await startHttpOrigin((_, response) => {
      answer = () => response.end("ok");
      response.flushHeaders();
    });
    const scene = await startGateway({ origin, opener });
    const session = await scene.http2();
    const first = session.request({ ":path": "/" });
    await once(first, "response");
    const [status, text] = await ask(session);
    assert.equal(status, 502);
    assert.match(text, /server\.pin-mismatch/);
    assert.equal(await scene.nextRefusal(), impostor);
    answer();
    assert.equal(String((await once(first, "data"))[0]), "ok");
    await scene.close();
  });
});

describe("a thousand channels", () => {
  it("are open at once, each with its own request, in modest memory", async () => {
    const count = 1000;
    const responses: { end(text: string): unknown }[] = [];
    let all = () => {};
    let failed = (_: Error) => {};
    const arrived = new Promise<void>((resolve, reject) => {
      all = resolve;
      failed = reject;
    });
    const origin = await startHttpOrigin((_, response) => {
      response.flushHeaders();
      responses.push(response);
      if (responses.length === count) all();
    });
    const scene = await startGateway({ origin, limits: { channels: { queue: 120_000 } } });
    const sessions = await Promise.all(Array.from({ length: 4 }, () => scene.http2()));
    const before = process.memoryUsage().rss;
    const streams = Array.from({ length: count }, (_, index) => {
      const stream = sessions[index % 4]?.request({ ":path": "/" });
      if (stream === undefined) throw new Error("no session");
      stream.once("response", (head) => {
        if (head[":status"] !== 200) failed(new Error(`${index} was answered ${head[":status"]}`));
      });
      return stream;
    });
    await arrived;
    assert.equal(scene.channels.filter(({ alive }) => alive).length, count);
    // Both ends of every channel are in this process.
    const each = (process.memoryUsage().rss - before) / count;
    assert.ok(each < 400_000, `${Math.round(each)} bytes for each`);
    for (const response of responses) response.end("ok");
    for (const stream of streams) assert.equal(String((await once(stream, "data"))[0]), "ok");
    assert.deepEqual(scene.refused, []);
    await scene.close();
  });
});
