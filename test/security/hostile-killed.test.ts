/** An updater that is killed before each of its changes to the disk, and one whose disk is full. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { build } from "vite";
import { canonicalUrl } from "../../app/core/canonical-url.ts";
import { fileSource } from "../../app/hostile/file-source.ts";
import { ListStore } from "../../app/hostile/list-store.ts";
import { updateList } from "../../app/hostile/update.ts";
import { NEVER, ReleaseFolder, sameThread } from "../support/hostile-release.ts";

const work = mkdtempSync(join(tmpdir(), "countersign-killed-"));
const program = join(work, "updater.mjs");

before(async () => {
  await build({
    configFile: false,
    logLevel: "error",
    build: {
      ssr: resolve(import.meta.dirname, "support/hostile-updater.ts"),
      outDir: work,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: "updater.mjs", codeSplitting: false } },
    },
    ssr: { noExternal: true },
  });
});
after(() => rmSync(work, { recursive: true, force: true }));

interface Outcome {
  readonly signal: string | undefined;
  readonly changes?: number;
  readonly codes?: readonly string[];
}

function run(input: object): Promise<Outcome> {
  return new Promise((done, failed) => {
    execFile(process.execPath, [program, JSON.stringify(input)], (error, stdout, stderr) => {
      if (error?.signal === "SIGKILL") done({ signal: error.signal });
      else if (error !== null) failed(new Error(stderr));
      else done({ signal: undefined, ...JSON.parse(stdout) });
    });
  });
}

const before1 = ["kept.example", "gone.example"];
const after2 = ["kept.example", "new.example"];
const many = Array.from({ length: 3_000 }, (_, index) => `n${index}.example`);

const listed = (store: ListStore): readonly string[] =>
  [...before1, "new.example", "n2999.example"].filter((host) => store.match(canonicalUrl(new URL(`https://${host}/`))));

interface Row {
  readonly what: string;
  readonly first: boolean;
  publish(place: ReleaseFolder): void;
}

const list1 = [...before1, ...many].join("\n");
const list2 = [...after2, ...many].join("\n");
const rows: readonly Row[] = [
  { what: "the first list", first: true, publish: (place) => place.publish({ number: 2, list: list2 }) },
  { what: "a whole list", first: false, publish: (place) => place.publish({ number: 2, list: list2 }) },
  {
    what: "a delta",
    first: false,
    publish: (place) =>
      place.publish({ number: 2, list: list2, delta: { from: 1, text: "+new.example\n-gone.example\n" } }),
  },
  {
    what: "a delta that is merged at once",
    first: false,
    publish: (place) => {
      const text = [...many.map((host) => `+also.${host}`), "+new.example", "-gone.example"].join("\n");
      place.publish({ number: 2, list: list2, delta: { from: 1, text } });
    },
  },
];

describe("an update that is killed before each of its changes to the disk", () => {
  for (const { what, first, publish } of rows) {
    it(`leaves the old list or the new one: ${what}`, async () => {
      const place = new ReleaseFolder();
      const parts = { list: place.list(), source: fileSource(place.release), runner: sameThread, signal: NEVER };
      const start = join(place.root, "start");
      mkdirSync(start);
      if (!first) {
        place.publish({ number: 1, list: list1 });
        const store = await ListStore.open(start);
        await updateList(store, parts);
        await store.close();
      }
      publish(place);
      const numbers = new Set<number>();
      const attempt = async (killAt: number): Promise<Outcome> => {
        const folder = join(place.root, `store-${killAt}`);
        cpSync(start, folder, { recursive: true });
        const outcome = await run({ store: folder, releases: [place.release], list: parts.list, killAt });
        const store = await ListStore.open(folder);
        assert.equal(store.damage, undefined, `killed before change ${killAt}`);
        const number = store.state?.number ?? 0;
        numbers.add(number);
        const expected = number === 0 ? [] : [...(number === 1 ? before1 : after2), "n2999.example"];
        assert.deepEqual(listed(store), expected, `killed before change ${killAt}, at number ${number}`);
        await updateList(store, parts);
        assert.equal(store.state?.number, 2);
        assert.deepEqual(listed(store), [...after2, "n2999.example"]);
        const names = ["list.json", ...(store.state?.segments ?? [])].toSorted();
        // What a killed update had downloaded beyond need goes with the next one.
        assert.deepEqual(
          readdirSync(folder)
            .filter((name) => !name.includes(".partial"))
            .toSorted(),
          names,
        );
        await store.close();
        rmSync(folder, { recursive: true });
        return outcome;
      };
      const whole = await attempt(0);
      assert.deepEqual(whole.codes, ["accepted"]);
      const changes = whole.changes ?? 0;
      assert.ok(changes > 10, `${changes} changes`);
      for (let killAt = 1; killAt <= changes; killAt += 1) {
        assert.equal((await attempt(killAt)).signal, "SIGKILL", `change ${killAt} of ${changes}`);
      }
      assert.deepEqual([...numbers].toSorted(), [first ? 0 : 1, 2]);
      place.remove();
    });
  }
});

const mounts = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

describe("an update that finds the disk full", { skip: mounts ? false : "no tmpfs can be mounted here" }, () => {
  it("is refused with that word, and the old list stays", () => {
    const place = new ReleaseFolder();
    const disk = join(place.root, "disk");
    mkdirSync(disk);
    place.publish({ number: 1, list: "kept.example\n" });
    const big = new ReleaseFolder();
    const text = Array.from({ length: 20_000 }, (_, index) => `n${index}.example\n`).join("");
    big.publish({ number: 2, list: text }, place.keys.privateKey);
    const releases = [place.release, big.release, place.release];
    const input = JSON.stringify({ store: join(disk, "store"), releases, list: place.list() });
    const script = 'mount -t tmpfs -o size=512k none "$1" && exec "$2" "$3" "$4"';
    const answer = spawnSync("unshare", ["-rm", "sh", "-c", script, "sh", disk, process.execPath, program, input], {
      encoding: "utf8",
    });
    const { codes, number } = JSON.parse(answer.stdout) as { codes: readonly string[]; number: number };
    assert.deepEqual(codes, ["accepted", "hostile.storage: the disk is full", "accepted"], answer.stderr);
    assert.equal(number, 1);
    place.remove();
    big.remove();
  });
});
