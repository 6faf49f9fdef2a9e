import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Errand, Outcome } from "./program.ts";

const program = fileURLToPath(new URL("./program.ts", import.meta.url));

export interface Run {
  readonly outcome: Outcome | undefined;
  readonly signal: NodeJS.Signals | null;
  /** It had to be killed because it did not end. */
  readonly stuck: boolean;
}

/** @param killAfter kills the program so many milliseconds after it has printed something, at the latest after 20 s */
export function runProgram(errand: Errand, env: NodeJS.ProcessEnv, killAfter?: number): Promise<Run> {
  const child = spawn(process.execPath, ["--import", "tsx", program, JSON.stringify(errand)], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const kill = () => child.kill("SIGKILL");
  let stuck = false;
  const giveUp = () => {
    stuck = true;
    kill();
  };
  const timers = [setTimeout(giveUp, 20_000)];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (output === "" && killAfter !== undefined) timers.push(setTimeout(kill, killAfter));
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (_code, signal) => {
      for (const timer of timers) clearTimeout(timer);
      resolve({ outcome: output.startsWith("{") ? JSON.parse(output) : undefined, signal, stuck });
    });
  });
}
