/** Bundles the bench's child processes as the app is bundled, so that no loader or source map is measured along. */
import { basename, resolve } from "node:path";
import { build } from "vite";

const folder = resolve(import.meta.dirname, "../../out/bench");

/** @returns the path of the bundle of a script of this folder */
export async function bundled(script: string): Promise<string> {
  const name = basename(script, ".ts");
  await build({
    configFile: false,
    logLevel: "warn",
    build: {
      ssr: resolve(import.meta.dirname, script),
      outDir: folder,
      emptyOutDir: false,
      minify: "oxc",
      rollupOptions: {
        external: ["electron", "keytar", "koffi", "node-sqlite3-wasm"],
        output: { entryFileNames: `${name}.mjs`, codeSplitting: false },
      },
    },
    ssr: { noExternal: true },
  });
  return resolve(folder, `${name}.mjs`);
}
