/**
 * Child processes of the bench. What is ours runs bundled and in Electron's Node, as in the app; what they need goes in
 * as a JSON line, results come out as one JSON line each.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { electron } from "../../build/electron-command.mjs";
import { bundled } from "./bundle.ts";

export interface Child {
  readonly pid: number;
  /** The next JSON line it prints. */
  next(): Promise<unknown>;
  /** Lets it end by closing its standard input. */
  stop(): Promise<void>;
}

/** Starts a script of this folder and hands it its input. */
export async function startChild(script: string, input: unknown): Promise<Child> {
  const file = await bundled(script);
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(electron().executable, [file], {
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
