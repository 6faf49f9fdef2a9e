/** A listed address is not asked for, whatever asks for it: real servers tell what reached them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import { after, before, describe, it } from "node:test";
import { HostileRefusal } from "../../../app/core/hostile-lookup.ts";
import type { Refusal } from "../../../app/core/refusal.ts";
import { fileSource } from "../../../app/hostile/file-source.ts";
import { HostileLists, type List } from "../../../app/hostile/lists.ts";
import { type GatewayScene, startGateway, startHttpOrigin } from "../../support/gateway-scene.ts";
import { ReleaseFolder, sameThread } from "../../support/hostile-release.ts";

const place = new ReleaseFolder();
const warnings: Refusal[] = [];
const list: List = {
  ...place.list(),
  name: "Corporate phishing list",
  file: place.release,
  refresh: 60,
  staleAfter: 60 * 24 * 365 * 100,
  whenStale: "warn",
  reportTo: "mailto:phishing@corp.example",
};
let changed = () => {};

const openLists = (lists: readonly List[] = [list]): Promise<HostileLists> =>
  HostileLists.open({
    lists,
    folder: place.store,
    sourceOf: async () => fileSource(place.release),
    runner: sameThread,
    clock: Date.now,
    warn: (_, why) => warnings.push(why),
    changed: () => changed(),
  });

const nextChange = (): Promise<void> =>
  new Promise((resolve) => {
    changed = resolve;
  });

async function ready(lists: HostileLists): Promise<HostileLists> {
  const updated = nextChange();
  lists.start();
  await updated;
  return lists;
}

describe("a listed address", () => {
  const reached: string[] = [];
  const record: RequestListener = (request, response) => {
    reached.push(`${request.method} ${request.url}`);
    if (request.url === "/redirect") response.writeHead(302, { Location: "/listed/page" }).end();
    else response.end("ok");
  };
  let scene: GatewayScene;
  let lists: HostileLists;
  let cdnPort = 0;

  before(async () => {
    place.publish({ number: 1, list: "https://bank.example/listed 2026-11-01\ncdn.example\n" });
    lists = await ready(await openLists());
    const cdn = await startHttpOrigin(record, { host: "cdn.example" });
    cdnPort = cdn.port;
    scene = await startGateway({ origin: await startHttpOrigin(record), cdn, lists: lists.lookup });
  });
  after(async () => {
    await scene.close();
    await lists.close();
    place.remove();
  });

  const ask = async (headers: OutgoingHttpHeaders, body?: string): Promise<number | undefined> => {
    const session = await scene.http2();
    const stream = session.request(headers, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    stream.resume();
    const [head] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status"?: number }];
    session.destroy();
    return head[":status"];
  };

  const rows: readonly (readonly [way: string, headers: OutgoingHttpHeaders, body?: string])[] = [
    ["a page", { ":path": "/listed", "sec-fetch-dest": "document", "sec-fetch-mode": "navigate" }],
    ["a page below it, with a query", { ":path": "/listed/a/b?typed=secret", "sec-fetch-dest": "document" }],
    ["a page in another spelling", { ":path": "/%256Cisted/./x//y" }],
    ["a frame", { ":path": "/listed/frame", "sec-fetch-dest": "iframe" }],
    ["a script", { ":path": "/listed/a.js", "sec-fetch-dest": "script" }],
    ["a download", { ":path": "/listed/file.bin", "sec-fetch-dest": "empty" }],
    ["the target of a form", { ":method": "POST", ":path": "/listed/take" }, "secret"],
    ["a beacon", { ":method": "POST", ":path": "/listed/beacon", "sec-fetch-mode": "no-cors" }, "secret"],
  ];
  for (const [way, headers, body] of rows) {
    it(`is not asked for by ${way}`, async () => {
      reached.length = 0;
      assert.equal(await ask({ ":path": "/free" }), 200);
      assert.equal(await ask(headers, body), 403);
      assert.deepEqual(reached, ["GET /free"]);
      const refusal = scene.refused.at(-1)?.refusal;
      assert.ok(refusal instanceof HostileRefusal);
      assert.deepEqual(refusal.listing, {
        entry: "bank.example/listed",
        list: "Corporate phishing list",
        since: Date.parse("2026-11-01"),
        reportTo: "mailto:phishing@corp.example",
      });
      assert.doesNotMatch(JSON.stringify(refusal.detail), /secret/);
    });
  }

  it("is not asked for where a redirect leads to it", async () => {
    reached.length = 0;
    assert.equal(await ask({ ":path": "/redirect" }), 302);
    assert.equal(await ask({ ":path": "/listed/page" }), 403);
    assert.deepEqual(reached, ["GET /redirect"]);
  });

  it("is not asked for over a WebSocket", async () => {
    reached.length = 0;
    const page = await scene.page("http/1.1");
    page.write(
      `GET /listed/socket HTTP/1.1\r\nHost: ${scene.authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    assert.match(String((await once(page, "data"))[0]), /^HTTP\/1\.1 403 /);
    assert.deepEqual(reached, []);
  });

  it("gets no connection where its whole host is listed", async () => {
    reached.length = 0;
    await assert.rejects(scene.tunnel(`cdn.example:${cdnPort}`), /was answered 403/);
    assert.equal(scene.refused.at(-1)?.refusal.code, "site.hostile");
    assert.deepEqual(reached, []);
  });

  it("is refused when the list learns of it while its page is open", async () => {
    assert.equal(await ask({ ":path": "/later" }), 200);
    place.publish({
      number: 2,
      list: "never read",
      delta: { from: 1, text: "+https://bank.example/later\n-cdn.example\n" },
    });
    const again = await ready(await openLists());
    await again.close();
    const updated = await openLists();
    const later = await startGateway({ origin: await startHttpOrigin(record), lists: updated.lookup });
    const stream = (await later.http2()).request({ ":path": "/later" });
    stream.resume();
    const [head] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status"?: number }];
    assert.equal(head[":status"], 403);
    assert.equal(updated.lookup(new URL("https://cdn.example/")), undefined);
    await later.close();
    await updated.close();
  });
});

describe("a list that is too old", () => {
  const old = new Date(Date.now() - 3 * 3_600_000).toISOString();
  const url = new URL("https://free.example/");
  for (const whenStale of ["warn", "refuse"] as const) {
    it(`leads to a warning${whenStale === "refuse" ? " and refusals, where the profile says so" : ""}`, async () => {
      const own = new ReleaseFolder();
      own.publish({ number: 1, list: "evil.example\n", issued: old });
      const heard: string[] = [];
      let updated = () => {};
      const done = new Promise<void>((resolve) => {
        updated = resolve;
      });
      const lists = await HostileLists.open({
        lists: [{ ...list, publicKey: own.keys.publicKey, staleAfter: 120, whenStale }],
        folder: own.store,
        sourceOf: async () => fileSource(own.release),
        runner: sameThread,
        clock: Date.now,
        warn: (_, why) => heard.push(why.code),
        changed: () => updated(),
      });
      const before = () => lists.lookup(url);
      if (whenStale === "refuse") assert.throws(before, { code: "hostile.stale" });
      else assert.equal(before(), undefined);
      lists.start();
      await done;
      await lists.close();
      assert.deepEqual(heard, ["hostile.stale"]);
      own.remove();
    });
  }
});
