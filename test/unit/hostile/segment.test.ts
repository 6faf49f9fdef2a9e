import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { canonicalUrl } from "../../../app/core/canonical-url.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { EVERYTHING_ABOVE, expressionsOf } from "../../../app/core/url-expressions.ts";
import { expressionHash } from "../../../app/hostile/keys.ts";
import { lookUp } from "../../../app/hostile/lookup.ts";
import { Segment } from "../../../app/hostile/segment.ts";
import { SegmentBuilder } from "../../../app/hostile/segment-builder.ts";
import type { Entry } from "../../../app/hostile/segment-format.ts";
import { checkSegment, mergeSegments } from "../../../app/hostile/segment-merge.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-segment-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const fresh = (): string => join(folder, randomUUID());

function build(entries: readonly Entry[]): string {
  const path = fresh();
  const builder = new SegmentBuilder(path);
  for (const entry of entries) builder.add(entry);
  builder.finish();
  return path;
}

const url = (text: string) => canonicalUrl(new URL(text));
const hostEntry = (host: string, since = 1): Entry => ({ host, path: "/", since });

describe("hash of an expression", () => {
  it("is SHA-256, as published", () => {
    const published = "af30010e4c011fc77e1ab03ef898ab2f8dec17c0bd178a875ad0cd9b7a6e5973";
    assert.equal(expressionHash("foo.com", "/").toString("hex"), published);
  });
});

describe("segments", () => {
  const label = fc.constantFrom("a", "b", "c", "evil", "www");
  const host = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => `${labels.join(".")}.test`);
  const path = fc.array(fc.constantFrom("x", "y", "login"), { maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
  const entry = fc.record({ host, path, since: fc.integer({ min: 1, max: 9 }), removed: fc.boolean() });

  it("answer as a set of expressions does, in layers and merged", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(entry, { maxLength: 20 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(host, path), { minLength: 1, maxLength: 20 }),
        async ([first = [], ...deltas], asked) => {
          const base = first.map((each) => ({ ...each, removed: false }));
          const set = new Map<string, number>();
          for (const each of [base, ...deltas].flat()) {
            if (each.removed) set.delete(each.host + each.path);
            else set.set(each.host + each.path, each.since);
          }
          const paths = [base, ...deltas].map(build);
          const merged = fresh();
          mergeSegments(paths, merged);
          const layers = await Promise.all(paths.toReversed().map((each) => Segment.open(each)));
          const one = await Segment.open(merged);
          for (const [askedHost, askedPath] of asked) {
            const address = url(`https://${askedHost}${askedPath}`);
            const expected = expressionsOf(address, EVERYTHING_ABOVE).filter((each) => set.has(each));
            for (const found of [lookUp(layers, address), lookUp([one], address)]) {
              assert.equal(found !== undefined, expected.length > 0);
              if (found === undefined) continue;
              assert.ok(expected.includes(found.expression));
              assert.equal(found.since / 60_000, set.get(found.expression));
            }
          }
          for (const each of [...layers, one]) await each.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it("find each of many entries that went by way of the disk, and nothing else", async () => {
    const total = 300_000;
    const path = fresh();
    const builder = new SegmentBuilder(path);
    for (let index = 0; index < total; index += 1) builder.add(hostEntry(`n${index}.example`, 1 + index));
    assert.equal(builder.finish().records, total);
    const segment = await Segment.open(path);
    for (let index = 0; index < total; index += 7) {
      assert.equal(lookUp([segment], url(`https://www.n${index}.example/x`))?.since, (1 + index) * 60_000);
      assert.equal(lookUp([segment], url(`https://www.m${index}.example/x`)), undefined);
    }
    await segment.close();
    assert.throws(() => readFileSync(`${path}.parts`), { code: "ENOENT" });
  });

  it("of an empty list hold nothing", async () => {
    const segment = await Segment.open(build([]));
    assert.equal(lookUp([segment], url("https://a.test/")), undefined);
    await segment.close();
  });
});

describe("a damaged segment", () => {
  const entries = Array.from({ length: 500 }, (_, index) => hostEntry(`n${index}.example`));
  const good = readFileSync(build(entries));
  const codeOf = async (path: string): Promise<string> => {
    try {
      const segment = await Segment.open(path);
      try {
        for (const { host } of entries) if (!lookUp([segment], url(`https://${host}/`))) return `miss of ${host}`;
      } finally {
        await segment.close();
      }
      return "whole";
    } catch (error) {
      return error instanceof Refusal ? error.code : String(error);
    }
  };

  it("never loses an entry in silence, whichever byte is changed", async () => {
    const path = fresh();
    for (let at = 0; at < good.length; at += 97) {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      writeFileSync(path, bytes);
      const code = await codeOf(path);
      assert.ok(code === "hostile.damaged" || code === "whole", `byte ${at}: ${code}`);
      // What is "whole" has lost nothing: spaces of the header, or bytes behind a page's last record.
      if (code === "whole" && at >= 4096) assert.throws(() => checkSegment(path), Refusal, `byte ${at}`);
    }
  });

  it("is told from a shorter one, a longer one and none", async () => {
    const path = fresh();
    writeFileSync(path, good);
    truncateSync(path, good.length - 1);
    assert.equal(await codeOf(path), "hostile.damaged");
    writeFileSync(path, Buffer.concat([good, Buffer.alloc(1)]));
    assert.equal(await codeOf(path), "hostile.damaged");
    assert.equal(await codeOf(fresh()), "hostile.damaged");
    writeFileSync(path, "");
    assert.equal(await codeOf(path), "hostile.damaged");
  });
});
