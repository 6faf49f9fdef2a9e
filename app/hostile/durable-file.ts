/** Files that are whole at every moment: killed in between, the old one is there or the new one. */
import { open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Refusal } from "../core/refusal.ts";

/** @throws Refusal `hostile.storage` */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.new`;
  try {
    const handle = await open(next, "w", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(next, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw storageRefusal(path, error);
  }
}

/** Makes a rename in this folder last. Windows has no such call, and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Deletes what `keep` does not name; what cannot be deleted now is left to the next time. */
export async function sweep(folder: string, keep: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!keep(name)) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

export function storageRefusal(path: string, error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const fault =
    code === "ENOSPC" || code === "EDQUOT" ? "the disk is full" : `it cannot be written (${code || "unknown"})`;
  return new Refusal(
    "hostile.storage",
    { value: path, fault, expected: "room and the right to write" },
    { cause: error },
  );
}
