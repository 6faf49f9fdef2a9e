/**
 * The test command: lint, types, unit, integration, security and end-to-end tests, closed by one line of counts.
 * `--fast` stops after the unit tests; `--only=STAGE[,STAGE]` runs some stages.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWhenStale } from "../build/bundle.mjs";
import { electron, root, userPrefix } from "../build/electron-command.mjs";

const work = mkdtempSync(join(tmpdir(), "countersign-test-"));
const countsFile = join(work, "counts");
const total = { passed: 0, failed: 0, skipped: 0 };
const runtime = electron();
const environment = {
  ...process.env,
  ELECTRON_OVERRIDE_DIST_PATH: runtime.folder,
  COUNTERSIGN_TEST_COUNTS: countsFile,
  ELECTRON_DISABLE_SECURITY_WARNINGS: "1",
};
// What the machine's environment says of trust must not reach what is tested.
for (const name of ["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "SSL_CERT_FILE", "SSL_CERT_DIR"]) delete environment[name];

function testFiles(folder, suffix = ".test.ts") {
  const place = join(root, "test", folder);
  if (!existsSync(place)) return [];
  return readdirSync(place, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => join(place, name));
}

function command(words, extra = {}) {
  const answer = spawnSync(words[0], words.slice(1), {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...environment, ...extra },
  });
  return answer.status ?? 1;
}

/** A tool that passes or fails as a whole counts as one test. */
function tool(name, words) {
  const ok = command(words) === 0;
  total[ok ? "passed" : "failed"] += 1;
  if (!ok) console.log(`  ✖ ${name}`);
}

function readCounts() {
  if (!existsSync(countsFile)) return undefined;
  const lines = readFileSync(countsFile, "utf8").trim().split("\n");
  rmSync(countsFile);
  return lines.map((line) => JSON.parse(line));
}

/** Runs files by node:test; a run that dies without counts is a failure, never a silence. */
function nodeTest(files, { prefix = [], program = process.execPath, concurrency = 2, extra = {} } = {}) {
  if (files.length === 0) return;
  const status = command(
    [
      ...prefix,
      program,
      "--import",
      "tsx",
      "--test",
      `--test-concurrency=${concurrency}`,
      "--test-timeout=300000",
      "--test-reporter=./test/support/reporter.mjs",
      ...files,
    ],
    extra,
  );
  const counts = readCounts();
  for (const count of counts ?? []) for (const key of Object.keys(total)) total[key] += count[key];
  const failed = counts?.some((count) => count.failed > 0) ?? false;
  if (counts === undefined || (status !== 0 && !failed)) {
    total.failed += 1;
    console.log(`  ✖ the runner ended with ${status} and no failed test`);
  }
}

const node = (...words) => [process.execPath, ...words];

const stages = {
  lint() {
    tool("lint", node("node_modules/@biomejs/biome/bin/biome", "ci", "--error-on-warnings", "."));
    tool("generated files", node("--import", "tsx", "build/generate.ts", "--check"));
  },
  types() {
    tool("types", node("build/types.mjs"));
  },
  unit() {
    nodeTest(testFiles("unit"));
  },
  "unit-electron"() {
    nodeTest(testFiles("unit", ".both.test.ts"), onElectron);
  },
  build() {
    if (buildWhenStale()) console.log("  built");
  },
  integration() {
    nodeTest(testFiles("integration"));
  },
  "integration-electron"() {
    nodeTest(testFiles("integration", ".both.test.ts"), onElectron);
  },
  security() {
    nodeTest(testFiles("security"));
  },
  e2e() {
    nodeTest(testFiles("e2e"), { prefix: userPrefix(), concurrency: 1 });
  },
  package() {
    nodeTest(testFiles("package"), { concurrency: 1 });
  },
};
const onElectron = { program: runtime.executable, extra: { ELECTRON_RUN_AS_NODE: "1" } };

function chosen() {
  const only = process.argv.find((word) => word.startsWith("--only="));
  if (only !== undefined) return only.slice("--only=".length).split(",");
  return process.argv.includes("--fast") ? ["lint", "types", "unit"] : Object.keys(stages);
}

for (const name of chosen()) {
  const stage = stages[name];
  if (stage === undefined) {
    console.error(`no such stage: ${name}; there are ${Object.keys(stages).join(", ")}`);
    process.exit(2);
  }
  const start = Date.now();
  console.log(`── ${name}`);
  try {
    stage();
  } catch (error) {
    total.failed += 1;
    console.log(`  ✖ ${error.message}`);
  }
  console.log(`   ${((Date.now() - start) / 1000).toFixed(1)} s`);
}
rmSync(work, { recursive: true, force: true });
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
