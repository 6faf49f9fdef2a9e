/** Composition root: the order of start-up, nothing else. */
import { app } from "electron";
import { prepareEngine } from "./shell/engine.ts";
import { failClosed } from "./shell/fail-closed.ts";
import { makeFilesPrivate } from "./shell/private-data.ts";
import { dangerousStart, forgetCertificateVariables, readStart } from "./shell/switches.ts";

const words = process.argv.slice(1);
const danger = app.isPackaged ? dangerousStart(words, process.env) : undefined;
if (danger) {
  console.error(`countersign: ${danger.found} is refused, because it ${danger.why}`);
  process.exit(2);
}
forgetCertificateVariables(process.env);
makeFilesPrivate();
failClosed();
const { command, ...start } = readStart(words, app.isPackaged);
prepareEngine();
// What a command needs, a window does not, and the other way round: neither waits for the other's code.
if (command) void import("./shell/start-command.ts").then(({ startCommand }) => startCommand(command, start));
else void import("./shell/start-window.ts").then(({ startWindow }) => startWindow(start));
