import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ListSource } from "../core/hostile-source.ts";
import { Refusal } from "../core/refusal.ts";

/** A release on this machine, with its files beside it. */
export function fileSource(release: string): ListSource {
  return {
    async fetch(name, { offset }) {
      const path = pathOf(release, name);
      const handle = await open(path, "r").catch((error: unknown) => {
        const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
        throw new Refusal("hostile.fetch", { value: path, fault: `it cannot be read (${code})` }, { cause: error });
      });
      return { offset, body: createReadStream(path, { fd: handle, start: offset }) };
    },
  };
}

function pathOf(release: string, name: string | undefined): string {
  if (name === undefined) return release;
  return name === ".sig" ? `${release}.sig` : join(dirname(release), basename(name));
}
