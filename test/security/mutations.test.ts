import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { impostorTable, type Mutation, mutations, type Suite } from "./mutations/table.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Names of tests. */
interface Outcome {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly output: string;
}

function outcomeOf(output: string): Outcome {
  const named = (verdict: string): string[] =>
    [...output.matchAll(new RegExp(`^ +${verdict} \\d+ - (.*)$`, "gm"))]
      .map(([, name = ""]) => name)
      .filter((name) => !name.includes("# SKIP"));
  return { passed: named("ok"), failed: named("not ok"), output };
}

/** The beginnings that begin none of these names. */
const absent = (beginnings: readonly string[], names: readonly string[]): readonly string[] =>
  beginnings.filter((beginning) => !names.some((name) => name.startsWith(beginning)));

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Takes out one check at a time, in a copy, and watches the impostors get through. */
describe("mutations of the trust path", () => {
  const suites = [...new Set(mutations.map(({ suite = impostorTable }) => suite))];
  let copy: string;

  before(() => {
    copy = mkdtempSync(join(tmpdir(), "countersign-mutations-"));
    for (const part of [
      "app",
      "test/realm",
      "test/support",
      "test/integration/auth/stage.ts",
      "package.json",
      "tsconfig.json",
      ...suites.map(({ file }) => file),
    ]) {
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    }
    cpSync(join(ROOT, "test/security/support"), join(copy, "test/security/support"), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  async function run({ file, controls }: Suite, rows: readonly string[]): Promise<Outcome> {
    const pattern = `^(${[...controls, ...rows].map(escaped).join("|")})`;
    // A runner inside a runner must not report to the outer one.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const words = ["--import", "tsx", "--test-reporter=tap", `--test-name-pattern=${pattern}`, file];
    return await new Promise((resolve) => {
      execFile(process.execPath, words, { cwd: copy, env, timeout: 240_000 }, (_error, stdout, stderr) =>
        resolve(outcomeOf(`${stdout}${stderr}`)),
      );
    });
  }

  async function mutated({ file, from, to, rows, suite = impostorTable }: Mutation): Promise<Outcome> {
    const path = join(copy, file);
    const source = readFileSync(path, "utf8");
    assert.equal(source.split(from).length, 2, `${file} holds ${JSON.stringify(from)} once`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
    try {
      return await run(suite, rows);
    } finally {
      writeFileSync(path, source);
    }
  }

  for (const suite of suites) {
    it(`lets ${suite.file} pass as long as nothing is mutated`, async () => {
      const rows = mutations.filter((one) => (one.suite ?? impostorTable) === suite).flatMap((one) => one.rows);
      const { passed, failed, output } = await run(suite, rows);
      assert.deepEqual(failed, [], output);
      assert.deepEqual(absent([...suite.controls, ...rows], passed), [], "every test named here exists");
    });
  }

  for (const mutation of mutations) {
    it(`is noticed: ${mutation.what}`, async () => {
      const { passed, failed, output } = await mutated(mutation);
      // A mutation that breaks everything would prove nothing.
      assert.deepEqual(absent((mutation.suite ?? impostorTable).controls, passed), [], output);
      assert.deepEqual(absent(mutation.rows, failed), [], output);
    });
  }
});
