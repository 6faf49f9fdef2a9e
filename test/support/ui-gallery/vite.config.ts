import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Builds the gallery: the interface with made-up states, to be looked at without the main process. */
// biome-ignore lint/style/noDefaultExport: Vite reads its configuration from the default export
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [react()],
  build: { outDir: "../../../out/ui-gallery", emptyOutDir: true, target: "chrome130" },
});
