/** Runs a command without a window in the app's own runtime and ends with its exit code. */
import { join } from "node:path";
import { app } from "electron";
import { commandParts } from "../cli/io.ts";
import { runCommand } from "../cli/run-command.ts";
import { shutResolver } from "./engine.ts";
import { EXIT_FAULT } from "./fail-closed.ts";
import { spawnGssWorker } from "./gss-worker.ts";
import { impostorFolder } from "./impostors.ts";
import type { StartWords } from "./switches.ts";
import { systemProxy } from "./system-proxy.ts";

/** Only a command that dials needs the engine, and waits for it. */
async function proxyFor(url: string): Promise<string> {
  await app.whenReady();
  shutResolver();
  return systemProxy(url);
}

export async function startCommand(command: readonly string[], { demo }: StartWords): Promise<void> {
  app.dock?.hide();
  const hostileFolder = join(app.getPath("userData"), "hostile");
  try {
    app.exit(
      await runCommand(
        command,
        process,
        commandParts({
          proxyFor,
          demo,
          spawnGss: spawnGssWorker,
          packaged: app.isPackaged,
          hostileFolder,
          impostorFolder: impostorFolder(demo),
        }),
      ),
    );
  } catch (error) {
    console.error("countersign:", error);
    app.exit(EXIT_FAULT);
  }
}
