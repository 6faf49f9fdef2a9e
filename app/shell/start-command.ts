/** Runs a command without a window in the app's own runtime and ends with its exit code. */
import { app } from "electron";
import type { StartWords } from "./switches.ts";

export async function startCommand(command: readonly string[], _start: StartWords): Promise<void> {
  await app.whenReady();
  console.error(`countersign: this build does not have the command ${command[0]}`);
  app.exit(2);
}
