/**
 * Child processes of the bench. What is ours runs in Electron's Node, as in the app; portal facts go in by a file
 * descriptor's JSON line, results come out as one JSON line each.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { electron } from "../../build/electron-command.mjs";

export interface Child {
  readonly pid: number;
  /** The next JSON line it prints. */
  next(): Promise<unknown>;
  /** Lets it end by closing its standard input. */
  stop(): Promise<void>;
}

/** Starts a script of this folder and hands it its input. */
export function startChild(script: string, input: unknown): Child {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(electron().executable, ["--import", "tsx", file], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.write(`${JSON.stringify(input)}\n`);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    async next() {
      const line = await lines.next();
      if (line.done === true) {
        throw new Error(`${script} ended without an answer`);
      }
      return JSON.parse(line.value);
    },
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) {
        await once(child, "exit");
      }
    },
  };
}

/** In the child: its input. Standard input stays open until the parent lets it end. */
export async function inputOf<T>(): Promise<T> {
  const lines = createInterface(process.stdin);
  const [line] = await once(lines, "line");
  lines.on("close", () => process.exit());
  return JSON.parse(String(line)) as T;
}

export const answer = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};
