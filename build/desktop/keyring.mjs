/**
 * A private desktop keyring: a D-Bus session bus and a gnome-keyring of its own in a temporary home directory, so that
 * the demo and the tests use a real Secret Service without touching the user's. Plain JavaScript without dependencies,
 * because the demo needs it before any are installed. Debian packages: dbus, gnome-keyring.
 */
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A bus that starts no services of its own accord: only what a test starts is there. */
const busConfiguration = (/** @type {string} */ socket) => `<busconfig>
  <type>session</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

/**
 * @typedef {object} Keyring
 * @property {string} home The temporary HOME; its keyrings are under `.local/share/keyrings`.
 * @property {NodeJS.ProcessEnv} env process.env with HOME, XDG_* and DBUS_SESSION_BUS_ADDRESS of this keyring: give it
 *   to every program that is to use it.
 * @property {() => Promise<void>} lock Locks the login keyring, as when the user's session is locked.
 * @property {() => Promise<void>} unlock Unlocks it again, by starting gnome-keyring anew.
 * @property {() => Promise<void>} stopService Ends gnome-keyring but leaves the bus: no Secret Service answers.
 * @property {() => Promise<void>} startService Starts gnome-keyring again, unlocked, on the same files.
 * @property {number | undefined} servicePid gnome-keyring's process, for tests that stop (SIGSTOP) or kill it.
 * @property {() => Promise<void>} stop Ends both programs by their process ids and removes the directory.
 */

/**
 * Starts the bus and an unlocked keyring. Both die with this process, even when it is killed.
 *
 * @param {object} [options]
 * @param {boolean} [options.userNamespace] Runs both as user 1000 of a user namespace (`unshare -U`): needed when the
 *   programs that use the keyring run so while the caller is root, because D-Bus compares user ids.
 * @param {string} [options.password] The login keyring's password.
 * @returns {Promise<Keyring>}
 */
export async function startKeyring({ userNamespace = false, password = "countersign" } = {}) {
  const home = mkdtempSync(join(tmpdir(), "countersign-keyring-"));
  const env = environment(home);
  const wrapper = userNamespace ? ["unshare", "-U", "--map-user=1000", "--map-group=1000"] : [];
  const removeHome = () => rmSync(home, { recursive: true, force: true });
  const onExit = () => {
    bus?.kill("SIGKILL");
    service?.kill("SIGKILL");
    removeHome();
  };
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let bus;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let service;

  const inNamespace = (/** @type {string} */ command, /** @type {string[]} */ args) => {
    const [first = command, ...rest] = [...wrapper, command, ...args];
    return run(first, rest, { env, timeout: 10_000 });
  };
  const startService = async () => {
    service = launch([...wrapper, "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"], env);
    service.stdin?.end(password);
    await until(async () => {
      if (service?.exitCode !== null) throw new Error(`gnome-keyring-daemon ended with code ${service?.exitCode}`);
      await inNamespace("dbus-send", [...CALL, `${SECRETS}/collection/login`, ...PROPERTY_LOCKED]);
    }, "gnome-keyring-daemon did not open its login keyring");
  };

  process.once("exit", onExit);
  try {
    const configuration = join(home, "bus.conf");
    writeFileSync(configuration, busConfiguration(join(home, "run", "bus")));
    bus = launch([...wrapper, "dbus-daemon", "--nofork", `--config-file=${configuration}`, "--print-address=1"], env);
    await firstLine(bus, "dbus-daemon");
    await startService();
  } catch (error) {
    process.off("exit", onExit);
    await end(service);
    await end(bus);
    removeHome();
    throw error;
  }
  return {
    home,
    env,
    get servicePid() {
      return service?.pid;
    },
    lock: async () => {
      const collection = `array:objpath:${SECRETS}/collection/login`;
      await inNamespace("dbus-send", [...CALL, SECRETS, "org.freedesktop.Secret.Service.Lock", collection]);
    },
    unlock: async () => {
      await end(service);
      await startService();
    },
    stopService: () => end(service),
    startService,
    stop: async () => {
      process.off("exit", onExit);
      await end(service);
      await end(bus);
      removeHome();
    },
  };
}

const SECRETS = "/org/freedesktop/secrets";
const CALL = ["--session", "--print-reply", "--dest=org.freedesktop.secrets"];
const PROPERTY_LOCKED = [
  "org.freedesktop.DBus.Properties.Get",
  "string:org.freedesktop.Secret.Collection",
  "string:Locked",
];

/** @param {string} home @returns {NodeJS.ProcessEnv} */
function environment(home) {
  const runtime = join(home, "run");
  mkdirSync(runtime, { mode: 0o700 });
  const { GNOME_KEYRING_CONTROL: _control, ...rest } = process.env;
  return {
    ...rest,
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_DATA_HOME: join(home, ".local", "share"),
    XDG_CACHE_HOME: join(home, ".cache"),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(runtime, "bus")}`,
  };
}

/**
 * Starts a program that ends when this process ends: the bus by the kernel's parent-death signal, gnome-keyring (whose
 * file capabilities clear that signal) because it loses its bus. In a group of its own, so that Ctrl+C does not end it
 * before the programs that use it.
 * @param {string[]} command @param {NodeJS.ProcessEnv} env
 */
function launch(command, env) {
  return spawn("setpriv", ["--pdeathsig", "TERM", "--", ...command], {
    env,
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
}

/** @param {import("node:child_process").ChildProcess} child @param {string} name @returns {Promise<void>} */
function firstLine(child, name) {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`${name} cannot be started: ${error.message}`)));
    child.once("exit", (code) => reject(new Error(`${name} ended with code ${code}`)));
    child.stdout?.once("data", () => resolve());
  });
}

/** @param {import("node:child_process").ChildProcess | undefined} child @returns {Promise<void>} */
async function end(child) {
  if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const kill = setTimeout(() => child.kill("SIGKILL"), 2_000);
  await ended;
  clearTimeout(kill);
}

/** Tries again every 50 ms for 10 s. @param {() => Promise<unknown>} attempt @param {string} complaint */
async function until(attempt, complaint) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(complaint, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
