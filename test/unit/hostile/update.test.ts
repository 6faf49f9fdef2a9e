/** A list is brought up to its release, or stays as it was. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { canonicalUrl } from "../../../app/core/canonical-url.ts";
import type { FileFrom, ListSource } from "../../../app/core/hostile-source.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { fileSource } from "../../../app/hostile/file-source.ts";
import { ListStore } from "../../../app/hostile/list-store.ts";
import { updateList } from "../../../app/hostile/update.ts";
import { keyPair, NEVER, ReleaseFolder, sameThread, sourceThread } from "../../support/hostile-release.ts";

interface Scene {
  readonly place: ReleaseFolder;
  readonly store: ListStore;
  update(source?: ListSource): Promise<boolean>;
  listed(...hosts: readonly string[]): readonly string[];
}

async function scene(work: (scene: Scene) => Promise<void>, kind: "ed25519" | "p256" = "ed25519"): Promise<void> {
  const place = new ReleaseFolder(kind);
  const store = await ListStore.open(place.store);
  try {
    await work({
      place,
      store,
      update: (source = fileSource(place.release)) =>
        updateList(store, { list: place.list(), source, runner: sameThread, signal: NEVER }),
      listed: (...hosts) => hosts.filter((host) => store.match(canonicalUrl(new URL(`https://${host}/`)))),
    });
  } finally {
    await store.close();
    place.remove();
  }
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "accepted",
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );

describe("an update", () => {
  for (const kind of ["ed25519", "p256"] as const) {
    it(`is taken when its release is signed (${kind})`, async () => {
      await scene(async ({ place, store, update, listed }) => {
        place.publish({ number: 1, list: "evil.example\nbad.example\n" });
        assert.equal(await update(), true);
        assert.deepEqual(listed("evil.example", "bad.example", "good.example"), ["evil.example", "bad.example"]);
        assert.equal(store.state?.entries, 2);
        assert.equal(await update(), false);
      }, kind);
    });
  }

  it("is refused where the profile's key is none, or of another kind", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const keys = [
      rsa.publicKey.export({ type: "spki", format: "pem" }).toString(),
      keyPair().publicKey.replace("MCo", "MCp"),
    ];
    for (const publicKey of keys) {
      await scene(async ({ place, store }) => {
        place.publish({ number: 1, list: "evil.example\n" }, rsa.privateKey);
        const list = { ...place.list(), publicKey };
        const parts = { list, source: fileSource(place.release), runner: sameThread, signal: NEVER };
        assert.equal(await codeOf(updateList(store, parts)), "hostile.signature");
      });
    }
  });

  it("may have its signature in base64", async () => {
    await scene(async ({ place, update }) => {
      place.publish({ number: 1, list: "evil.example\n" });
      const path = `${place.release}.sig`;
      writeFileSync(path, `${readFileSync(path).toString("base64")}\n`);
      assert.equal(await update(), true);
    });
  });

  it("by delta adds and takes away, and keeps dates; merging changes nothing", async () => {
    await scene(async ({ place, store, update, listed }) => {
      const all = Array.from({ length: 40 }, (_, index) => `n${index}.example`);
      place.publish({ number: 1, list: all.join("\n") });
      await update();
      const since = () => store.match(canonicalUrl(new URL("https://n39.example/")))?.since;
      const first = since();
      for (let number = 2; number <= 14; number += 1) {
        const text = `-n${number}.example\n+new${number}.example\n`;
        place.publish({ number, list: "never read\n", delta: { from: number - 1, text } });
        await update();
        const expected = all.filter((_, index) => index < 2 || index > number);
        const added = Array.from({ length: number - 1 }, (_, index) => `new${index + 2}.example`);
        const asked = [...all, ...Array.from({ length: 20 }, (_, index) => `new${index}.example`)];
        assert.deepEqual(listed(...asked), [...expected, ...added], `number ${number}`);
      }
      assert.ok((store.state?.segments.length ?? 99) <= 8);
      assert.equal(since(), first);
      place.publish({ number: 20, list: "n39.example\nlast.example 2020-01-01\n" });
      await update();
      assert.equal(since(), first);
      assert.equal(store.match(canonicalUrl(new URL("https://last.example/")))?.since, Date.parse("2020-01-01"));
    });
  });

  it("survives a new opening", async () => {
    await scene(async ({ place, update }) => {
      place.publish({ number: 1, list: "evil.example\n" });
      await update();
      const again = await ListStore.open(place.store);
      assert.equal(again.damage, undefined);
      assert.ok(again.match(canonicalUrl(new URL("https://a.evil.example/x"))));
      await again.close();
    });
  });

  it("runs in a thread of its own", async () => {
    const place = new ReleaseFolder();
    const store = await ListStore.open(place.store);
    try {
      place.publish({ number: 1, list: "evil.example\n" });
      const parts = { list: place.list(), source: fileSource(place.release), runner: sourceThread(), signal: NEVER };
      assert.equal(await updateList(store, parts), true);
      place.publish({ number: 2, list: "x\n".repeat(1000) });
      assert.equal(await codeOf(updateList(store, parts)), "hostile.format");
    } finally {
      await store.close();
      place.remove();
    }
  });
});

describe("a refused update leaves the last good list", () => {
  const rows: readonly (readonly [what: string, code: string, spoil: (place: ReleaseFolder) => void])[] = [
    [
      "another key's signature",
      "hostile.signature",
      (place) => place.publish({ number: 6, list: "a.example\n" }, keyPair().privateKey),
    ],
    ["a byte of the release changed", "hostile.signature", (place) => spoil(place.release, '"number":6', '"number":7')],
    ["an empty signature", "hostile.signature", (place) => writeFileSync(`${place.release}.sig`, "")],
    ["a lower number", "hostile.older", (place) => place.publish({ number: 4, list: "a.example\n" })],
    [
      "its own number, issued earlier",
      "hostile.older",
      (place) => place.publish({ number: 5, list: "evil.example\n", issued: "2026-11-04T00:00:00Z" }),
    ],
    ["its own number for another list", "hostile.older", (place) => place.publish({ number: 5, list: "a.example\n" })],
    ["another list's id", "hostile.format", (place) => place.publish({ number: 6, list: "a.example\n", id: "other" })],
    ["a release that is no JSON", "hostile.format", (place) => place.publishRaw("number 6")],
    [
      "a release with a path in a name",
      "hostile.format",
      (place) => place.publishRaw(readFileSync(place.release, "utf8").replace("list-6.txt", "../list-6.txt")),
    ],
    [
      "a file that is not the signed one",
      "hostile.format",
      (place) => spoil(join(place.root, "list-6.txt"), "a.example", "b.example"),
    ],
    ["a file that is shorter", "hostile.fetch", (place) => writeFileSync(join(place.root, "list-6.txt"), "a.ex")],
    [
      "a file that is longer",
      "hostile.fetch",
      (place) => writeFileSync(join(place.root, "list-6.txt"), "a.example\nb.example\n"),
    ],
    [
      "no file",
      "hostile.fetch",
      (place) => place.publishRaw(readFileSync(place.release, "utf8").replace("list-6.txt", "none.txt")),
    ],
    [
      "a file in another format",
      "hostile.format",
      (place) => place.publish({ number: 6, list: "0.0.0.0 a b c\n".repeat(50) }),
    ],
  ];
  for (const [what, code, change] of rows) {
    it(what, async () => {
      await scene(async ({ place, store, update, listed }) => {
        place.publish({ number: 5, list: "evil.example\n" });
        await update();
        place.publish({ number: 6, list: "a.example\n" });
        change(place);
        assert.equal(await codeOf(update()), code);
        assert.deepEqual(listed("evil.example", "a.example", "b.example"), ["evil.example"]);
        assert.equal(store.state?.number, 5);
        const names = readdirSync(place.store).filter((name) => !name.endsWith(".partial"));
        assert.equal(names.length, 2, names.join(" "));
        place.publish({ number: 7, list: "a.example\n" });
        assert.equal(await codeOf(update()), "accepted");
        assert.deepEqual(listed("evil.example", "a.example"), ["a.example"]);
      });
    });
  }

  function spoil(path: string, from: string, to: string): void {
    const text = readFileSync(path, "utf8");
    assert.ok(text.includes(from));
    writeFileSync(path, text.replace(from, to));
  }
});

describe("a damaged store", () => {
  it("is reported, takes no older list, and is made whole by the next update", async () => {
    await scene(async ({ place, update }) => {
      place.publish({ number: 5, list: "evil.example\n" });
      await update();
      const segment = readdirSync(place.store).find((name) => name.endsWith(".segment")) ?? "";
      const path = join(place.store, segment);
      writeFileSync(path, readFileSync(path).subarray(0, 5000));
      const again = await ListStore.open(place.store);
      assert.equal(again.damage?.code, "hostile.damaged");
      assert.equal(again.usable, false);
      const parts = { list: place.list(), source: fileSource(place.release), runner: sameThread, signal: NEVER };
      place.publish({ number: 4, list: "evil.example\n" });
      assert.equal(await codeOf(updateList(again, parts)), "hostile.older");
      place.publish({ number: 5, list: "evil.example\n" });
      assert.equal(await updateList(again, parts), true);
      assert.equal(again.damage, undefined);
      assert.ok(again.match(canonicalUrl(new URL("https://evil.example/"))));
      await again.close();
    });
  });

  it("with an unreadable state is reported", async () => {
    await scene(async ({ place, update }) => {
      place.publish({ number: 5, list: "evil.example\n" });
      await update();
      writeFileSync(join(place.store, "list.json"), "{");
      const again = await ListStore.open(place.store);
      assert.equal(again.damage?.code, "hostile.damaged");
      await again.close();
    });
  });
});

describe("a download that was cut off", () => {
  it("goes on where it ended, with the tag of what it has", async () => {
    await scene(async ({ place, store, update, listed }) => {
      place.publish({ number: 1, list: Array.from({ length: 1000 }, (_, index) => `n${index}.example\n`).join("") });
      const asked: Omit<FileFrom, "signal">[] = [];
      const whole = fileSource(place.release);
      const failing: ListSource = {
        async fetch(name, from) {
          if (name === undefined || name === ".sig") return whole.fetch(name, from);
          const { signal: _, ...what } = from;
          asked.push(what);
          const part = await whole.fetch(name, from);
          return { ...part, etag: '"one"', body: asked.length === 1 ? cutOff(part.body, place.store) : part.body };
        },
      };
      assert.equal(await codeOf(update(failing)), "Error: cut off");
      const partial = readdirSync(place.store).find((name) => name.endsWith(".partial")) ?? "";
      assert.equal(statSync(join(place.store, partial)).size, 5000);
      assert.equal(await update(failing), true);
      assert.deepEqual(asked, [{ offset: 0 }, { offset: 5000, etag: '"one"' }]);
      assert.deepEqual(listed("n0.example", "n999.example"), ["n0.example", "n999.example"]);
      assert.deepEqual(
        readdirSync(place.store).filter((name) => name.includes("partial")),
        [],
      );
      assert.equal(store.state?.entries, 1000);
    });
  });

  it("begins anew where the source does", async () => {
    await scene(async ({ place, update, listed }) => {
      place.publish({ number: 1, list: "a.example\nb.example\n" });
      const whole = fileSource(place.release);
      let attempts = 0;
      const anew: ListSource = {
        async fetch(name, from) {
          if (name === undefined || name === ".sig") return whole.fetch(name, from);
          attempts += 1;
          const part = await whole.fetch(name, { ...from, offset: 0 });
          return attempts === 1 ? { ...part, body: cutOff(part.body, place.store, 5) } : part;
        },
      };
      assert.equal(await codeOf(update(anew)), "Error: cut off");
      assert.equal(await update(anew), true);
      assert.deepEqual(listed("a.example", "b.example"), ["a.example", "b.example"]);
    });
  });

  /** Fails when what it has delivered is on the disk. */
  async function* cutOff(body: AsyncIterable<Buffer>, folder: string, after = 5000): AsyncGenerator<Buffer> {
    for await (const piece of body) {
      yield piece.subarray(0, after);
      break;
    }
    const written = () =>
      readdirSync(folder).some((name) => name.endsWith(".partial") && statSync(join(folder, name)).size === after);
    while (!written()) await new Promise((resolve) => setTimeout(resolve, 5));
    throw new Error("cut off");
  }
});
