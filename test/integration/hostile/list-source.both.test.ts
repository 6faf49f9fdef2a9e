/** Lists from a server that has to prove its pinned key. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { canonicalUrl } from "../../../app/core/canonical-url.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { expectationForList } from "../../../app/core/sites.ts";
import { httpsListSource } from "../../../app/gateway/list-source.ts";
import { ListStore } from "../../../app/hostile/list-store.ts";
import { HostileLists, type List } from "../../../app/hostile/lists.ts";
import { updateList } from "../../../app/hostile/update.ts";
import { HOST, profileOf, realOpener, startHttpOrigin } from "../../support/gateway-scene.ts";
import { NEVER, ReleaseFolder, sameThread } from "../../support/hostile-release.ts";

interface Scene {
  readonly place: ReleaseFolder;
  readonly store: ListStore;
  readonly asked: readonly string[];
  update(pins?: readonly string[]): Promise<boolean>;
}

/** Serves the files of a release with ranges and tags; `spoil` may answer in its place. */
async function scene(work: (scene: Scene) => Promise<void>, spoil: (asked: number) => RequestListener | undefined) {
  const place = new ReleaseFolder();
  const store = await ListStore.open(place.store);
  const asked: string[] = [];
  const origin = await startHttpOrigin((request, response) => {
    const { range, cookie, authorization, "if-range": tag } = request.headers;
    asked.push([request.method, request.url, range, tag, cookie, authorization].filter(Boolean).join(" "));
    const instead = spoil(asked.length);
    if (instead !== undefined) return instead(request, response);
    const bytes = readFileSync(join(place.root, basename(request.url ?? "")));
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const headers = { ETag: '"one"', "Content-Length": bytes.length - start };
    if (start === 0) response.writeHead(200, headers);
    else response.writeHead(206, { ...headers, "Content-Range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
    return response.end(bytes.subarray(start));
  });
  const { sites } = profileOf({ origin });
  const update = (pins = sites[0]?.server.pins ?? []) => {
    const url = `https://${HOST}:${origin.port}/lists/release.json`;
    const own = { name: "Test", refresh: 60, staleAfter: 60, whenStale: "warn" } as const;
    const list: List = { ...place.list(), ...own, url, server: { pins, anchors: [] }, addresses: ["127.0.0.1"] };
    const expectation = expectationForList(list);
    assert.ok(expectation);
    const source = httpsListSource({ expectation, path: "/lists/release.json", opener: realOpener() });
    return updateList(store, { list, source, runner: sameThread, signal: NEVER });
  };
  try {
    await work({ place, store, asked, update });
  } finally {
    await store.close();
    await origin.close();
    place.remove();
  }
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "accepted",
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );

describe("a list from a server", () => {
  it("is fetched without anything of the user", async () => {
    await scene(
      async ({ place, store, asked, update }) => {
        place.publish({ number: 1, list: "evil.example\n" });
        assert.equal(await update(), true);
        assert.ok(store.match(canonicalUrl(new URL("https://evil.example/"))));
        assert.deepEqual(asked, ["GET /lists/release.json", "GET /lists/release.json.sig", "GET /lists/list-1.txt"]);
      },
      () => undefined,
    );
  });

  it("is not asked of a server with another key", async () => {
    await scene(
      async ({ place, asked, update }) => {
        place.publish({ number: 1, list: "evil.example\n" });
        assert.equal(await codeOf(update([`sha256/${"A".repeat(43)}=`])), "server.pin-mismatch");
        assert.deepEqual(asked, []);
      },
      () => undefined,
    );
  });

  it("goes on where the connection broke", async () => {
    const list = Array.from({ length: 5000 }, (_, index) => `n${index}.example\n`).join("");
    await scene(
      async ({ place, store, asked, update }) => {
        place.publish({ number: 1, list });
        assert.equal(await codeOf(update()), "hostile.fetch");
        assert.equal(await update(), true);
        assert.equal(store.state?.entries, 5000);
        assert.match(asked.at(-1) ?? "", /^GET \/lists\/list-1\.txt bytes=1000- "one"$/);
      },
      (asked) =>
        asked === 3
          ? (_, response) => {
              response.writeHead(200, { ETag: '"one"', "Content-Length": 1000 });
              response.end(list.slice(0, 1000));
            }
          : undefined,
    );
  });

  const answers: readonly (readonly [what: string, answer: RequestListener])[] = [
    ["404", (_, response) => response.writeHead(404).end()],
    ["a redirect", (_, response) => response.writeHead(302, { Location: "/lists/list-1.txt" }).end()],
    [
      "an encoding that was not asked for",
      (_, response) => response.writeHead(200, { "Content-Encoding": "gzip" }).end("x"),
    ],
    ["part of the file", (_, response) => response.writeHead(206, { "Content-Range": "bytes 5-9/10" }).end("evil.")],
    ["more than the file", (_, response) => response.end("evil.example\nand more\n")],
  ];
  for (const [what, answer] of answers) {
    it(`is refused when the server answers with ${what}`, async () => {
      await scene(
        async ({ place, store, update }) => {
          place.publish({ number: 1, list: "evil.example\n" });
          assert.equal(await codeOf(update()), "hostile.fetch");
          assert.equal(store.state, undefined);
        },
        (asked) => (asked === 3 ? answer : undefined),
      );
    });
  }

  it("is given up when the lists are closed, which answer nothing from then on", async () => {
    const place = new ReleaseFolder();
    let asked = () => {};
    const underWay = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const origin = await startHttpOrigin(() => asked());
    const warnings: string[] = [];
    const { sites } = profileOf({ origin });
    const url = `https://${HOST}:${origin.port}/lists/release.json`;
    const own = { name: "Test", refresh: 60, staleAfter: 60, whenStale: "warn" } as const;
    const server = { pins: sites[0]?.server.pins ?? [], anchors: [] };
    const list: List = { ...place.list(), ...own, url, server, addresses: ["127.0.0.1"] };
    const lists = await HostileLists.open({
      lists: [list],
      folder: place.store,
      sourceOf: async () => {
        const expectation = expectationForList(list);
        assert.ok(expectation);
        return httpsListSource({ expectation, path: "/lists/release.json", opener: realOpener() });
      },
      runner: sameThread,
      clock: Date.now,
      warn: (_, { code }) => warnings.push(code),
      changed: () => {},
    });
    lists.start();
    await underWay;
    assert.equal(lists.lookup(new URL("https://free.example/")), undefined);
    await lists.close();
    assert.throws(() => lists.lookup(new URL("https://free.example/")), { code: "hostile.stale" });
    assert.deepEqual(warnings, []);
    await origin.close();
    place.remove();
  });
});
