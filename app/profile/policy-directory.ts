import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Refusal } from "../core/refusal.ts";
import { modeFault, type SafetyFault, safetyFault } from "./file-safety.ts";
import { readDocument } from "./read-document.ts";
import type { ProfileDocument, ProfileSource } from "./source.ts";

/** Where IT puts the profile on Linux. */
export const MACHINE_POLICY_DIRECTORY = "/etc/countersign/policy.d";

/**
 * The machine's policy directory. Of several `*.json` files the last by name, in the order of code units, is the
 * profile (`90-bank.json` before `10-default.json`); profiles are never merged. Every one of them must be safe, the
 * last one or not: a directory in which one file can be changed by others has been set up wrongly.
 * @param owner uid that directory and files must belong to, besides root.
 */
export function policyDirectorySource(
  directory: string = MACHINE_POLICY_DIRECTORY,
  { owner = 0 }: { readonly owner?: number } = {},
): ProfileSource {
  return {
    name: join(directory, "*.json"),
    async load() {
      const names = await jsonFiles(directory, owner);
      for (const name of names) refuseUnsafe(await safetyOf(join(directory, name), owner), owner);
      const last = names.at(-1);
      return last === undefined ? undefined : readSafely(join(directory, last), owner);
    },
  };
}

/** Names of the directory's `*.json` files in order; none when there is no such directory. */
async function jsonFiles(directory: string, owner: number): Promise<readonly string[]> {
  try {
    refuseUnsafe(await safetyFault(directory, owner), owner);
    const names = await readdir(directory);
    return names.filter((name) => name.endsWith(".json") && !name.startsWith(".")).sort();
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw cause instanceof Refusal ? cause : unreadable(directory, cause);
  }
}

async function safetyOf(path: string, owner: number): Promise<SafetyFault | undefined> {
  try {
    return await safetyFault(path, owner);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Judges once more what was opened: between the first look and the opening the path may have led elsewhere. */
async function readSafely(path: string, owner: number): Promise<ProfileDocument> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw unreadable(path, "not a regular file");
    const fault = modeFault(stats, owner, false);
    if (fault !== undefined) refuseUnsafe({ path, fault }, owner);
    return { origin: path, document: await readDocument(file, path) };
  } finally {
    await file.close();
  }
}

function refuseUnsafe(found: SafetyFault | undefined, owner: number): void {
  if (found === undefined) return;
  const owners = owner === 0 ? "root" : `root or uid ${owner}`;
  throw new Refusal("profile.unsafe", {
    value: found.path,
    fault: found.fault,
    expected: `owned by ${owners} and writable by nobody else, with all directories above it`,
  });
}

/** A policy that is there but cannot be read is no missing policy: nothing else may take its place. */
function unreadable(path: string, cause: unknown): Refusal {
  const fault = cause instanceof Error ? cause.message : String(cause);
  return new Refusal("profile.invalid", { value: path, fault, expected: "a readable JSON file" }, { cause });
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}
