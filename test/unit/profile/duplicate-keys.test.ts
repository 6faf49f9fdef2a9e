import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { duplicateKeys } from "../../../app/profile/duplicate-keys.ts";
import { fileSource } from "../../../app/profile/file.ts";
import { loadProfile } from "../../../app/profile/load.ts";

const paths = (text: string): readonly string[] => duplicateKeys(text).map(({ path }) => path);

describe("keys that stand twice in one object", () => {
  for (const [what, text, expected] of [
    ["at the top", '{"serial": 1, "serial": 2}', ["$.serial"]],
    ["inside lists", '{"sites": [{}, {"server": {"pins": [], "pins": []}}]}', ["$.sites[1].server.pins"]],
    ["three times", '{"a": 1, "a": 2, "a": 3}', ["$.a", "$.a"]],
    ["with the same value", '{"a": 1, "a": 1}', ["$.a"]],
    ["in one spelling or another", '{"pins": 1, "p\\u0069ns": 2}', ["$.pins"]],
    ["under keys that objects have anyway", '{"__proto__": 1, "__proto__": 2}', ["$.__proto__"]],
    ["inside a value that is itself repeated", '{"a": {"b": 1, "b": 2}, "a": 3}', ["$.a", "$.a.b"]],
  ] as const) {
    it(what, () => assert.deepEqual(paths(text), expected));
  }

  it("are not seen where there are none", () => {
    fc.assert(fc.property(fc.json(), (text) => paths(text).length === 0));
    assert.deepEqual(paths('{"a": {"x": 1}, "b": {"x": 1}, "A": 1}'), []);
  });

  it("make a profile invalid, with path and expectation", async () => {
    const directory = await mkdtemp(join(tmpdir(), "countersign-keys-"));
    try {
      const path = join(directory, "p.json");
      await writeFile(path, '{"version": 1, "sites": [{"id": "bank", "id": "bank"}]}');
      const loaded = await loadProfile([fileSource(path)]);
      assert.ok(loaded.kind === "invalid" && loaded.refusal.code === "profile.invalid");
      assert.deepEqual(loaded.problems, [
        { path: "$.sites[0].id", value: '"id"', expected: "each key once in an object" },
      ]);
      await writeFile(path, `${"[".repeat(200_000)}${"]".repeat(200_000)}`);
      const deep = await loadProfile([fileSource(path)]);
      assert.ok(deep.kind === "invalid" && deep.refusal.code === "profile.invalid");
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
