import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { type GatewayScene, startGateway, startRawOrigin } from "../support/gateway-scene.ts";
import { block, FLAG, frame, isAnswer, preface, readFrames } from "./support/raw-http2.ts";

type Fields = readonly (readonly [string, string])[];

/**
 * A compromised page process speaks HTTP/2 to the gateway by hand. Whatever it says, the server must get one request
 * that reads in one way, or none.
 */
describe("raw HTTP/2 from a page", () => {
  let scene: GatewayScene;
  let received = "";

  before(async () => {
    const origin = await startRawOrigin((socket) => {
      socket.on("data", (octets: Buffer) => {
        received += octets.toString("latin1");
        for (const _ of octets.toString("latin1").matchAll(/\r\n\r\n/g)) {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
      });
    });
    scene = await startGateway({ origin });
  });
  beforeEach(() => {
    received = "";
  });
  after(() => scene.close());

  const base = (): Fields => [
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", scene.authority],
    [":path", "/"],
  ];
  const without = (...names: readonly string[]): Fields => base().filter(([name]) => !names.includes(name));

  /** Sends one request and waits for its answer or its end. @returns status code if there was one */
  async function send(fields: Fields, data?: string): Promise<string> {
    const socket = await scene.page("h2");
    const end = data === undefined ? FLAG.endStream : 0;
    socket.write(preface());
    socket.write(frame("headers", FLAG.endHeaders | end, 1, block(fields)));
    if (data !== undefined) {
      socket.write(frame("data", FLAG.endStream, 1, data));
    }
    const frames = await readFrames(socket, (seen) => seen.some(isAnswer(1)));
    socket.destroy();
    const answer = frames.find(isAnswer(1));
    // HPACK's static table has 200 and 400 at 8 and 12; whatever is not literally 200 counts as refused.
    return answer?.type === 1 && answer.payload[0] === 0x88 ? "200" : "refused";
  }

  it("serves an ordinary request (control)", async () => {
    assert.equal(await send([...base(), ["x-ordinary", "yes"]]), "200");
    assert.match(received, /^GET \/ HTTP\/1\.1\r\n/);
    assert.match(received, /\r\nx-ordinary: yes\r\n/);
    assert.equal(received.match(/\r\n\r\n/g)?.length, 1);
  });

  /** nghttp2 drops a field that is no field, and keeps the request. */
  const dropped: Readonly<Record<string, () => readonly [Fields]>> = {
    "CRLF in a value": () => [[...base(), ["x-a", "b\r\nTransfer-Encoding: chunked"]]],
    "LF in a value": () => [[...base(), ["x-a", "b\nX-Injected: 1"]]],
    "CR in a value": () => [[...base(), ["x-a", "b\rX-Injected: 1"]]],
    "NUL in a value": () => [[...base(), ["x-a", "b\0c"]]],
    "CRLF in a name": () => [[...base(), ["x-a: b\r\nx-injected", "1"]]],
    "a colon in a name": () => [[...base(), ["x-a: b, x-injected", "1"]]],
    "a space in a name": () => [[...base(), ["content-length ", "5"]]],
    "an empty name": () => [[...base(), ["", "b"]]],
  };

  for (const [what, attack] of Object.entries(dropped)) {
    it(`passes on no trace of ${what}`, async () => {
      assert.equal(await send(base()), "200");
      const wholesome = received;
      received = "";
      await send(attack()[0]);
      assert.ok(received === wholesome || received === "", received);
    });
  }

  const attacks: Readonly<Record<string, () => readonly [Fields, string?]>> = {
    "capitals in a name": () => [[...base(), ["X-A", "b"]]],
    "a request in the path": () => [
      [...without(":path"), [":path", "/ HTTP/1.1\r\nHost: evil.example\r\n\r\nGET /stolen"]],
    ],
    "a space in the path": () => [[...without(":path"), [":path", "/a b"]]],
    "a tab in the path": () => [[...without(":path"), [":path", "/a\tb"]]],
    "a URL as the path": () => [[...without(":path"), [":path", "https://evil.example/"]]],
    "a path without its slash": () => [[...without(":path"), [":path", "@evil.example/"]]],
    "an empty path": () => [[...without(":path"), [":path", ""]]],
    "no path": () => [without(":path")],
    "two paths": () => [[...base(), [":path", "/second"]]],
    "a request in the method": () => [[...without(":method"), [":method", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"]]],
    "a space in the method": () => [[...without(":method"), [":method", "GET /"]]],
    "the method CONNECT": () => [
      [
        [":method", "CONNECT"],
        [":authority", scene.authority],
      ],
    ],
    "extended CONNECT": () => [[...without(":method"), [":method", "CONNECT"], [":protocol", "websocket"]]],
    "the method TRACE": () => [[...without(":method"), [":method", "TRACE"]]],
    "another authority": () => [[...without(":authority"), [":authority", "evil.example"]]],
    "the authority with a user": () => [[...without(":authority"), [":authority", `user@${scene.authority}`]]],
    "two authorities": () => [[...base(), [":authority", "evil.example"]]],
    "another Host": () => [[...base(), ["host", "evil.example"]]],
    "CRLF in the authority": () => [[...without(":authority"), [":authority", `${scene.authority}\r\nX-Injected: 1`]]],
    "no authority and no Host": () => [without(":authority")],
    "Transfer-Encoding": () => [[...base(), ["transfer-encoding", "chunked"]], "0\r\n\r\n"],
    Connection: () => [[...base(), ["connection", "keep-alive, content-length"]]],
    "Proxy-Connection": () => [[...base(), ["proxy-connection", "keep-alive"]]],
    Upgrade: () => [[...base(), ["upgrade", "h2c"]]],
    "TE beyond trailers": () => [[...base(), ["te", "chunked"]]],
    "a pseudo field behind others": () => [[...without(":path"), ["x-a", "b"], [":path", "/"]]],
    "an unknown pseudo field": () => [[...base(), [":status", "200"]]],
    "a length that is too short": () => [
      [...without(":method"), [":method", "POST"], ["content-length", "1"]],
      "5GET /stolen HTTP/1.1\r\n\r\n",
    ],
    "a length of zero before content": () => [
      [...without(":method"), [":method", "POST"], ["content-length", "0"]],
      "GET /stolen HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    "two different lengths": () => [
      [...without(":method"), [":method", "POST"], ["content-length", "4"], ["content-length", "2"]],
      "four",
    ],
    "a signed length": () => [[...without(":method"), [":method", "POST"], ["content-length", "+4"]], "four"],
  };

  for (const [what, attack] of Object.entries(attacks)) {
    it(`does not pass on ${what}`, async () => {
      const [fields, data] = attack();
      const outcome = await send(fields, data);
      assert.equal(outcome, "refused", received);
      assert.doesNotMatch(received, /X-Injected|x-injected|stolen|evil\.example/);
      assert.ok((received.match(/\r\n\r\n/g)?.length ?? 0) <= 1, received);
    });
  }

  it("still serves the session afterwards", async () => {
    assert.equal(await send(base()), "200");
  });

  it("does not open a channel for each of a thousand requests that are cancelled at once", async () => {
    const socket = await scene.page("h2");
    socket.write(preface());
    for (let stream = 1; stream < 2000; stream += 2) {
      socket.write(frame("headers", FLAG.endHeaders | FLAG.endStream, stream, block(base())));
      socket.write(frame("rstStream", 0, stream, Buffer.from([0, 0, 0, 8])));
    }
    const last = 2001;
    socket.write(frame("headers", FLAG.endHeaders | FLAG.endStream, last, block(base())));
    await readFrames(socket, (seen) => seen.some(isAnswer(last)));
    socket.destroy();
    assert.ok(scene.channels.length < 100, `${scene.channels.length} channels`);
    assert.equal(await send(base()), "200");
  });

  it("ends a head that never ends", async () => {
    const socket = await scene.page("h2");
    socket.write(preface());
    socket.write(frame("headers", FLAG.endStream, 1, block(base())));
    const filler = frame("continuation", 0, 1, block([["x-filler", "y".repeat(8000)]]));
    let over = false;
    const frames = readFrames(socket, (seen) => seen.some(isAnswer(1))).finally(() => {
      over = true;
    });
    for (let count = 0; count < 2000 && !over && !socket.destroyed; count += 1) {
      if (!socket.write(filler)) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await frames;
    socket.destroy();
    assert.ok(over);
    assert.equal(received, "");
  });
});
