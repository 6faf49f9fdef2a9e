import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "electron-vite";

/** One CommonJS file with every pure JavaScript dependency inside; only the runtime and native modules stay outside. */
const single = (input: string, outDir: string, file: string) => ({
  outDir,
  externalizeDeps: false as const,
  sourcemap: false,
  minify: "oxc" as const,
  reportCompressedSize: false,
  rollupOptions: {
    input,
    external: ["electron", "keytar", "koffi"],
    output: { format: "cjs" as const, entryFileNames: file, codeSplitting: false },
  },
});

const source = (path: string) => resolve(import.meta.dirname, path);

const main = single(source("app/main.ts"), "out/app/main", "main.cjs");
const { codeSplitting: _one, ...output } = main.rollupOptions.output;

export default defineConfig({
  main: { build: main },
  // What runs in processes of its own, one file each: the preloads of interface and pages, the caller of the Kerberos library, the
  // builder of hostile lists.
  preload: {
    build: {
      ...main,
      outDir: "out/app/preload",
      isolatedEntries: true,
      rollupOptions: {
        ...main.rollupOptions,
        input: {
          preload: source("app/shell/preload.ts"),
          "page-preload": source("app/shell/page-preload.ts"),
          "gss-worker": source("app/auth/gss/worker.ts"),
          "hostile-worker": source("app/hostile/worker.ts"),
        },
        output: { ...output, entryFileNames: "[name].cjs" },
      },
    },
  },
  renderer: {
    root: resolve(import.meta.dirname, "renderer"),
    base: "./",
    plugins: [react()],
    build: {
      outDir: resolve(import.meta.dirname, "out/app/renderer"),
      emptyOutDir: true,
      reportCompressedSize: false,
      minify: "oxc",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: { input: resolve(import.meta.dirname, "renderer/index.html") },
    },
  },
});
