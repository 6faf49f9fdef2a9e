/** `npm run generate`: writes the generated files. With `--check` writes nothing and fails when one is stale. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { generatedFiles } from "./generated.ts";

const root = resolve(import.meta.dirname, "..");
const checkOnly = process.argv.includes("--check");

function onDisk(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

for (const { path, content } of generatedFiles()) {
  const file = resolve(root, path);
  if (onDisk(file) === content) continue;
  if (checkOnly) {
    console.error(`${path} is stale: run npm run generate`);
    process.exitCode = 1;
    continue;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  console.log(`wrote ${path}`);
}
