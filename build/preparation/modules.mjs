/** node_modules: installed from the lock file when absent or stale, with no install script but keytar's. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeHeaders } from "./packages.mjs";

const keytarBinary = "node_modules/keytar/build/Release/keytar.node";

function lockHash(root) {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function stampFile(root) {
  return join(root, "node_modules/.countersign-lock");
}

/** @param {string} root @returns {boolean} */
export function modulesAreCurrent(root) {
  const stamp = stampFile(root);
  if (!existsSync(stamp) || !existsSync(join(root, keytarBinary))) return false;
  return readFileSync(stamp, "utf8") === lockHash(root);
}

/** What npm says of a failure, without its warnings and its manual. */
function complaints({ stdout, stderr }) {
  const errors = stderr.split("\n").filter((line) => line.startsWith("npm error") && !/^npm error {2}/.test(line));
  return (errors.length > 0 ? errors.slice(0, 30) : [stdout, stderr]).join("\n");
}

function npm(root, args) {
  const headers = nodeHeaders();
  const answer = spawnSync(process.platform === "win32" ? "npm.cmd" : "npm", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
    shell: process.platform === "win32",
    env: {
      ...process.env,
      NODE_ENV: "development",
      ...(headers === undefined ? {} : { npm_config_nodedir: headers }),
    },
  });
  if (answer.status !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${complaints(answer)}`);
}

/**
 * Packages run no scripts when they are installed; keytar is the one that has something to compile.
 * @param {string} root
 */
export function installModules(root) {
  npm(root, ["ci", "--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund"]);
  npm(root, ["rebuild", "keytar", "--ignore-scripts=false"]);
  if (!existsSync(join(root, keytarBinary))) throw new Error(`keytar was not built: ${keytarBinary} is missing`);
  writeFileSync(stampFile(root), lockHash(root));
}
