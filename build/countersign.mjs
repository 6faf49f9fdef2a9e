/** Runs a command of Countersign without a window, in the same runtime as the app: `check`, `fetch`, `keystore`, … */
import { spawn } from "node:child_process";
import { buildWhenStale } from "./bundle.mjs";
import { electron, root, sandboxSwitches, userPrefix } from "./electron-command.mjs";

const [first, ...rest] = process.argv.slice(2);
// Without a command word a window would open, for which there may be no display.
const asksForHelp = first === undefined || ["--help", "-h"].includes(first);

buildWhenStale();
const words = [
  ...userPrefix(),
  electron().executable,
  "--ozone-platform=headless",
  "--disable-gpu",
  "--log-level=3",
  ...sandboxSwitches(),
  root,
  ...(asksForHelp ? ["help"] : [first, ...rest]),
];
const child = spawn(words[0], words.slice(1), { stdio: "inherit", cwd: process.env.INIT_CWD ?? process.cwd() });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 128 : 1)));
