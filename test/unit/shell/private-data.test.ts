import assert from "node:assert/strict";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { keepPrivate, makeFilesPrivate } from "../../../app/shell/private-data.ts";

const SOMEBODY = 12_345;
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("the folder of the user's data", () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "countersign-private-"));
    folder = join(root, "above", "data");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("is made for the user alone", () => {
    assert.equal(keepPrivate(folder), undefined);
    assert.equal(modeOf(folder), 0o700);
  });

  for (const mode of [0o755, 0o750, 0o701, 0o777]) {
    it(`is closed to others where its mode was ${mode.toString(8)}`, () => {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, mode);
      assert.equal(keepPrivate(folder), undefined);
      assert.equal(modeOf(folder), 0o700);
    });
  }

  it("is refused where anybody could put another in its place", () => {
    mkdirSync(folder, { recursive: true });
    chmodSync(join(root, "above"), 0o777);
    assert.match(keepPrivate(folder) ?? "", /anybody may replace it/);
    chmodSync(join(root, "above"), 0o1777);
    assert.equal(keepPrivate(folder), undefined, "as in /tmp, where only the owner may");
  });

  it("is refused where it is somebody else's", (context) => {
    mkdirSync(folder, { recursive: true });
    try {
      chownSync(folder, SOMEBODY, SOMEBODY);
    } catch {
      return context.skip("needs root");
    }
    assert.match(keepPrivate(folder) ?? "", new RegExp(`uid ${SOMEBODY}`));
    return undefined;
  });

  it("is refused where it is no folder", () => {
    mkdirSync(join(root, "above"));
    writeFileSync(folder, "");
    assert.match(keepPrivate(folder) ?? "", /EEXIST|ENOTDIR/);
  });

  it("gets files that are the user's alone", () => {
    const before = process.umask(0o022);
    try {
      makeFilesPrivate();
      const file = join(root, "file");
      writeFileSync(file, "");
      assert.equal(modeOf(file), 0o600);
      assert.ok(existsSync(file));
    } finally {
      process.umask(before);
    }
  });
});
