import { open } from "node:fs/promises";
import { Refusal } from "../core/refusal.ts";
import { readDocument } from "./read-document.ts";
import type { ProfileSource } from "./source.ts";

/**
 * One file that the caller names (`--profile`): for commands and development, where whoever runs the program answers
 * for the file. Its owner and mode are not judged.
 */
export function fileSource(path: string): ProfileSource {
  return {
    name: path,
    async load() {
      const file = await open(path, "r").catch((cause: unknown) => {
        throw unreadable(path, cause);
      });
      try {
        if (!(await file.stat()).isFile()) throw unreadable(path, "not a regular file");
        return { origin: path, document: await readDocument(file, path) };
      } finally {
        await file.close();
      }
    },
  };
}

function unreadable(path: string, cause: unknown): Refusal {
  const fault = cause instanceof Error ? cause.message : String(cause);
  return new Refusal("profile.missing", { value: path, fault, expected: "a readable profile file" }, { cause });
}
