import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";

/** A server of another program, ended by its own process id. */
export interface ServerProcess {
  readonly pid: number;
  /** What it has printed so far, without its errors. */
  standardOutput(): string;
  stop(): Promise<void>;
}

const SETPRIV = "/usr/bin/setpriv";

/** Where the kernel can, a server dies with the process that started it, even if that one is killed. */
function boundToUs(command: string, options: readonly string[]): readonly [string, readonly string[]] {
  return existsSync(SETPRIV) ? [SETPRIV, ["--pdeathsig", "KILL", command, ...options]] : [command, options];
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise<void>((resolve) => child.once("exit", () => resolve()));
  }
}

/**
 * Starts a server and waits until `ready`.
 * @throws Error with the server's output when it ends before that.
 */
export async function startProcess(
  command: string,
  options: readonly string[],
  ready: (standardOutput: () => string) => Promise<boolean>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ServerProcess> {
  const [program, words] = boundToUs(command, options);
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"], env: environment });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString("latin1");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString("utf8");
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended(child);
  };
  const dead = new Promise<never>((_resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new Error(`${command} ended with ${code ?? signal}: ${errors}${output}`)),
    );
  });
  dead.catch(() => {});
  while (!(await Promise.race([ready(() => output), dead]))) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 5)), dead]);
  }
  return { pid: child.pid ?? 0, standardOutput: () => output, stop };
}
