/**
 * Reporter for node:test: one line per file that has something to say, each failure whole, and the counts as JSON in
 * the file that COUNTERSIGN_TEST_COUNTS names. Suites are containers and do not count.
 */
import { appendFileSync } from "node:fs";
import { relative } from "node:path";

function describe(error) {
  const cause = error?.cause ?? error;
  return String(cause?.stack ?? cause?.message ?? cause);
}

/** @param {AsyncIterable<{ type: string, data: any }>} source */
export default async function* report(source) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of source) {
    if (type === "test:stderr" || type === "test:stdout") {
      if (process.env.COUNTERSIGN_TEST_VERBOSE) yield data.message;
      continue;
    }
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details?.type === "suite") continue;
    const where = data.file === undefined ? "" : relative(process.cwd(), data.file);
    if (type === "test:fail") {
      counts.failed += 1;
      yield `  ✖ ${data.name}  (${where}:${data.line ?? ""})\n${describe(data.details?.error).replace(/^/gm, "      ")}\n`;
    } else if (data.skip !== undefined || data.todo !== undefined) {
      counts.skipped += 1;
      yield `  – ${data.name}  (${where}): ${data.skip || data.todo || "skipped"}\n`;
    } else counts.passed += 1;
  }
  const file = process.env.COUNTERSIGN_TEST_COUNTS;
  if (file) appendFileSync(file, `${JSON.stringify(counts)}\n`);
  yield `  ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
}
