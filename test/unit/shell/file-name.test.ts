import assert from "node:assert/strict";
import { extname } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { shortFileName } from "../../../app/shell/file-name.ts";

test("a short name stays; a long one is cut before its extension", () => {
  assert.equal(shortFileName("paper.pdf"), "paper.pdf");
  const cut = shortFileName(`${"a".repeat(400)}.pdf`);
  assert.match(cut, /^a+…\.pdf$/);
  assert.equal(Buffer.byteLength(cut), 200);
  assert.equal(shortFileName(`a.${"b".repeat(400)}`).length, 198, "an ending that is no extension is cut, too");
});

test("no name is longer than 200 bytes, and whole characters stay whole", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 400 }).filter((text) => !text.includes("/")),
      (name) => {
        const cut = shortFileName(`${name}.csv`);
        assert.ok(Buffer.byteLength(cut) <= 200);
        assert.equal(extname(`x${cut}`), ".csv");
        assert.equal(Buffer.from(cut).toString(), cut);
      },
    ),
  );
});
