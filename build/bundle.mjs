/** Builds the app with electron-vite when a source is newer than the last build. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "out/app/.built");
const sources = ["app", "renderer", "resources", "electron.vite.config.ts", "package.json", "package-lock.json"];

function* filesOf(place) {
  if (!existsSync(place)) return;
  if (statSync(place).isFile()) yield place;
  else for (const name of readdirSync(place).sort()) yield* filesOf(join(place, name));
}

/** Names, sizes and times of all sources: cheap, and wrong only for who sets times by hand. */
function state() {
  const hash = createHash("sha256");
  for (const source of sources) {
    for (const file of filesOf(join(root, source))) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${file}\0${size}\0${mtimeMs}\n`);
    }
  }
  return hash.digest("hex");
}

/** @returns {boolean} whether anything had to be built */
export function buildWhenStale() {
  const now = state();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === now) return false;
  const bin = join(root, "node_modules/electron-vite/bin/electron-vite.js");
  const answer = spawnSync(process.execPath, [bin, "build", "--logLevel", "warn"], { cwd: root, encoding: "utf8" });
  if (answer.status !== 0) throw new Error(`the build failed:\n${answer.stdout}\n${answer.stderr}`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, now);
  return true;
}
