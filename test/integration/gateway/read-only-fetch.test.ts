import assert from "node:assert/strict";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { Refusal } from "../../../app/core/refusal.ts";
import { createDialer } from "../../../app/gateway/dialer.ts";
import { type ReadOnlyOptions, readOnlyFetch } from "../../../app/gateway/read-only-fetch.ts";
import { makeAuthority } from "../../realm/certificates.ts";

interface Request {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
}

const HOST = "news.test";
const authority = makeAuthority({ subject: "CN=Some CA" });
const requests: Request[] = [];
let server: Server;
let origin: string;

before(async () => {
  const { keyPem, chainPem } = authority.issue({ names: { dns: [HOST] } });
  server = createServer(
    { key: keyPem, cert: chainPem, requestCert: true, rejectUnauthorized: false },
    (asked, answer) => {
      requests.push({ line: `${asked.method} ${asked.url}`, headers: asked.headers });
      respond(asked, answer);
    },
  );
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `https://${HOST}:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

function respond({ url = "" }: IncomingMessage, answer: ServerResponse): void {
  const html = { "content-type": 'text/html; charset="utf-8"', "set-cookie": "user=1; Secure" };
  const moved = /^\/to\/(.+)$/.exec(url)?.[1];
  if (moved !== undefined) answer.writeHead(302, { location: decodeURIComponent(moved), "set-cookie": "a=b" }).end();
  else if (url === "/large") answer.writeHead(200, html).end(Buffer.alloc(5000));
  else if (url === "/exact") answer.writeHead(200, html).end(Buffer.alloc(4096));
  else if (url === "/slow") answer.writeHead(200, html).write("a");
  else if (url === "/script") answer.writeHead(200, { "content-type": "text/javascript" }).end("1");
  else if (url === "/picture") answer.writeHead(200, { "content-type": "image/png" }).end("png");
  else if (url === "/coded") answer.writeHead(200, { ...html, "content-encoding": "gzip" }).end("x");
  else if (url === "/gone") answer.writeHead(404, html).end("gone");
  else answer.writeHead(200, html).end("<p>News");
}

const options = (more: Partial<ReadOnlyOptions> = {}): ReadOnlyOptions => ({
  dialer: createDialer({ resolve: async () => ["127.0.0.1"] }),
  anchors: [authority.certificatePem],
  allow: async () => undefined,
  ...more,
});

const page = (path: string, more?: Partial<ReadOnlyOptions>) =>
  readOnlyFetch(options(more), `${origin}${path}`, "page");
const refused = (code: string, fault: RegExp) => (error: unknown) =>
  error instanceof Refusal && error.code === code && fault.test(error.detail.fault ?? "");

test("a page is asked for once, and the server learns nothing of the user", async () => {
  requests.length = 0;
  const answer = await page("/a?page=2#part");
  assert.ok(answer.kind === "content");
  assert.equal(answer.body.toString(), "<p>News");
  assert.equal(answer.type, "text/html; charset=utf-8");
  assert.deepEqual(
    requests.map(({ line }) => line),
    ["GET /a?page=2"],
  );
  assert.deepEqual(Object.keys(requests[0]?.headers ?? {}).sort(), [
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "host",
  ]);
});

test("a redirect on the same origin is followed without the cookie that came with it, a few times at most", async () => {
  requests.length = 0;
  const answer = await page("/to/%2Fto%2F%252Fend");
  assert.ok(answer.kind === "content");
  assert.equal(answer.url, `${origin}/end`);
  assert.equal(requests.length, 3);
  for (const { headers } of requests) assert.equal(headers.cookie ?? headers.referer, undefined);
  let path = "/end";
  for (let count = 0; count < 6; count += 1) path = `/to/${encodeURIComponent(path)}`;
  await assert.rejects(page(path), refused("site.not-shown", /more than 5 times/));
});

test("another origin is never asked: it is named instead", async () => {
  requests.length = 0;
  const there = "https://elsewhere.test/a?b";
  assert.deepEqual(await page(`/to/${encodeURIComponent(there)}`), { kind: "elsewhere", url: there });
  assert.equal(requests.length, 1);
  await assert.rejects(page(`/to/${encodeURIComponent("http://news.test/")}`), refused("site.not-shown", /not https/));
});

test("each address is looked at before it is asked for", async () => {
  requests.length = 0;
  const allow = async ({ pathname }: URL) => {
    if (pathname === "/bad") throw new Refusal("site.hostile", { value: "bad", fault: "listed" });
  };
  await assert.rejects(page("/bad", { allow }), refused("site.hostile", /listed/));
  assert.equal(requests.length, 0);
  await assert.rejects(page("/to/%2Fbad", { allow }), refused("site.hostile", /listed/));
  assert.equal(requests.length, 1);
});

test("a server without a certificate for its name is not asked", async () => {
  requests.length = 0;
  await assert.rejects(page("/", { anchors: [] }), refused("site.not-shown", /certificate/));
  const other = origin.replace(HOST, "other.test");
  await assert.rejects(
    readOnlyFetch(options(), other, "page"),
    refused("site.not-shown", /ERR_TLS_CERT_ALTNAME_INVALID/),
  );
  assert.deepEqual(requests, []);
});

test("only plain content of bounded size and time is taken", async () => {
  const limits = { body: 4096, time: 1000 };
  assert.equal((await page("/exact", { limits })).kind, "content");
  await assert.rejects(page("/large", { limits }), refused("site.not-shown", /too large/));
  await assert.rejects(page("/slow", { limits }), refused("network.timeout", /within 1000 ms/));
  await assert.rejects(page("/script"), refused("site.not-shown", /kind of content/));
  await assert.rejects(page("/picture"), refused("site.not-shown", /kind of content/), "a picture is no page");
  await assert.rejects(page("/coded"), refused("site.not-shown", /encoded/));
  assert.equal((await page("/gone")).kind, "content");
  const part = (path: string) => readOnlyFetch(options(), `${origin}${path}`, "part");
  assert.equal((await part("/picture")).kind, "content");
  await assert.rejects(part("/"), refused("site.not-shown", /kind of content/), "a page is no part");
  await assert.rejects(part("/gone"), refused("site.not-shown", /404/));
});
