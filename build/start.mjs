/** `npm start`: builds and opens the client on the embedded demo; without a display, takes a guided tour of it. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildWhenStale } from "./bundle.mjs";
import { startDisplay } from "./desktop/display.mjs";
import { startKeyring } from "./desktop/keyring.mjs";
import { electron, root, userPrefix } from "./electron-command.mjs";

const hasDisplay = process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** The demo's identity goes into a keyring of its own where one can be made, so that the user's stays untouched. */
async function privateKeyring() {
  const programs = ["/usr/bin/dbus-daemon", "/usr/bin/gnome-keyring-daemon"];
  if (process.platform !== "linux" || !programs.every((program) => existsSync(program))) return undefined;
  return startKeyring({ userNamespace: userPrefix().length > 0 });
}

/** Ctrl+C reaches the program by itself; this process only has to outlive it, to clear up behind it. */
function run([command, ...args], environment) {
  const child = spawn(command, args, { cwd: root, stdio: "inherit", env: environment });
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

async function start() {
  if (buildWhenStale()) console.log("start: built");
  const display = hasDisplay ? undefined : await startDisplay();
  const keyring = await privateKeyring();
  try {
    const words = [
      ...userPrefix(),
      process.execPath,
      "--import",
      "tsx",
      join(root, "build/demo/run.ts"),
      ...(hasDisplay ? [] : ["--tour"]),
    ];
    const runtime = electron();
    const environment = { ...(keyring?.env ?? process.env), ELECTRON_OVERRIDE_DIST_PATH: runtime.folder };
    if (display !== undefined) environment.DISPLAY = display.display;
    return await run(words, environment);
  } finally {
    await keyring?.stop();
    await display?.stop();
  }
}

process.exitCode = await start();
