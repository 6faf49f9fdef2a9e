import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "electron-vite";

/** One CommonJS file with every pure JavaScript dependency inside; only the runtime and native modules stay outside. */
const single = (entry: string, outDir: string, file: string) => ({
  outDir,
  externalizeDeps: false as const,
  sourcemap: false,
  minify: "oxc" as const,
  reportCompressedSize: false,
  rollupOptions: {
    input: resolve(import.meta.dirname, entry),
    external: ["electron", "keytar"],
    output: { format: "cjs" as const, entryFileNames: file, codeSplitting: false },
  },
});

export default defineConfig({
  main: { build: single("app/main.ts", "out/app/main", "main.cjs") },
  preload: { build: single("app/shell/preload.ts", "out/app/preload", "preload.cjs") },
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
