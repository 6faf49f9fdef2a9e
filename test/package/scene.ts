/**
 * The packaged app as its user meets it, driven from outside: commands without a display, a window by X input.
 * Prints one JSON document. Arguments: folder for the picture, address of the portal, address of the impostor.
 */
import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { startDisplay } from "../../build/desktop/display.mjs";
import { startKeyring } from "../../build/desktop/keyring.mjs";
import { listeningOf } from "../support/listening.ts";

const run = promisify(execFile);
const place = process.env.PLACE ?? "";
const program = join(place, "application/countersign");
const home = join(place, "home");
const [pictures = home, portal = "", impostor = ""] = process.argv.slice(2);

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const keyring = await startKeyring();

/** No display, no secrets but the keyring's: what a command has on a server. */
function command(words: readonly string[], extra: NodeJS.ProcessEnv = {}): Promise<Answer> {
  const { DISPLAY: _display, ...env } = keyring.env;
  return new Promise((resolve) => {
    execFile(program, [...words], { env: { ...env, ...extra }, timeout: 60_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ status, stdout, stderr });
    });
  });
}

async function untilWindow(env: NodeJS.ProcessEnv, title: string): Promise<string> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const found = await run("xdotool", ["search", "--onlyvisible", "--name", title], { env }).catch(() => undefined);
    const id = found?.stdout.trim().split("\n").at(-1);
    if (id) return id;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no window named ${title} appeared`);
}

/** Opens the first site of the list with the keyboard alone, and takes a picture of the window. */
async function window(): Promise<Readonly<Record<"titles" | "listening" | "afterSignal", readonly string[]>>> {
  const display = await startDisplay();
  const env = { ...keyring.env, DISPLAY: display.display };
  const app = spawn(program, ["--disable-gpu"], { env, stdio: "ignore" });
  const ended = new Promise((resolve) => app.once("exit", resolve));
  const titles: string[] = [];
  try {
    const id = await untilWindow(env, "Countersign");
    const title = async () => (await run("xdotool", ["getwindowname", id], { env })).stdout.trim();
    titles.push(await title());
    await run("xdotool", ["windowfocus", "--sync", id], { env }).catch(() => undefined);
    for (let attempt = 0; attempt < 40 && !titles.at(-1)?.startsWith("Online banking"); attempt += 1) {
      // The address line takes what is typed; Ctrl+L is in the menu.
      if (attempt % 10 === 0) {
        await run("xdotool", ["key", "--clearmodifiers", "ctrl+l"], { env });
        await new Promise((resolve) => setTimeout(resolve, 500));
        await run("xdotool", ["type", "--delay", "15", portal], { env });
        await run("xdotool", ["key", "Return"], { env });
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      titles.push(await title());
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await run("import", ["-window", "root", join(pictures, "packaged.png")], { env });
    const { pid = 0 } = app;
    const listening = listeningOf(pid);
    // Node opens its debugger at this signal where it may; where it may not, the signal ends the program.
    app.kill("SIGUSR1");
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000))]);
    const afterSignal = app.exitCode === null && app.signalCode === null ? listeningOf(pid) : [];
    return { titles, listening, afterSignal };
  } finally {
    app.kill("SIGTERM");
    await ended;
    await display.stop();
  }
}

const checkOf = (url: string, extra: NodeJS.ProcessEnv = {}) =>
  command(["check", url, "--profile", join(home, "profile.json"), "--json"], extra);
const certificateVariables = { SSL_CERT_FILE: join(home, "stranger.pem"), SSL_CERT_DIR: home };

try {
  const result = {
    imported: await command(["keystore", "import", join(home, "user.p12"), "--passphrase-file", join(home, "pass")]),
    listed: await command(["keystore", "list", "--json"]),
    genuine: await checkOf(portal),
    impostor: await checkOf(impostor),
    flagged: await command(["hostile", "list", "--json"]),
    genuineWithVariables: await checkOf(portal, certificateVariables),
    impostorWithVariables: await checkOf(impostor, certificateVariables),
    unknown: await command(["frobnicate"]),
    debugged: await command(["--remote-debugging-port=0", "--ozone-platform=headless"]),
    inspected: await command(["--inspect=0", "--ozone-platform=headless"]),
    weakened: await command(["--ignore-certificate-errors", "--ozone-platform=headless"]),
    keyLog: await command(["check", portal, "--profile", join(home, "profile.json")], {
      SSLKEYLOGFILE: join(home, "keys"),
    }),
    preloaded: await command(["keystore", "list"], { LD_PRELOAD: join(home, "none.so") }),
    asNode: await command(["-e", "console.log('ran as node')", "--ozone-platform=headless"], {
      ELECTRON_RUN_AS_NODE: "1",
    }),
    window: await window(),
  };
  console.log(JSON.stringify(result));
} finally {
  await keyring.stop();
}
