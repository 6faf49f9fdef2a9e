/**
 * Runs a program the way an installed one runs: as an ordinary user, with a policy directory that belongs to root and
 * Chromium's setuid sandbox helper in place. Needs real root, and changes nothing outside a mount namespace.
 */
import { spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../build/electron-command.mjs";

const NOBODY = 65_534;

export interface OrdinaryUserOptions {
  /** The unpacked application folder. */
  readonly application: string;
  /** Profile documents by file name, as IT installs them. */
  readonly policies: Readonly<Record<string, string>>;
  /** Files by name, readable by the user alone. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** A script of this folder, run by tsx; its standard output is returned. */
  readonly script: string;
  readonly arguments: readonly string[];
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const prepare = `
set -eu
mount --make-rprivate /
mount --bind "$APPLICATION" "$PLACE/application"
mount --bind "$SOURCES" "$PLACE/sources"
cp -a /etc "$PLACE/etc"
mkdir -p "$PLACE/etc/countersign/policy.d"
chmod 755 "$PLACE/etc/countersign" "$PLACE/etc/countersign/policy.d"
cp "$PLACE/policies/"* "$PLACE/etc/countersign/policy.d/"
chmod 644 "$PLACE/etc/countersign/policy.d/"*
mount --bind "$PLACE/etc" /etc
cd "$PLACE/sources"
exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups -- "$@"
`;

/** Runs `script` inside the namespace; it finds the application in `$PLACE/application`, its files in `$PLACE/home`. */
export async function asOrdinaryUser(options: OrdinaryUserOptions): Promise<Ended> {
  const place = mkdtempSync(join(tmpdir(), "countersign-user-"));
  try {
    chmodSync(place, 0o755);
    for (const name of ["application", "sources", "policies", "home"]) mkdirSync(join(place, name), { mode: 0o755 });
    for (const [name, text] of Object.entries(options.policies)) writeFileSync(join(place, "policies", name), text);
    const home = join(place, "home");
    chownSync(home, NOBODY, NOBODY);
    for (const [name, content] of Object.entries(options.files)) {
      writeFileSync(join(home, name), content, { mode: 0o600 });
      chownSync(join(home, name), NOBODY, NOBODY);
    }
    // What a package manager does after installing.
    chownSync(join(options.application, "chrome-sandbox"), 0, 0);
    chmodSync(join(options.application, "chrome-sandbox"), 0o4755);
    const script = join(place, "sources/test/package", options.script);
    const words = [process.execPath, "--import", "tsx", script, ...options.arguments];
    return await run(["unshare", "-m", "sh", "-c", prepare, "sh", ...words], {
      PATH: process.env.PATH ?? "/usr/bin:/bin",
      LANG: "C.UTF-8",
      HOME: home,
      PLACE: place,
      APPLICATION: options.application,
      SOURCES: root,
    });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function run(words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const [program = "", ...args] = words;
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}
