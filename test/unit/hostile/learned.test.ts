import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import type { Pin } from "../../../app/core/evidence.ts";
import { impostorSchema, type Sighting } from "../../../app/core/impostor.ts";
import { impostorExport, LearnedImpostors } from "../../../app/hostile/learned.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "countersign-learned-"));
  folders.push(folder);
  return join(folder, "impostors");
}

function open(folder: string) {
  const troubles: string[] = [];
  let changes = 0;
  const learned = new LearnedImpostors({
    folder,
    trouble: (fault) => troubles.push(fault),
    changed: () => {
      changes += 1;
    },
  });
  return { learned, troubles, changes: () => changes };
}

const keyOf = (number: number): Pin =>
  `sha256/${Buffer.alloc(32, number % 256)
    .fill(Math.floor(number / 256), 0, 1)
    .toString("base64")}`;

function sighting(number = 1, change: Partial<Sighting["appearance"]> = {}, minute = number): Sighting {
  const at = new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString();
  return {
    key: keyOf(number),
    appearance: {
      site: "bank",
      origin: "https://bank.example",
      address: "192.0.2.1",
      at,
      code: "server.pin-mismatch",
      ...change,
    },
    evidence: {
      protocol: "TLSv1.3",
      cipher: "TLS_AES_256_GCM_SHA384",
      message: "CertificateVerify",
      transcript: "0".repeat(64),
      certificate: { subject: "CN=x", issuer: "CN=y", notBefore: at, notAfter: at, fingerprint: "1".repeat(64) },
    },
  };
}

describe("what was learned of impostors", () => {
  it("is there after a new start, for the user's eyes only", async () => {
    const folder = place();
    const first = open(folder);
    first.learned.remember(sighting());
    assert.equal(first.learned.known(keyOf(1))?.times, 1, "at once");
    await first.learned.settled();
    assert.equal(first.changes(), 1);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    const [name = "", ...others] = readdirSync(folder);
    assert.deepEqual(others, []);
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
    const second = open(folder);
    assert.deepEqual(second.learned.list, first.learned.list);
    assert.deepEqual(second.troubles, []);
  });

  it("counts, and keeps the latest appearance of each address", async () => {
    const { learned } = open(place());
    learned.remember(sighting(1, {}, 1));
    learned.remember(sighting(1, { address: "192.0.2.2" }, 2));
    learned.remember(sighting(1, {}, 3));
    const entry = learned.known(keyOf(1));
    assert.equal(entry?.times, 3);
    assert.deepEqual(
      entry?.appearances.map(({ address }) => address),
      ["192.0.2.1", "192.0.2.2"],
    );
    assert.equal(entry?.first, sighting(1).appearance.at);
    for (let address = 0; address < 40; address += 1)
      learned.remember(sighting(1, { address: `198.51.100.${address}` }));
    assert.equal(learned.known(keyOf(1))?.appearances.length, 16);
    await learned.settled();
  });

  it("is forgotten when it is removed, also by another program", async () => {
    const folder = place();
    const [one, other] = [open(folder).learned, open(folder).learned];
    one.remember(sighting(1));
    one.remember(sighting(2));
    await one.settled();
    const late = open(folder).learned;
    assert.equal(late.remove(keyOf(1)), true);
    assert.equal(late.remove(keyOf(1)), false);
    await late.settled();
    assert.equal(one.known(keyOf(1)), undefined);
    assert.deepEqual(
      one.list.map(({ key }) => key),
      [keyOf(2)],
    );
    assert.deepEqual(other.list, [], "what it never read it does not know");
    assert.equal(readdirSync(folder).length, 1);
  });

  it("stays removed when a write of it was still under way", async () => {
    const folder = place();
    const { learned } = open(folder);
    learned.remember(sighting(1));
    learned.remove(keyOf(1));
    await learned.settled();
    assert.equal(existsSync(folder) ? readdirSync(folder).length : 0, 0);
  });

  for (const [what, content] of [
    ["no JSON", "{"],
    ["another shape", '{"version":1}'],
    ["another version", JSON.stringify({ ...entryOf(), version: 2 })],
    ["the entry of another key", JSON.stringify({ ...entryOf(), key: keyOf(7) })],
    ["much too large", JSON.stringify({ ...entryOf(), first: " ".repeat(300_000) })],
  ] as const) {
    it(`a damaged file (${what}) is reported and set aside, and the others hold`, async () => {
      const folder = place();
      const { learned } = open(folder);
      learned.remember(sighting(1));
      await learned.settled();
      const damaged = join(folder, `${"a".repeat(64)}.json`);
      writeFileSync(damaged, content);
      const next = open(folder);
      assert.deepEqual(
        next.learned.list.map(({ key }) => key),
        [keyOf(1)],
      );
      assert.equal(next.troubles.length, 1);
      assert.match(next.troubles[0] ?? "", /damaged and set aside/);
      assert.equal(readFileSync(`${damaged}.damaged`, "utf8"), content);
      assert.deepEqual(open(folder).troubles, [], "it is said once");
    });
  }

  it("what a cut-off write left is swept", () => {
    const folder = place();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${"a".repeat(64)}.json.0123.part`), '{"ver');
    assert.deepEqual(open(folder).troubles, []);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("a disk that takes nothing is reported, and the entry holds until the end", async () => {
    const folder = place();
    writeFileSync(folder, "a file where the folder should be");
    const { learned, troubles } = open(folder);
    learned.remember(sighting(1));
    await learned.settled();
    assert.ok(learned.known(keyOf(1)));
    assert.ok(troubles.length > 0);
  });

  it("has a limit: the oldest give way, those of one name to each other first", async () => {
    const { learned } = open(place());
    for (let number = 1; number <= 5; number += 1)
      learned.remember(sighting(number, { origin: "https://portal.example" }));
    for (let number = 10; number < 80; number += 1) learned.remember(sighting(number));
    assert.equal(learned.list.length, 55);
    assert.ok(learned.known(keyOf(1)), "another name's");
    assert.equal(learned.known(keyOf(29)), undefined);
    assert.ok(learned.known(keyOf(30)));
    await learned.settled();
  });

  it("is exported whole, in a form that can be read again", async () => {
    const { learned } = open(place());
    learned.remember(sighting(1));
    const document = JSON.parse(JSON.stringify(impostorExport(learned.list, 0)));
    assert.equal(document.format, "countersign-impostors");
    assert.equal(document.exported, "1970-01-01T00:00:00.000Z");
    assert.deepEqual(
      document.impostors.map((entry: unknown) => impostorSchema.parse(entry).key),
      [keyOf(1)],
    );
    await learned.settled();
  });
});

function entryOf() {
  const { key, appearance, evidence } = sighting(1);
  return { version: 1, key, first: appearance.at, last: appearance.at, times: 1, appearances: [appearance], evidence };
}
