/**
 * Makes a fresh machine ready: system packages, node_modules, the Electron runtime. No dependencies of its own.
 * Says in one line what it did; under a second when nothing is to be done.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  defaultAppIsCurrent,
  findElectron,
  obtainElectron,
  refreshDefaultApp,
} from "./preparation/electron-runtime.mjs";
import { installModules, modulesAreCurrent } from "./preparation/modules.mjs";
import { installCommand, installPackages, missingPackages } from "./preparation/packages.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major, minor] = process.versions.node.split(".").map(Number);

function preparePackages() {
  const missing = missingPackages();
  if (missing.length === 0) return undefined;
  if (process.getuid?.() !== 0) {
    throw new Error(`these Debian packages are missing; as root run:\n  ${installCommand(missing)}`);
  }
  console.log(`prepare: installing ${missing.length} Debian packages …`);
  installPackages(missing);
  return `${missing.length} Debian packages installed`;
}

function prepareModules() {
  if (modulesAreCurrent(root)) return undefined;
  console.log("prepare: installing node_modules …");
  installModules(root);
  return "node_modules installed";
}

function describe(runtime) {
  const use = runtime.source === "official" ? "" : ", for development only";
  return `Electron ${runtime.version} (${runtime.source}${use})`;
}

async function prepareElectron() {
  const found = findElectron(root);
  if (found !== undefined && defaultAppIsCurrent(root, found)) return { runtime: found, done: undefined };
  if (found !== undefined) {
    await refreshDefaultApp(root, found);
    return { runtime: found, done: "Electron's default app renewed" };
  }
  console.log("prepare: fetching the Electron runtime …");
  return { runtime: await obtainElectron(root), done: "Electron runtime fetched" };
}

async function prepare() {
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Node ${process.versions.node} is too old: 20.19 or later is needed`);
  }
  const packages = preparePackages();
  const modules = prepareModules();
  const { runtime, done } = await prepareElectron();
  const work = [packages, modules, done].filter((step) => step !== undefined);
  console.log(`prepare: ${work.length === 0 ? "nothing to do" : work.join(", ")}; ${describe(runtime)}`);
}

try {
  await prepare();
} catch (error) {
  console.error(`prepare: ${error.message}`);
  process.exit(1);
}
