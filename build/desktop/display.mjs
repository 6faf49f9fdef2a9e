/** A virtual display for machines without one: Xvfb on a free number, ended by its process id or with this process. */
import { spawn } from "node:child_process";

/**
 * @param {{ width?: number, height?: number }} [size]
 * @returns {Promise<{ display: string, stop: () => Promise<void> }>}
 */
export async function startDisplay({ width = 1280, height = 800 } = {}) {
  const command = ["Xvfb", "-displayfd", "3", "-screen", "0", `${width}x${height}x24`, "-nolisten", "tcp", "-noreset"];
  // In a group of its own, so that Ctrl+C does not end it before the programs that draw on it.
  const server = spawn("setpriv", ["--pdeathsig", "TERM", "--", ...command], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    detached: true,
  });
  const number = await new Promise((resolve, reject) => {
    let text = "";
    server.once("error", (error) => reject(new Error(`Xvfb could not be started: ${error.message}`)));
    server.once("exit", (code) => reject(new Error(`Xvfb ended with ${code} before it named a display`)));
    server.stdio[3].on("data", (bytes) => {
      text += bytes;
      if (text.includes("\n")) resolve(text.trim());
    });
  });
  server.stdio[3].destroy();
  server.unref();
  return { display: `:${number}`, stop: () => end(server) };
}

/** @param {import("node:child_process").ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
