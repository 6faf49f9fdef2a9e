import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Mutation, mutations } from "./mutations/table.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TABLE = "test/integration/impostors.both.test.ts";
/** Must pass throughout: a mutation that breaks everything would prove nothing. */
const CONTROLS = ["genuine-p256-tls12", "genuine-p256-tls13", "staple-good-tls13"];

interface Outcome {
  readonly passed: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
  readonly output: string;
}

function outcomeOf(output: string): Outcome {
  const ids = (verdict: string): Set<string> =>
    new Set(
      [...output.matchAll(new RegExp(`^ +${verdict} \\d+ - ([^:]+):(?!.*# SKIP)`, "gm"))].map(([, id = ""]) => id),
    );
  return { passed: ids("ok"), failed: ids("not ok"), output };
}

/** Takes out one check at a time, in a copy, and watches the impostors get through. */
describe("mutations of the trust path", () => {
  let copy: string;

  before(() => {
    copy = mkdtempSync(join(tmpdir(), "countersign-mutations-"));
    for (const part of ["app", "test/realm", TABLE, "package.json", "tsconfig.json"]) {
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  async function meet(rows: readonly string[]): Promise<Outcome> {
    const pattern = `^(${[...CONTROLS, ...rows].join("|")}):`;
    // A runner inside a runner must not report to the outer one.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const words = ["--import", "tsx", "--test-reporter=tap", `--test-name-pattern=${pattern}`, TABLE];
    return await new Promise((resolve) => {
      execFile(process.execPath, words, { cwd: copy, env, timeout: 60_000 }, (_error, stdout, stderr) =>
        resolve(outcomeOf(`${stdout}${stderr}`)),
      );
    });
  }

  async function mutated({ file, from, to, rows }: Mutation): Promise<Outcome> {
    const path = join(copy, file);
    const source = readFileSync(path, "utf8");
    assert.equal(source.split(from).length, 2, `${file} holds ${JSON.stringify(from)} once`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
    try {
      return await meet(rows);
    } finally {
      writeFileSync(path, source);
    }
  }

  it("lets every row pass as long as nothing is mutated", async () => {
    const rows = [...new Set(mutations.flatMap((mutation) => mutation.rows))];
    const { passed, failed, output } = await meet(rows);
    assert.deepEqual([...failed], [], output);
    assert.deepEqual(
      rows.filter((id) => !passed.has(id)),
      [],
      "every row named here exists",
    );
  });

  for (const mutation of mutations) {
    it(`is noticed: ${mutation.what}`, async () => {
      const { passed, failed, output } = await mutated(mutation);
      assert.deepEqual(
        CONTROLS.filter((id) => !passed.has(id)),
        [],
        output,
      );
      assert.deepEqual(
        mutation.rows.filter((id) => !failed.has(id)),
        [],
        output,
      );
    });
  }
});
