/** The least that is an Electron app with a window: what ours is measured against. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MAIN = `const { app, BrowserWindow } = require("electron");
const address = process.argv.find((word) => word.startsWith("--address="))?.slice("--address=".length);
app.whenReady().then(() => {
  const window = new BrowserWindow({ width: 1280, height: 800, webPreferences: { sandbox: true } });
  if (address) window.loadURL(address); else window.loadFile("index.html");
});
app.on("window-all-closed", () => app.quit());
`;

/** @returns the folder of the app */
export function writeBareWindow(folder: string): string {
  const place = join(folder, "bare-window");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), '{ "name": "bare-window", "version": "1.0.0", "main": "main.cjs" }\n');
  writeFileSync(join(place, "main.cjs"), MAIN);
  writeFileSync(join(place, "index.html"), "<!doctype html><title>Bare</title><p>Bare window</p>\n");
  return place;
}
