import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Refusal } from "../../../app/core/refusal.ts";
import { policyDirectorySource } from "../../../app/profile/policy-directory.ts";

const owner = process.getuid?.() ?? 0;

describe("policyDirectorySource", { skip: process.getuid === undefined }, () => {
  let root: string;
  let count = 0;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "countersign-policy-"));
  });
  after(() => rm(root, { recursive: true, force: true }));

  /** A directory of its own, with these files (mode 0644), whatever the umask. */
  async function directory(files: Readonly<Record<string, string>> = {}): Promise<string> {
    count += 1;
    const path = join(root, String(count), "policy.d");
    await mkdir(path, { recursive: true });
    for (const each of [join(root, String(count)), path]) await chmod(each, 0o755);
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(path, name), text);
      await chmod(join(path, name), 0o644);
    }
    return path;
  }

  async function refusal(path: string, uid = owner): Promise<Refusal> {
    try {
      await policyDirectorySource(path, { owner: uid }).load();
    } catch (error) {
      assert.ok(error instanceof Refusal, String(error));
      return error;
    }
    return assert.fail("no refusal");
  }

  async function unsafe(path: string, value: string, fault: RegExp): Promise<void> {
    const { code, detail } = await refusal(path);
    assert.equal(code, "profile.unsafe");
    assert.equal(detail.value, value);
    assert.match(detail.fault, fault);
  }

  const load = (path: string) => policyDirectorySource(path, { owner }).load();

  it("reads the file of a safe directory", async () => {
    const path = await directory({ "bank.json": '{ "version": 1 }' });
    assert.deepEqual(await load(path), { origin: join(path, "bank.json"), document: { version: 1 } });
  });

  it("takes the last of several files by name, and merges nothing", async () => {
    const path = await directory({ "90-bank.json": '{ "b": 1 }', "10-default.json": '{ "a": 1 }' });
    assert.deepEqual((await load(path))?.document, { b: 1 });
  });

  it("leaves other files alone", async () => {
    const path = await directory({ "a.json": "{}", "z.json.bak": "x", "z.txt": "x", ".z.json": "x" });
    await chmod(join(path, "z.txt"), 0o666);
    assert.equal((await load(path))?.origin, join(path, "a.json"));
  });

  it("has none when the directory is missing or empty", async () => {
    assert.equal(await load(join(root, "missing", "policy.d")), undefined);
    assert.equal(await load(await directory()), undefined);
  });

  for (const mode of [0o664, 0o646, 0o666, 0o622]) {
    it(`refuses a file of mode ${mode.toString(8)}`, async () => {
      const path = await directory({ "a.json": "{}" });
      await chmod(join(path, "a.json"), mode);
      await unsafe(path, join(path, "a.json"), /group or others may write to it/);
    });
  }

  it("refuses when a file that does not count is unsafe", async () => {
    const path = await directory({ "a.json": "{}", "b.json": "{}" });
    await chmod(join(path, "a.json"), 0o666);
    await unsafe(path, join(path, "a.json"), /group or others/);
  });

  for (const mode of [0o775, 0o757, 0o1777]) {
    it(`refuses a directory of mode ${mode.toString(8)}, even an empty one`, async () => {
      for (const files of [{ "a.json": "{}" }, {}]) {
        const path = await directory(files);
        await chmod(path, mode);
        await unsafe(path, path, /group or others may write to it/);
      }
    });
  }

  it("refuses a directory above that others may write to, unless it is sticky", async () => {
    const path = await directory({ "a.json": "{}" });
    await chmod(join(path, ".."), 0o777);
    await unsafe(path, join(path, ".."), /group or others/);
    await chmod(join(path, ".."), 0o1777);
    assert.ok(await load(path));
  });

  it("judges where a link to a file leads", async () => {
    const path = await directory();
    const elsewhere = await directory({ "target.json": '{ "c": 1 }' });
    await symlink(join(elsewhere, "target.json"), join(path, "a.json"));
    assert.deepEqual((await load(path))?.document, { c: 1 });
    await chmod(join(elsewhere, "target.json"), 0o666);
    await unsafe(path, join(elsewhere, "target.json"), /group or others/);
    await chmod(join(elsewhere, "target.json"), 0o644);
    await chmod(elsewhere, 0o777);
    await unsafe(path, elsewhere, /group or others/);
  });

  it("judges where a link to the directory leads", async () => {
    const elsewhere = await directory({ "a.json": "{}" });
    const link = join(root, "link.d");
    await symlink(elsewhere, link);
    assert.ok(await load(link));
    await chmod(elsewhere, 0o777);
    await unsafe(link, elsewhere, /group or others/);
  });

  it("refuses links that lead nowhere or in circles", async () => {
    const path = await directory();
    await symlink(join(path, "b.json"), join(path, "a.json"));
    assert.equal((await refusal(path)).code, "profile.invalid");
    await symlink(join(path, "a.json"), join(path, "b.json"));
    await unsafe(path, join(path, "a.json"), /too many symbolic links/);
  });

  it("refuses what is not a regular file, without waiting for it", async () => {
    const path = await directory();
    await mkdir(join(path, "a.json"));
    await chmod(join(path, "a.json"), 0o755);
    const { code, detail } = await refusal(path);
    assert.equal(code, "profile.invalid");
    assert.match(detail.fault, /not a regular file/);
  });

  for (const [name, text, fault] of [
    ["not JSON", "{", /not JSON/],
    ["empty", "", /not JSON/],
    ["a NUL", "\u0000", /not JSON/],
  ] as const) {
    it(`refuses a file that is ${name}`, async () => {
      const path = await directory({ "a.json": text });
      const { code, detail } = await refusal(path);
      assert.equal(code, "profile.invalid");
      assert.match(detail.fault, fault);
    });
  }

  it("refuses bytes that are not UTF-8 and takes a byte order mark", async () => {
    const path = await directory();
    await writeFile(join(path, "a.json"), Buffer.from([0x22, 0xff, 0x22]), { mode: 0o644 });
    assert.match((await refusal(path)).detail.fault, /not UTF-8/);
    await writeFile(join(path, "a.json"), "\ufeff{}");
    assert.deepEqual((await load(path))?.document, {});
  });

  it("refuses a file over 16 MiB", async () => {
    const path = await directory({ "a.json": `"${"x".repeat(16 * 1024 * 1024)}"` });
    assert.match((await refusal(path)).detail.fault, /16777218 bytes/);
  });
});
