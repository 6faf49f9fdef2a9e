/** How Electron is started here: which runtime, and with its sandbox on even where everything runs as root. */
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { findElectron } from "./preparation/electron-runtime.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command as an ordinary user of a user namespace, so that Chromium's sandbox needs no helper. */
export const asOrdinaryUser = ["unshare", "-U", "--map-user=1000", "--map-group=1000"];

const isRoot = process.getuid?.() === 0;

let namespaceWorks;
function canUseNamespace() {
  namespaceWorks ??= spawnSync(asOrdinaryUser[0], [...asOrdinaryUser.slice(1), "true"]).status === 0;
  return namespaceWorks;
}

/** Prefix for a command that is to run as an ordinary user; empty where it does so anyway. */
export function userPrefix() {
  return isRoot && canUseNamespace() ? asOrdinaryUser : [];
}

/** Switches that Electron needs to start at all on this machine; said aloud, since they cost a safeguard. */
export function sandboxSwitches() {
  if (!isRoot || canUseNamespace()) return [];
  console.error("countersign: running as root without user namespaces: Chromium's sandbox is OFF (--no-sandbox)");
  return ["--no-sandbox"];
}

/** @returns {import("./preparation/electron-runtime.mjs").Runtime} */
export function electron() {
  const found = findElectron(root);
  if (found === undefined) throw new Error("no Electron runtime; run: node build/prepare.mjs");
  return found;
}
