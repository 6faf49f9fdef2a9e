/** What other programs and other users of this computer can do with a running client. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { readHead } from "../support/gateway-scene.ts";
import { listeningOf } from "../support/listening.ts";
import { type Desk, launchApp, startDesk } from "./support/app.ts";

const run = promisify(execFile);
const modeOf = (path: string): number => statSync(path).mode & 0o777;

let desk: Desk;
let profile: string;

before(async () => {
  desk = await startDesk();
  profile = join(desk.folder, "profile.json");
  const site = {
    id: "bank",
    name: "Online banking",
    origins: ["https://bank.example"],
    addresses: ["127.0.0.1"],
    server: { pins: [`sha256/${"A".repeat(43)}=`] },
    client: { method: "form" },
  };
  writeFileSync(profile, JSON.stringify({ version: 1, serial: 1, organization: "Example Bank", sites: [site] }));
});
after(() => desk?.stop());

/** The client as a person starts it, without the debugger that other tests drive it by. */
async function startPlainly(words: readonly string[], env: NodeJS.ProcessEnv): Promise<ChildProcess & { pid: number }> {
  const [program = "", ...args] = words;
  const app = spawn(program, args, { env, stdio: "ignore" });
  assert.ok(app.pid !== undefined);
  const search = ["search", "--sync", "--onlyvisible", "--name", "Countersign$"];
  // The search fails on a window that goes away under it, as that of the start before.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const seen = await run("xdotool", search, { env, timeout: 20_000 }).catch(() => undefined);
    if (seen !== undefined) break;
  }
  return Object.assign(app, { pid: app.pid });
}

async function end(app: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => app.once("exit", resolve));
  app.kill("SIGTERM");
  await ended;
}

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never came: ${what}`);
}

/** Types an address as a person would, as often as it takes until the client is ready for keys. */
async function openedByKeys(pid: number, address: string): Promise<readonly string[]> {
  const search = ["search", "--sync", "--onlyvisible", "--name", "Countersign$", "windowfocus", "--sync"];
  for (let attempt = 0; attempt < 10; attempt += 1) {
    for (const keys of [
      ["key", "ctrl+l"],
      ["type", address],
      ["key", "Return"],
    ]) {
      await run("xdotool", keys[0] === "key" ? [...search, ...keys] : keys, { env: desk.env, timeout: 10_000 });
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    const listening = listeningOf(pid);
    if (listening.length > 0) return listening;
  }
  throw new Error("no site was opened by keys");
}

let commandLine: readonly string[];
let data: string;

test("a second start hands nothing over: neither addresses nor profiles", async () => {
  data = join(desk.folder, "data");
  mkdirSync(data);
  chmodSync(data, 0o755);
  const app = await launchApp(desk, { profile, userData: data });
  try {
    commandLine = app.commandLine;
    const before = await app.until("the profile", (state) => state.profile.kind === "loaded");
    const other = join(desk.folder, "other.json");
    writeFileSync(other, JSON.stringify({ version: 1, serial: 2, organization: "Somebody else", sites: [] }));
    const [program = "", ...args] = commandLine;
    const words = [...args, `--profile=${other}`, "https://bank.example/transfer?to=evil", "countersign://ui/evil"];
    const second = spawn(program, words, { env: desk.env, stdio: "ignore" });
    assert.equal(await new Promise((resolve) => second.once("exit", resolve)), 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual(await app.state(), before);
    assert.equal(app.electron.windows().length, 1);
  } finally {
    await app.close();
  }
});

test("what is stored is closed to other users, also where it was open before", () => {
  assert.equal(modeOf(data), 0o700);
});

test("the client waits for connections nowhere until a site is open, and then on loopback with its credentials alone", async () => {
  const app = await startPlainly(commandLine, desk.env);
  try {
    assert.deepEqual(listeningOf(app.pid), []);
    assert.equal(modeOf(dirname(readlinkSync(join(data, "SingletonSocket")))), 0o700, "where second starts knock");
    const [listener = "", ...others] = await openedByKeys(app.pid, "bank.example");
    assert.deepEqual(others, []);
    assert.match(listener, /^127\.0\.0\.1:/);
    const stranger = connect(Number(listener.split(":")[1]), "127.0.0.1");
    stranger.write("CONNECT bank.example:443 HTTP/1.1\r\nHost: bank.example:443\r\n\r\n");
    assert.match(await readHead(stranger), /^HTTP\/1\.1 407 /);
    stranger.destroy();
  } finally {
    await end(app);
  }
});

test("a debugger would have been seen (control)", async () => {
  const [program = "", ...args] = commandLine;
  const app = await startPlainly([program, "--remote-debugging-port=0", ...args], desk.env);
  try {
    await until("the debugger", () => (listeningOf(app.pid).length > 0 ? true : undefined));
  } finally {
    await end(app);
  }
});

test("data that others could replace is refused at the start", async () => {
  const open = join(desk.folder, "open");
  mkdirSync(join(open, "data"), { recursive: true });
  chmodSync(open, 0o777);
  const [program = "", ...args] = commandLine.map((word) =>
    word.startsWith("--user-data-dir=") ? `--user-data-dir=${join(open, "data")}` : word,
  );
  const failed = await run(program, args, { env: desk.env, timeout: 20_000 }).then(
    () => undefined,
    (error: { code: number; stderr: string }) => error,
  );
  assert.equal(failed?.code, 2);
  assert.match(failed?.stderr ?? "", /Your data could be read by others/);
  assert.match(failed?.stderr ?? "", /anybody may replace it/);
});
