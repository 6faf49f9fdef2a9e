import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Builds the gallery: the interface with made-up states, to be looked at without the main process. */
export default defineConfig({
  root: __dirname,
  base: "./",
  plugins: [react()],
  build: { outDir: "../../../out/ui-gallery", emptyOutDir: true, target: "chrome130" },
});
