/** Runs the app on the embedded demo: in a window where there is a display, else as a guided tour. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { electron, root, sandboxSwitches } from "../electron-command.mjs";
import { startDemoRealm } from "./realm.ts";
import { tour } from "./tour.ts";

function ended(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, args, { stdio: "inherit", env });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGINT", pass).on("SIGTERM", pass);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      process.off("SIGINT", pass).off("SIGTERM", pass);
      resolve(code ?? 1);
    });
  });
}

const { executable } = electron();
const guided = process.argv.includes("--tour");
const realm = await startDemoRealm();
const environment = { ...process.env, ...realm.kerberos?.env };
const data = mkdtempSync(join(tmpdir(), "countersign-demo-data-"));
const switches = [...sandboxSwitches(), ...(guided ? ["--disable-gpu"] : []), `--user-data-dir=${data}`];
let status = 1;
try {
  const { file, passphraseFile } = realm.identity;
  const words = ["--demo", "keystore", "import", file, "--passphrase-file", passphraseFile];
  const headless = ["--ozone-platform=headless", "--disable-gpu", "--log-level=3"];
  status = await ended(executable, [...headless, ...switches, root, ...words], environment);
  if (status === 0) {
    const args = [...switches, root, "--demo", `--profile=${realm.profile}`];
    if (guided) status = (await tour(realm, args, { folder: join(root, "out/tour"), environment })) ? 0 : 1;
    else status = await ended(executable, args, environment);
  }
} finally {
  await realm.stop();
  rmSync(data, { recursive: true, force: true });
}
process.exitCode = status;
