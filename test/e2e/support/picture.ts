import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../../build/electron-command.mjs";
import type { Desk, RunningApp } from "./app.ts";

const run = promisify(execFile);

/**
 * A picture of the window as the display shows it, pages of sites included, under `out/e2e/`; with
 * UPDATE_SCREENSHOTS=1 also under `kept`, from the project's root, for the documentation.
 */
export async function windowPicture(app: RunningApp, desk: Desk, name: string, kept?: string): Promise<void> {
  const bounds = await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds());
  if (bounds === undefined) throw new Error("no window to take a picture of");
  // Two frames, so that what changed last has been drawn.
  await app.ui.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await new Promise((resolve) => setTimeout(resolve, 150));
  const { x, y, width, height } = bounds;
  const files = [
    `out/e2e/${name}.png`,
    ...(process.env.UPDATE_SCREENSHOTS === "1" && kept !== undefined ? [kept] : []),
  ];
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    const crop = `${width}x${height}+${x}+${y}`;
    await run("import", ["-window", "root", "-crop", crop, "+repage", "-strip", join(root, file)], { env: desk.env });
  }
}
