import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import { describe, it } from "node:test";
import { type GatewayScene, startGateway, startHttpOrigin, startRawOrigin } from "../../support/gateway-scene.ts";

const limits = { responseHead: 120, bodyIdle: 120 };

async function statusOf(scene: GatewayScene, path = "/"): Promise<number> {
  const stream = (await scene.http2()).request({ ":path": path });
  const [head] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status": number }];
  stream.resume();
  await once(stream, "close");
  return head[":status"];
}

describe("a server that stalls", () => {
  const heads = {
    "before its answer": "",
    "in the status line": "HTTP/1.1 20",
    "in a field": "HTTP/1.1 200 OK\r\nContent-Le",
    "before the end of the head": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n",
    "after an interim answer": "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
  };
  for (const [where, said] of Object.entries(heads)) {
    it(`${where} is answered in its place with 504`, async () => {
      const origin = await startRawOrigin((socket) => socket.on("data", () => socket.write(said)));
      const scene = await startGateway({ origin, limits });
      assert.equal(await statusOf(scene), 504);
      assert.equal((await scene.nextRefusal()).code, "network.timeout");
      assert.ok(scene.channels.every(({ alive }) => !alive));
      await scene.close();
    });
  }

  for (const [where, said] of Object.entries({
    "in a counted body": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    "in a chunked body": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "before the last chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
  })) {
    it(`${where} breaks the answer off`, async () => {
      const origin = await startRawOrigin((socket) => socket.on("data", () => socket.write(said)));
      const scene = await startGateway({ origin, limits });
      const stream = (await scene.http2()).request({ ":path": "/" });
      stream.on("error", () => {});
      stream.resume();
      await new Promise((resolve) => stream.once("close", resolve));
      assert.notEqual(stream.rstCode, 0);
      assert.equal((await scene.nextRefusal()).code, "network.timeout");
      await scene.close();
    });
  }

  it("by not reading an upload is given up on", async () => {
    const origin = await startRawOrigin((socket) => socket.pause());
    const scene = await startGateway({ origin, limits });
    const stream = (await scene.http2()).request({ ":method": "POST", ":path": "/" });
    stream.on("error", () => {});
    const answered = once(stream, "response") as Promise<[IncomingHttpHeaders & { ":status": number }]>;
    const write = () => {
      while (!stream.destroyed && stream.write(Buffer.alloc(65_536)));
    };
    stream.on("drain", write);
    write();
    assert.equal((await answered)[0][":status"], 504);
    assert.equal((await scene.nextRefusal()).code, "network.timeout");
    await scene.close();
  });

  it("is not confused with a page that pauses its upload", async () => {
    const origin = await startHttpOrigin((request, response) => {
      request.resume();
      request.once("end", () => response.end());
    });
    const scene = await startGateway({ origin, limits });
    const stream = (await scene.http2()).request({ ":method": "POST", ":path": "/" });
    stream.write("first");
    // Three limits pass.
    await new Promise((resolve) => setTimeout(resolve, 3 * limits.responseHead));
    stream.end("second");
    assert.equal(((await once(stream, "response")) as [{ ":status": number }])[0][":status"], 200);
    assert.deepEqual(scene.refused, []);
    await scene.close();
  });
});
