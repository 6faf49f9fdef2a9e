import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { after, before, beforeEach, describe, it } from "node:test";
import type { PeerCertificate, TLSSocket } from "node:tls";
import { CDN, type GatewayScene, readAll, readHead, startGateway, startHttpOrigin } from "../support/gateway-scene.ts";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly client: PeerCertificate | undefined;
}

/** A page under attack tries to send what was typed to a declared subresource, which may only be read. */
describe("a subresource as a way out", () => {
  let scene: GatewayScene;
  let authority: string;
  const seen: Seen[] = [];

  before(async () => {
    const origin = await startHttpOrigin((_request, response) => response.end());
    const cdn = await startHttpOrigin(
      (request, response) => {
        request.resume();
        seen.push({
          method: request.method ?? "",
          url: request.url ?? "",
          headers: request.headers,
          client: (request.socket as TLSSocket).getPeerCertificate?.(),
        });
        response.setHeader("Set-Cookie", "track=1");
        response.setHeader("Clear-Site-Data", '"*"');
        response.setHeader("Refresh", "0; url=https://evil.example/");
        response.setHeader("WWW-Authenticate", 'Basic realm="bank"');
        response.setHeader("Content-Type", "text/javascript");
        response.end("script");
      },
      { host: CDN },
    );
    scene = await startGateway({ origin, cdn });
    authority = `${CDN}:${cdn.port}`;
  });
  beforeEach(() => {
    seen.length = 0;
  });
  after(() => scene.close());

  async function send(request: string): Promise<string> {
    const page = await scene.page("http/1.1", authority);
    page.write(request, "latin1");
    return await readAll(page);
  }
  const get = (target: string, ...fields: readonly string[]): string =>
    [`GET ${target} HTTP/1.1`, `Host: ${authority}`, "Connection: close", ...fields, "", ""].join("\r\n");

  it("may be read (control)", async () => {
    const answer = await send(get("/script.js", "Sec-Fetch-Dest: script", "Sec-Fetch-Mode: no-cors"));
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.match(answer, /script$/);
    assert.equal(seen.length, 1);
  });

  it("sees nothing of the page but what fetching needs", async () => {
    const secret = "hunter2";
    await send(
      get(
        "/a.js",
        `Cookie: session=${secret}`,
        `Authorization: Basic ${secret}`,
        `X-Typed: ${secret}`,
        `Referer: https://bank.example/?${secret}`,
        `Accept-Charset: ${secret}`,
        `If-Modified-Since: ${secret}`,
        `Content-Type: text/${secret}`,
        `Forwarded: for=${secret}`,
        `Sec-WebSocket-Protocol: ${secret}`,
        `Proxy-Authorization: Basic ${secret}`,
      ).replace(`If-Modified-Since: ${secret}\r\n`, ""),
    );
    assert.equal(seen.length, 1);
    assert.ok(!JSON.stringify(seen[0]?.headers).includes(secret), JSON.stringify(seen[0]?.headers));
  });

  const refused: Readonly<Record<string, () => string>> = {
    POST: () => `POST / HTTP/1.1\r\nHost: ${authority}\r\nContent-Length: 7\r\n\r\nhunter2`,
    PUT: () => `PUT /x HTTP/1.1\r\nHost: ${authority}\r\nContent-Length: 7\r\n\r\nhunter2`,
    DELETE: () => `DELETE /hunter2 HTTP/1.1\r\nHost: ${authority}\r\n\r\n`,
    "OPTIONS (a preflight)": () => `OPTIONS /x HTTP/1.1\r\nHost: ${authority}\r\n\r\n`,
    "a method of the page's own": () => `HUNTER2 / HTTP/1.1\r\nHost: ${authority}\r\n\r\n`,
    "GET with content": () => `GET / HTTP/1.1\r\nHost: ${authority}\r\nContent-Length: 7\r\n\r\nhunter2`,
    "GET with chunked content": () =>
      `GET / HTTP/1.1\r\nHost: ${authority}\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nhunter2\r\n0\r\n\r\n`,
    "a query": () => get("/pixel.png?typed=hunter2"),
    "an empty query": () => get("/pixel.png?"),
    "a WebSocket": () =>
      `GET / HTTP/1.1\r\nHost: ${authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    "an upgrade to something else": () =>
      `GET / HTTP/1.1\r\nHost: ${authority}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
    "a navigation": () => get("/", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"),
    "a frame": () => get("/", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"),
    "a frame that calls itself something else": () => get("/", "Sec-Fetch-Dest: iframe"),
    "a navigation that calls itself an image": () => get("/", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: image"),
    "an object": () => get("/", "Sec-Fetch-Dest: object"),
    "a service worker": () => get("/sw.js", "Sec-Fetch-Dest: serviceworker"),
    "the site's own Host": () => get("/").replace(`Host: ${authority}`, `Host: ${scene.authority}`),
  };
  for (const [what, request] of Object.entries(refused)) {
    it(`refuses ${what} before anything reaches the server`, async () => {
      const page = await scene.page("http/1.1", authority);
      page.write(request(), "latin1");
      assert.match(await readHead(page), /^(HTTP\/1\.1 (400|403|405|421) |$)/);
      page.destroy();
      const { code } = await scene.nextRefusal();
      assert.match(code, /^(site\.read-only|gateway\.request)$/);
      assert.deepEqual(seen, []);
    });
  }

  it("stores nothing and asks for nothing by its answer", async () => {
    const answer = await send(get("/a.js"));
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(answer, /set-cookie|clear-site-data|refresh|www-authenticate|track=1/i);
  });

  it("holds the same over HTTP/2", async () => {
    const session = await scene.http2(authority);
    const attempts = [
      { ":method": "POST", ":path": "/" },
      { ":method": "GET", ":path": "/?typed=hunter2" },
      { ":method": "GET", ":path": "/", "sec-fetch-mode": "navigate" },
      { ":method": "GET", ":path": "/", "sec-fetch-dest": "iframe" },
    ];
    for (const headers of attempts) {
      const stream = session.request(headers);
      stream.end();
      const [answer] = (await once(stream, "response")) as [{ ":status": number }];
      assert.equal(answer[":status"], 403);
      stream.close();
    }
    assert.deepEqual(seen, []);
    const stream = session.request({ ":path": "/a.js", cookie: "session=hunter2", "x-typed": "hunter2" });
    stream.resume();
    await once(stream, "close");
    assert.ok(!JSON.stringify(seen).includes("hunter2"));
    assert.equal(seen.length, 1);
  });
});

describe("a subresource's query", () => {
  it("passes where the profile allows it (control)", async () => {
    const urls: string[] = [];
    const origin = await startHttpOrigin((_request, response) => response.end());
    const cdn = await startHttpOrigin(
      (request, response) => {
        urls.push(request.url ?? "");
        response.end();
      },
      { host: CDN },
    );
    const scene = await startGateway({ origin, cdn, cdnQuery: true });
    try {
      const page = await scene.page("http/1.1", `${CDN}:${cdn.port}`);
      page.write(`GET /tile?x=1 HTTP/1.1\r\nHost: ${CDN}:${cdn.port}\r\nConnection: close\r\n\r\n`);
      assert.match(await readAll(page), /^HTTP\/1\.1 200 /);
      assert.deepEqual(urls, ["/tile?x=1"]);
    } finally {
      await scene.close();
    }
  });
});
