/** The real app for end-to-end tests: on a display and a keyring of its own, driven by Playwright. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ElectronApplication, _electron as electron, type Page } from "playwright";
import type { CallArguments, CallName, CallResults, CountersignApi, UiState } from "../../../app/ipc/contract.ts";
import { buildWhenStale } from "../../../build/bundle.mjs";
import { startDisplay } from "../../../build/desktop/display.mjs";
import { root, electron as runtime, sandboxSwitches, userPrefix } from "../../../build/electron-command.mjs";
import { type Keyring, startKeyring } from "../../support/keyring.ts";

declare const window: { countersign: CountersignApi };

const run = promisify(execFile);
const noise =
  /bus\.cc|Debugger (listening|attached|ending)|nodejs\.org\/en\/docs\/inspector|disconnect\.\.\.|WidgetHost/;

/** A display, a session bus and a keyring that belong to the test alone. */
export interface Desk {
  readonly display: string;
  readonly keyring: Keyring;
  readonly env: NodeJS.ProcessEnv;
  /** For whatever the test leaves behind; removed with the desk. */
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startDesk(): Promise<Desk> {
  const { display, stop: stopDisplay } = await startDisplay({ width: 1280, height: 900 });
  const keyring = await startKeyring({ userNamespace: userPrefix().length > 0 });
  const folder = mkdtempSync(join(tmpdir(), "countersign-e2e-"));
  return {
    display,
    keyring,
    env: { ...keyring.env, DISPLAY: display },
    folder,
    stop: async () => {
      await keyring.stop();
      await stopDisplay();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface LaunchOptions {
  /** File of the profile; without, the app finds whatever the machine has. */
  readonly profile?: string;
  readonly demo?: boolean;
  /** Kept by the caller to start twice with the same data; a fresh folder otherwise. */
  readonly userData?: string;
  readonly switches?: readonly string[];
}

/** The running app. */
export interface RunningApp {
  readonly electron: ElectronApplication;
  /** The interface's page. */
  readonly ui: Page;
  /** What it was started with, to start it once more. */
  readonly commandLine: readonly string[];
  /** What the app has written to its standard output and error, line by line, without the engine's usual noise. */
  readonly output: readonly string[];
  call<N extends CallName>(name: N, ...args: CallArguments<N>): Promise<CallResults[N]>;
  state(): Promise<UiState>;
  /** The first state that fulfils the condition. @throws Error with the last state after 15 seconds */
  until(what: string, condition: (state: UiState) => unknown): Promise<UiState>;
  /** The page of the site that is on the stage. */
  sitePage(): Promise<Page>;
  /** Puts an identity into the keystore through the interface's calls, with the file dialog answered. */
  importIdentity(file: string, passphrase: string): Promise<CallResults["keystore.import"]>;
  /** Waits for a condition that the state does not tell. @throws Error after 15 seconds */
  eventually(what: string, condition: () => Promise<boolean>): Promise<void>;
  /** Presses keys as a person does, through the display, e.g. `ctrl+l`; there is no window manager to give focus. */
  press(keys: string): Promise<void>;
  /** The colour of one pixel of the display, e.g. `#C0FFEE`. */
  colourAt(x: number, y: number): Promise<string>;
  /** A picture of the whole display under `out/e2e/`. @returns its path */
  picture(name: string): Promise<string>;
  close(): Promise<void>;
}

/** How the app is started from the command line. */
interface StartCommand {
  readonly executable: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

/** @param userData where the app keeps what lasts */
function startCommand(desk: Desk, options: LaunchOptions, userData: string): StartCommand {
  return {
    executable: executableOf(desk.folder),
    args: [
      "--disable-gpu",
      ...sandboxSwitches(),
      ...(options.switches ?? []),
      `--user-data-dir=${userData}`,
      root,
      ...(options.demo ? ["--demo"] : []),
      ...(options.profile === undefined ? [] : [`--profile=${options.profile}`]),
    ],
    env: definedOnly(desk.env),
  };
}

export async function launchApp(desk: Desk, options: LaunchOptions = {}): Promise<RunningApp> {
  buildWhenStale();
  const userData = options.userData ?? mkdtempSync(join(desk.folder, "data-"));
  const { executable, args, env } = startCommand(desk, options, userData);
  const app = await attach(executable, args, env);
  const output = listen(app);
  const ui = await app.firstWindow();
  await ui.waitForLoadState("load");
  return { ...running(app, ui, desk), output, commandLine: [executable, ...args] };
}

/** Under load Playwright sometimes misses the start of the program it attaches to, and waits for ever: once more then. */
async function attach(executable: string, args: readonly string[], env: Record<string, string>, attempts = 2) {
  try {
    return await electron.launch({
      executablePath: executable,
      args: [...args],
      chromiumSandbox: sandboxSwitches().length === 0,
      env,
      timeout: 60_000,
    });
  } catch (error) {
    const late = error instanceof Error && error.message.includes("Timeout");
    if (!late || attempts <= 1) throw error;
    return attach(executable, args, env, attempts - 1);
  }
}

function running(app: ElectronApplication, ui: Page, desk: Desk): Omit<RunningApp, "output" | "commandLine"> {
  const call: RunningApp["call"] = (name, ...args) =>
    ui.evaluate(
      ([called, given]) => (window.countersign.call as (...words: unknown[]) => Promise<never>)(called, ...given),
      [name, args] as const,
    );
  const state = () => call("app.state");
  const until: RunningApp["until"] = async (what, condition) => {
    let last: UiState | undefined;
    for (let attempt = 0; attempt < 300; attempt += 1) {
      last = await state();
      if (await condition(last)) return last;
      await pause(50);
    }
    throw new Error(`never came: ${what}; the state is ${JSON.stringify(last, undefined, 1)}`);
  };
  return {
    electron: app,
    ui,
    call,
    state,
    until,
    sitePage: () => topPage(app, ui),
    importIdentity: async (file, passphrase) => {
      await app.evaluate(({ dialog }, path) => {
        dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
      }, file);
      const chosen = await call("keystore.choose");
      if (!chosen.ok || !chosen.value) throw new Error(`no file was chosen: ${JSON.stringify(chosen)}`);
      return call("keystore.import", { token: chosen.value.token, passphrase });
    },
    eventually,
    press: async (keys) => {
      const search = ["search", "--sync", "--onlyvisible", "--name", "Countersign$", "windowfocus", "--sync"];
      await run("xdotool", [...search, "key", "--clearmodifiers", keys], { env: desk.env, timeout: 10_000 });
    },
    colourAt: async (x, y) => {
      const crop = `1x1+${Math.round(x)}+${Math.round(y)}`;
      const { stdout } = await run("import", ["-window", "root", "-crop", crop, "-depth", "8", "txt:-"], {
        env: desk.env,
      });
      return /#[0-9A-F]{6}/.exec(stdout)?.[0] ?? stdout;
    },
    picture: (name) => picture(desk, name),
    close: () => app.close(),
  };
}

async function topPage(app: ElectronApplication, ui: Page): Promise<Page> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const page = app
      .windows()
      .filter((each) => each !== ui && !each.isClosed())
      .at(-1);
    if (page) return page;
    await pause(50);
  }
  throw new Error("no page of a site is open");
}

async function eventually(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await condition()) return;
    await pause(50);
  }
  throw new Error(`never came: ${what}`);
}

async function picture(desk: Desk, name: string): Promise<string> {
  const folder = join(root, "out/e2e");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.png`);
  await run("import", ["-window", "root", file], { env: desk.env });
  return file;
}

/** The runtime, behind a small script where it has to be started as an ordinary user of a user namespace. */
function executableOf(folder: string): string {
  const { executable } = runtime();
  const prefix = userPrefix();
  if (prefix.length === 0) return executable;
  const script = join(folder, "electron");
  writeFileSync(script, `#!/bin/sh\nexec ${[...prefix, `"${executable}"`].join(" ")} "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

function listen(app: ElectronApplication): readonly string[] {
  const lines: string[] = [];
  const keep = (bytes: Buffer) =>
    lines.push(
      ...String(bytes)
        .split("\n")
        .filter((line) => line && !noise.test(line)),
    );
  app.process().stdout?.on("data", keep);
  app.process().stderr?.on("data", keep);
  return lines;
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
