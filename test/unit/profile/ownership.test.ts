import assert from "node:assert/strict";
import { chown, lchown, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Refusal } from "../../../app/core/refusal.ts";
import { policyDirectorySource } from "../../../app/profile/policy-directory.ts";

const SOMEBODY = 12_345;

/** Whether this process may give files away: real root, not a user namespace's. */
async function mayChown(path: string): Promise<boolean> {
  try {
    await chown(path, SOMEBODY, SOMEBODY);
    await chown(path, 0, 0);
    return true;
  } catch {
    return false;
  }
}

describe("ownership of policy files", () => {
  let root: string;
  let path: string;
  let file: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "countersign-owner-"));
    path = join(root, "policy.d");
    file = join(path, "a.json");
    await mkdir(path, { mode: 0o755 });
    await writeFile(file, "{}", { mode: 0o644 });
  });
  after(() => rm(root, { recursive: true, force: true }));

  async function refusedPath(): Promise<string | undefined> {
    try {
      await policyDirectorySource(path).load();
      return undefined;
    } catch (error) {
      assert.ok(error instanceof Refusal && error.code === "profile.unsafe", String(error));
      assert.match(error.detail.fault, new RegExp(`uid ${SOMEBODY}`));
      return error.detail.value;
    }
  }

  it("must be root's all the way: file, directory, directory above, link", async (context) => {
    if (!(await mayChown(root))) return context.skip("needs root");
    assert.equal(await refusedPath(), undefined);
    for (const each of [file, path, root]) {
      await chown(each, SOMEBODY, 0);
      assert.equal(await refusedPath(), each);
      await chown(each, 0, 0);
    }
    const link = join(path, "b.json");
    await symlink(file, link);
    assert.equal(await refusedPath(), undefined);
    await lchown(link, SOMEBODY, 0);
    assert.equal(await refusedPath(), link);
    return undefined;
  });
});
