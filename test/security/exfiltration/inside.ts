/**
 * One run of the matrix, inside a network namespace: first a bare window, then the real app, each with every way.
 * Writes what was seen as JSON to the file named on the command line.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startDisplay } from "../../../build/desktop/display.mjs";
import { root, electron as runtime, userPrefix } from "../../../build/electron-command.mjs";
import { writeBareApp } from "./bare.ts";
import { type Outside, openNetwork, startCapture } from "./network.ts";
import { BANK } from "./places.ts";
import { type Seen, seenOf } from "./seen.ts";
import { hostOf, WAYS } from "./ways.ts";

/** What one of the two runs has shown. */
export interface Findings {
  readonly control: Seen;
  readonly app: Seen;
}

const run = promisify(execFile);
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const origin = `https://${BANK.host}`;
const leaving = WAYS.filter(({ place }) => place === "navigation").map(({ id }) => id);
const hostOfWay = (id: string) =>
  WAYS.filter((way) => way.id === id)
    .map(hostOf)
    .join();

/** Letters, digits and what has to be encoded in addresses. */
const secret = `Kz7+${Math.random().toString(36).slice(2, 12)}/qW=`;

const folder = mkdtempSync(join(tmpdir(), "countersign-exfiltration-"));
chmodSync(folder, 0o755);
const programs = join(folder, "programs");

/** Stands for the programs that open links of other schemes; keeps what it was given. */
function writePrograms(): NodeJS.ProcessEnv {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  for (const name of ["xdg-open", "gio", "gvfs-open", "gnome-open", "xdg-email"]) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "$0 $*" >> "${programs}"\n`, { mode: 0o755 });
  }
  writeFileSync(programs, "");
  return {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_DOWNLOAD_DIR: folder,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/no-bus`,
    // Asks for the discovery of a proxy, as a laptop does that was set up so.
    auto_proxy: "",
  };
}

function takePrograms(): string {
  const text = readFileSync(programs, "utf8");
  writeFileSync(programs, "");
  return text;
}

function startElectron(words: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const [program = "", ...rest] = [...userPrefix(), runtime().executable, "--disable-gpu", ...words];
  return spawn(program, rest, { env, stdio: ["ignore", "ignore", "ignore"] });
}

const ended = (child: ChildProcess) =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once("exit", resolve))
    : Promise.resolve();

async function controlRun(outside: Outside, env: NodeJS.ProcessEnv): Promise<Seen> {
  const capture = await startCapture(folder);
  const task = { origin, secret, leave: leaving, quic: hostOfWay("quic"), crash: hostOfWay("crash-upload") };
  const app = writeBareApp(folder);
  const child = startElectron([`--user-data-dir=${join(folder, "bare-data")}`, app], {
    ...env,
    BARE_TASK: JSON.stringify(task),
    BARE_FOLDER: folder,
  });
  await ended(child);
  const packets = await capture.end();
  return seenOf({ packets, arrivals: outside.arrivals.splice(0), programs: takePrograms(), secret, gatewayPorts: [] });
}

function writeProfile(pin: string): string {
  const file = join(folder, "profile.json");
  const site = {
    id: "bank",
    name: "Bank",
    origins: [origin],
    addresses: [BANK.address],
    server: { pins: [pin] },
    client: { method: "form" },
  };
  writeFileSync(file, JSON.stringify({ version: 1, serial: 1, organization: "Scene", sites: [site] }));
  return file;
}

/** The keyboard and the mouse of the user, through the display; nothing of it is on any network. */
class User {
  private readonly env: NodeJS.ProcessEnv;
  constructor(env: NodeJS.ProcessEnv) {
    this.env = env;
  }
  async #do(...words: string[]): Promise<void> {
    await run("xdotool", words, { env: this.env, timeout: 20_000 });
  }
  /** Gives the keyboard to the client's window, as soon as there is one. @throws Error after a minute and a half */
  async window(): Promise<void> {
    for (let attempt = 0; attempt < 300; attempt += 1) {
      const search = ["search", "--onlyvisible", "--name", "Countersign$", "windowfocus"];
      const found = await run("xdotool", search, { env: this.env, timeout: 5000 }).then(
        () => true,
        () => false,
      );
      if (found) return;
      await later(300);
    }
    throw new Error("the client has shown no window");
  }
  press(keys: string): Promise<void> {
    return this.#do("key", "--clearmodifiers", keys);
  }
  type(text: string): Promise<void> {
    return this.#do("type", "--delay", "4", text);
  }
  click(x: number, y: number): Promise<void> {
    return this.#do("mousemove", String(x), String(y), "click", "1");
  }
  async goTo(address: string): Promise<void> {
    // A question that an earlier way has raised is answered as it is by who does not know: no.
    await this.press("Escape");
    await this.press("ctrl+l");
    await later(80);
    await this.press("ctrl+a");
    await this.type(address);
    await this.press("Return");
  }
}

async function until(outside: Outside, line: string, patience = 45_000): Promise<boolean> {
  for (let waited = 0; waited < patience; waited += 50) {
    if (outside.arrivals.some(({ to, line: got }) => to === "bank" && got === line)) return true;
    await later(50);
  }
  return false;
}

/** @throws Error when the bank has not heard it in time: the scene itself does not work then */
async function must(outside: Outside, line: string): Promise<void> {
  if (!(await until(outside, line))) throw new Error(`the bank never received: ${line}`);
}

/** Every process below this one. */
function descendants(pid: number): readonly number[] {
  const answer = execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" });
  const rows = answer
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([child = 0, above]) => (above === parent ? [child, ...below(child)] : []));
  return below(pid);
}

/** Ports on which the app listens: its gateways. */
function listeningPorts(child: ChildProcess): readonly number[] {
  const ours = new Set([child.pid, ...descendants(child.pid ?? 0)]);
  const lines = execFileSync("ss", ["-ltnpH"], { encoding: "utf8" }).trim().split("\n");
  return lines.flatMap((line) => {
    const pid = Number(/pid=(\d+)/.exec(line)?.[1]);
    const port = Number(/^\S+\s+\S+\s+\S+\s+127\.0\.0\.1:(\d+)/.exec(line)?.[1]);
    return ours.has(pid) && port > 0 ? [port] : [];
  });
}

function crashPages(child: ChildProcess): void {
  for (const pid of descendants(child.pid ?? 0)) {
    const words = readFileSync(`/proc/${pid}/cmdline`, "latin1");
    if (words.includes("--type=renderer")) process.kill(pid, "SIGSEGV");
  }
}

async function appRun(outside: Outside, env: NodeJS.ProcessEnv): Promise<Seen> {
  const capture = await startCapture(folder);
  const profile = writeProfile(outside.pin);
  const child = startElectron(
    [`--user-data-dir=${join(folder, "data")}`, "--short-reporting-delay", root, `--profile=${profile}`],
    env,
  );
  const user = new User(env);
  await user.window();
  await later(1500);
  await user.goTo(`${origin}/typing`);
  await must(outside, "POST /ready");
  const gatewayPorts = listeningPorts(child);
  await later(700);
  await user.click(700, 500);
  await later(200);
  await user.type(`${secret}.`);
  await must(outside, "POST /tried");
  await later(2500);
  for (const id of leaving) {
    await user.goTo(`${origin}/leave/${id}`);
    await must(outside, `POST /left/${id}`);
    await later(700);
  }
  await user.goTo(`${origin}/blank`);
  await must(outside, "GET /mapped.js");
  for (const keys of ["ctrl+shift+i", "F12", "ctrl+u", "ctrl+p"]) await user.press(keys);
  await later(1500);
  crashPages(child);
  await later(3000);
  const main = descendants(child.pid ?? 0)[0] ?? child.pid;
  process.kill(main ?? 0, "SIGTERM");
  await Promise.race([ended(child), later(5000)]);
  child.kill("SIGKILL");
  const packets = await capture.end();
  return seenOf({ packets, arrivals: outside.arrivals.splice(0), programs: takePrograms(), secret, gatewayPorts });
}

const display = await startDisplay({ width: 1280, height: 900 });
const outside = await openNetwork(folder);
try {
  const env = { ...writePrograms(), DISPLAY: display.display };
  const control = await controlRun(outside, env);
  const app = await appRun(outside, env);
  const [, , result = ""] = process.argv;
  writeFileSync(result, JSON.stringify({ control, app } satisfies Findings));
} finally {
  outside.stop();
  await display.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
