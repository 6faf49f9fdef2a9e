import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import { after, before, describe, it } from "node:test";
import { CDN, type GatewayScene, readAll, startGateway, startHttpOrigin } from "../../support/gateway-scene.ts";

describe("a declared subresource", { timeout: 60_000 }, () => {
  let scene: GatewayScene;
  let cdn = "";
  let seen: { method?: string | undefined; url?: string | undefined; headers: Record<string, unknown> } | undefined;
  before(async () => {
    const cdnOrigin = await startHttpOrigin(
      ({ method, url, headers }, response) => {
        seen = { method, url, headers };
        response.writeHead(200, {
          "Set-Cookie": "track=1",
          "WWW-Authenticate": "Basic",
          "Clear-Site-Data": '"*"',
          "Access-Control-Allow-Origin": "*",
          "Content-Type": "text/css",
        });
        response.end("body { }");
      },
      { host: CDN },
    );
    cdn = `${CDN}:${cdnOrigin.port}`;
    scene = await startGateway({ origin: await startHttpOrigin((_, response) => response.end()), cdn: cdnOrigin });
  });
  after(() => scene.close());

  const ask = async (headers: Record<string, string>, body?: string) => {
    seen = undefined;
    const session = await scene.http2(cdn);
    const stream = session.request({ ":path": "/style.css", ...headers }, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    const [head] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status": number }];
    stream.resume();
    await once(stream, "close");
    session.destroy();
    return head;
  };

  it("is authenticated by its own pin and asked for no client proof", () => {
    assert.deepEqual(scene.channels, []);
    return scene.gateway.prove(`https://${cdn}`).then((outcome) => {
      assert.equal(outcome.kind, "authenticated");
      if (outcome.kind !== "authenticated") return;
      assert.equal(outcome.channel.expectation.role, "subresource");
      assert.deepEqual(outcome.channel.expectation.client, { method: "none" });
    });
  });

  it("is read with what reading needs, and nothing of the user", async () => {
    const head = await ask({
      accept: "text/css",
      "accept-encoding": "br",
      range: "bytes=0-",
      origin: "https://bank.example",
      "sec-fetch-dest": "style",
      "sec-fetch-mode": "cors",
      "user-agent": "A",
      cookie: "id=1",
      authorization: "Bearer x",
      "proxy-authorization": "Basic x",
      referer: "https://bank.example/account/42",
      "x-typed-by-the-user": "secret",
      "content-language": "secret",
    });
    assert.equal(head[":status"], 200);
    assert.deepEqual(Object.keys(seen?.headers ?? {}).sort(), [
      "accept",
      "accept-encoding",
      "connection",
      "host",
      "origin",
      "range",
      "sec-fetch-dest",
      "sec-fetch-mode",
      "user-agent",
    ]);
    assert.equal(head["access-control-allow-origin"], "*");
    for (const name of ["set-cookie", "www-authenticate", "clear-site-data"]) assert.equal(head[name], undefined, name);
  });

  it("answers HEAD", async () => {
    assert.equal((await ask({ ":method": "HEAD" }))[":status"], 200);
    assert.equal(seen?.method, "HEAD");
  });

  const refused: Record<string, [headers: Record<string, string>, body?: string]> = {
    POST: [{ ":method": "POST" }, "typed"],
    "POST without content": [{ ":method": "POST" }],
    PUT: [{ ":method": "PUT" }, "typed"],
    DELETE: [{ ":method": "DELETE" }],
    OPTIONS: [{ ":method": "OPTIONS" }],
    "a method of its own": [{ ":method": "REPORT" }],
    "GET with content": [{ ":method": "GET" }, "typed"],
    "a query": [{ ":path": "/style.css?typed" }],
    "an empty query": [{ ":path": "/style.css?" }],
    "a navigation by mode": [{ "sec-fetch-mode": "navigate" }],
    "a navigation by destination": [{ "sec-fetch-dest": "document" }],
    "an iframe": [{ "sec-fetch-dest": "iframe" }],
    "an embed": [{ "sec-fetch-dest": "embed" }],
    "a service worker": [{ "sec-fetch-dest": "serviceworker" }],
  };
  for (const [name, [headers, body]] of Object.entries(refused)) {
    it(`refuses ${name}`, async () => {
      const head = await ask(headers, body);
      assert.equal(head[":status"], 403);
      assert.equal((await scene.nextRefusal()).code, "site.read-only");
      assert.equal(seen, undefined, "the server was asked");
      assert.doesNotMatch(JSON.stringify(scene.refused.at(-1)?.url), /typed/);
    });
  }

  it("refuses a WebSocket", async () => {
    const socket = await scene.page("http/1.1", cdn);
    socket.write(`GET / HTTP/1.1\r\nHost: ${cdn}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    assert.match(await readAll(socket), /^HTTP\/1\.1 403 /);
    assert.equal((await scene.nextRefusal()).code, "site.read-only");
  });

  it("takes queries where the profile allows them", async () => {
    const queries: (string | undefined)[] = [];
    const cdnOrigin = await startHttpOrigin(
      (request, response) => {
        queries.push(request.url);
        response.end();
      },
      { host: CDN },
    );
    const allowed = await startGateway({
      origin: await startHttpOrigin((_, response) => response.end()),
      cdn: cdnOrigin,
      cdnQuery: true,
    });
    const stream = (await allowed.http2(`${CDN}:${cdnOrigin.port}`)).request({ ":path": "/font?v=2" });
    await once(stream, "response");
    stream.resume();
    await once(stream, "close");
    assert.deepEqual(queries, ["/font?v=2"]);
    assert.deepEqual(allowed.refused, []);
    await allowed.close();
  });
});
