import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { GssPort } from "../../app/auth/gss/port.ts";
import type { GssReply, GssRequest, GssWorker } from "../../app/auth/gss/protocol.ts";
import { createGssPort } from "../../app/auth/gss/worker-pool.ts";

const entry = fileURLToPath(new URL("../../app/auth/gss/worker.ts", import.meta.url));
/** The same with Heimdal's library in the place of the system's first choice. */
export const heimdalEntry = fileURLToPath(new URL("heimdal-worker.ts", import.meta.url));
/** The same with the code for Windows, on the library that the environment names in SECUR32. */
export const sspiEntry = fileURLToPath(new URL("sspi-worker.ts", import.meta.url));

/**
 * A worker as a forked Node, with the environment of a realm.
 * @param command starts the entry, whose path follows; Node itself when absent
 */
export function forkGssWorker(
  env: NodeJS.ProcessEnv,
  command: readonly string[] = [process.execPath, "--import", "tsx"],
  started: (pid: number) => void = () => {},
  program = entry,
): GssWorker {
  const [execPath = process.execPath, ...execArgv] = command;
  const child = fork(program, { env, serialization: "advanced", execPath, execArgv });
  child.on("error", () => {});
  if (child.pid !== undefined) started(child.pid);
  return {
    post: (request: GssRequest) => child.send(request),
    onReply: (listener: (reply: GssReply) => void) => child.on("message", (reply) => listener(reply as GssReply)),
    onExit: (listener) => child.once("exit", listener),
    kill: () => child.kill("SIGKILL"),
  };
}

/** The system's Kerberos with the credentials and configuration that the environment names. */
export const gssPort = (
  env: NodeJS.ProcessEnv,
  options: { readonly timeout?: number; readonly workers?: number } = {},
): GssPort => createGssPort({ spawn: () => forkGssWorker({ ...process.env, ...env }), ...options });
