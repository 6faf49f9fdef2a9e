/** Runs a command without a window in the app's own runtime and ends with its exit code. */
import { app } from "electron";
import { commandParts } from "../cli/io.ts";
import { runCommand } from "../cli/run-command.ts";
import { shutResolver } from "./engine.ts";
import type { StartWords } from "./switches.ts";
import { systemProxy } from "./trust-path.ts";

/** The code of a fault of the program itself; none of the commands' own. */
const FAULT = 70;

export async function startCommand(command: readonly string[], _start: StartWords): Promise<void> {
  try {
    await app.whenReady();
    shutResolver();
    app.exit(await runCommand(command, process, commandParts(systemProxy)));
  } catch (error) {
    console.error(error);
    app.exit(FAULT);
  }
}
