/** Runs a command of Countersign without a window, in the same runtime as the app: `check`, `fetch`, `keystore`, … */
import { spawn } from "node:child_process";
import { buildWhenStale } from "./bundle.mjs";
import { electron, root, sandboxSwitches, userPrefix } from "./electron-command.mjs";

/** Anything else would open a window, for which there may be no display: then the usage is shown. */
const COMMANDS = ["check", "fetch", "keystore", "profile", "help"];
const given = process.argv.slice(2);
const isCommand = COMMANDS.includes(given[0] ?? "");
const asksForHelp = ["--help", "-h"].includes(given[0] ?? "");
if (!isCommand && !asksForHelp) console.error(`countersign: there is no command ${JSON.stringify(given[0] ?? "")}\n`);

buildWhenStale();
const words = [
  ...userPrefix(),
  electron().executable,
  "--ozone-platform=headless",
  "--disable-gpu",
  "--log-level=3",
  ...sandboxSwitches(),
  root,
  ...(isCommand ? given : ["help"]),
];
const child = spawn(words[0], words.slice(1), { stdio: "inherit", cwd: process.env.INIT_CWD ?? process.cwd() });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) =>
  process.exit(code === 0 && !isCommand && !asksForHelp ? 2 : (code ?? (signal ? 128 : 1))),
);
