/** The process that calls the system's Kerberos library: a utility process of the app. */
import { join } from "node:path";
import { app, type UtilityProcess, utilityProcess } from "electron";
import { kerberosEnvironment } from "../auth/gss/environment.ts";
import type { GssReply, GssRequest, GssWorker } from "../auth/gss/protocol.ts";

/** Starts it as soon as the engine is ready; what is asked of it before that waits. */
export function spawnGssWorker(): GssWorker {
  const waiting: GssRequest[] = [];
  const listeners = { reply: (_reply: GssReply) => {}, exit: () => {} };
  let child: UtilityProcess | undefined;
  let killed = false;
  const start = () => {
    if (killed) return;
    child = fork();
    child.on("message", (reply: GssReply) => listeners.reply(reply));
    child.once("exit", () => listeners.exit());
    for (const request of waiting.splice(0)) child.postMessage(request);
  };
  if (app.isReady()) start();
  else void app.whenReady().then(start);
  return {
    post: (request) => (child === undefined ? waiting.push(request) : child.postMessage(request)),
    onReply: (listener) => {
      listeners.reply = listener;
    },
    onExit: (listener) => {
      listeners.exit = listener;
    },
    kill: () => {
      killed = true;
      child?.kill();
    },
  };
}

function fork(): UtilityProcess {
  return utilityProcess.fork(join(app.getAppPath(), "out/app/preload/gss-worker.cjs"), [], {
    serviceName: "Countersign Kerberos",
    env: kerberosEnvironment(process.env, app.isPackaged),
    stdio: "ignore",
  });
}
