import { open } from "node:fs/promises";
import { basename } from "node:path";
import { Refusal } from "../core/refusal.ts";

/** The keystore's own limit; one byte more is read so that it can tell. */
const MOST_BYTES = 1024 * 1024;

/** Reads a file that is to be imported, or as much of it as shows that it is too large. @throws Refusal */
export async function readContainerFile(path: string): Promise<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES + 1), 0, MOST_BYTES + 1, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const fault = cause instanceof Error && "code" in cause ? String(cause.code) : "it cannot be read";
    throw new Refusal("keystore.file-unreadable", { value: basename(path), fault }, { cause });
  }
}
