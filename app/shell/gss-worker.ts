/** The process that calls the system's Kerberos library: a utility process of the app. */
import { join } from "node:path";
import { app, utilityProcess } from "electron";
import { kerberosEnvironment } from "../auth/gss/environment.ts";
import type { GssReply, GssWorker } from "../auth/gss/protocol.ts";

/** Only once the app is ready. */
export function spawnGssWorker(): GssWorker {
  const child = utilityProcess.fork(join(app.getAppPath(), "out/app/preload/gss-worker.cjs"), [], {
    serviceName: "Countersign Kerberos",
    env: kerberosEnvironment(process.env, app.isPackaged),
    stdio: "ignore",
  });
  return {
    post: (request) => child.postMessage(request),
    onReply: (listener) => child.on("message", (reply: GssReply) => listener(reply)),
    onExit: (listener) => child.once("exit", listener),
    kill: () => child.kill(),
  };
}
