/** Start of the window: it and the interface first, everything else while the interface loads. */
import { join } from "node:path";
import { app, dialog } from "electron";
import { explain } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import { shutResolver } from "./engine.ts";
import { keepPrivate } from "./private-data.ts";
import type { StartWords } from "./switches.ts";
import { openWindow } from "./window.ts";

export async function startWindow(start: StartWords): Promise<void> {
  const fault = keepPrivate(app.getPath("userData"));
  if (fault !== undefined) return refuseData(app.getPath("userData"), fault);
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

/** Says why and ends, before the engine has read or written anything there. */
function refuseData(folder: string, fault: string): void {
  const expected = "a folder of the user's own that nobody else can read";
  const { title, message, remedy, it } = explain(new Refusal("app.data-unsafe", { value: folder, fault, expected }));
  console.error(`countersign: ${title}\n${message}\n${remedy}\n${it}`);
  dialog.showErrorBox(title, `${message}\n\n${remedy}\n\n${it}`);
  app.exit(2);
}
