/** Keeps what the program stores from other people who use this computer. Windows gives each user a folder of their own. */
import { chmodSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

const OTHERS = 0o077;
const ANYBODY_MAY_WRITE = 0o002;
const STICKY = 0o1000;

/** Files that are made from here on are the user's alone. Before the first of them. */
export function makeFilesPrivate(): void {
  if (process.platform !== "win32") process.umask(OTHERS);
}

/**
 * Makes the folder the user's alone, if it is not.
 * @param folder absolute; made where it is missing
 * @returns why it cannot be kept private; undefined when it is
 */
export function keepPrivate(folder: string): string | undefined {
  const own = process.getuid?.();
  if (process.platform === "win32" || own === undefined) return undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const above = dirname(folder);
    const { mode } = statSync(above);
    if ((mode & ANYBODY_MAY_WRITE) !== 0 && (mode & STICKY) === 0) return `anybody may replace it in ${above}`;
    const { uid } = statSync(folder);
    if (uid !== own) return `it belongs to uid ${uid}, not to uid ${own}`;
    if ((statSync(folder).mode & OTHERS) !== 0) chmodSync(folder, 0o700);
    return (statSync(folder).mode & OTHERS) === 0 ? undefined : "others may read it, and that cannot be changed";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
