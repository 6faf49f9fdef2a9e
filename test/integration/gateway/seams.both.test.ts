import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import { describe, it } from "node:test";
import type { Relay } from "../../../app/gateway/relay.ts";
import { httpRelay } from "../../../app/gateway/relay-http.ts";
import { startGateway, startHttpOrigin } from "../../support/gateway-scene.ts";

describe("a gateway with a relay of another kind", () => {
  it("asks its relays in order, after its own rules", async () => {
    const seen: string[] = [];
    const teapot: Relay = {
      name: "teapot",
      accepts: ({ method }) => method === "BREW",
      serve(request, url) {
        seen.push(url.href);
        if (request.kind === "exchange") request.begin({ status: 418, fields: [], body: false, trailers: false });
      },
    };
    const scene = await startGateway({
      origin: await startHttpOrigin((_, response) => response.end("ok")),
      relays: [teapot, httpRelay],
      hostile: ["https://bank.example/flagged"],
    });
    const session = await scene.http2();
    const ask = async (headers: Record<string, string>) => {
      const stream = session.request(headers);
      stream.resume();
      const [head] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status": number }];
      return head[":status"];
    };
    assert.equal(await ask({ ":method": "BREW", ":path": "/pot" }), 418);
    assert.equal(await ask({ ":path": "/" }), 200);
    assert.equal(await ask({ ":method": "BREW", ":path": "/flagged/pot?typed" }), 403);
    assert.deepEqual(seen, [`https://${scene.authority}/pot`]);
    assert.equal((await scene.nextRefusal()).code, "site.hostile");
    assert.equal(scene.refused[0]?.url, `https://${scene.authority}/flagged/pot`);
    await scene.close();
  });
});

describe("a tunnel", () => {
  it("lives on after the limits of its beginning, and longer than one page connection's silence", async () => {
    const scene = await startGateway({
      origin: await startHttpOrigin((_, response) => response.end("ok")),
      limits: { connectHead: 100, pageHandshake: 100, pageHead: 100, responseHead: 100, bodyIdle: 100 },
    });
    const session = await scene.http2();
    const page = await scene.page("http/1.1");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const stream = session.request({ ":path": "/" });
    assert.equal(String((await once(stream, "data"))[0]), "ok");
    page.write(`GET / HTTP/1.1\r\nHost: ${scene.authority}\r\n\r\n`);
    assert.match(String((await once(page, "data"))[0]), /^HTTP\/1\.1 200 /);
    assert.deepEqual(scene.refused, []);
    await scene.close();
  });
});

describe("an answer that cannot be passed on", () => {
  it("is refused when the server floods with interim answers", async () => {
    const scene = await startGateway({
      origin: await startHttpOrigin((_, response) => {
        for (let count = 0; count < 20; count += 1) response.writeProcessing();
        response.end("ok");
      }),
    });
    const stream = (await scene.http2()).request({ ":path": "/" });
    const [head] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status": number }];
    assert.equal(head[":status"], 502);
    assert.equal((await scene.nextRefusal()).code, "server.protocol");
    await scene.close();
  });
});
