import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";

/** A server of another program, ended by its own process id. */
export interface ServerProcess {
  readonly pid: number;
  /** Standard input, for servers that take commands there. */
  write(text: string): void;
  /** Everything it has printed so far. */
  output(): string;
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
 * Starts a server and waits until `ready` says so of its output.
 * @throws Error with the server's output when it ends before that.
 */
export async function startProcess(
  command: string,
  options: readonly string[],
  ready: (output: string) => boolean | Promise<boolean>,
): Promise<ServerProcess> {
  const [program, words] = boundToUs(command, options);
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  const collect = (chunk: Buffer): void => {
    output += chunk.toString("utf8");
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  child.stdin.on("error", () => {});
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended(child);
  };
  const dead = new Promise<never>((_resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`${command} ended with ${code ?? signal}: ${output}`)));
  });
  dead.catch(() => {});
  while (!(await Promise.race([ready(output), dead]))) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 5)), dead]);
  }
  return { pid: child.pid ?? 0, write: (text) => child.stdin.write(text), output: () => output, stop };
}
