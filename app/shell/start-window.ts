/** Start of the window: it and the interface first, everything else while the interface loads. */
import { join } from "node:path";
import { app } from "electron";
import { shutResolver } from "./engine.ts";
import type { StartWords } from "./switches.ts";
import { openWindow } from "./window.ts";

export async function startWindow(start: StartWords): Promise<void> {
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.on("window-all-closed", () => app.quit());
  await app.whenReady();
  shutResolver();
  const built = join(__dirname, "..");
  const window = openWindow({ preload: join(built, "preload/preload.cjs"), renderer: join(built, "renderer") });
  // Evaluated while the interface's own process starts, which takes longer.
  const { runClient } = await import("./run-client.ts");
  runClient(window, start);
}
