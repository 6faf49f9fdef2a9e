/** Compiles the library that stands in for Windows' secur32.dll, on top of this machine's MIT Kerberos. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("secur32.c", import.meta.url));

export interface StandIn {
  /** Path of the shared object. */
  readonly library: string;
  remove(): void;
}

export function buildSecur32(): StandIn {
  const directory = mkdtempSync(join(tmpdir(), "countersign-secur32-"));
  const library = join(directory, "secur32.so");
  const words = ["-shared", "-fPIC", "-Wall", "-Werror", "-o", library, SOURCE, "-l:libgssapi_krb5.so.2"];
  execFileSync("cc", words, { stdio: ["ignore", "ignore", "inherit"] });
  return { library, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
