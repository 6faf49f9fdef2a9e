/** The keystore in a real gnome-keyring on a private session bus, used by separate processes. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createKeystore } from "../../../app/keystore/keystore.ts";
import { createKeytarKeychain } from "../../../app/keystore/keytar-keychain.ts";
import {
  type ClientIdentity,
  ISSUER,
  makeClientAuthority,
  makeClientIdentity,
  PASSPHRASE,
} from "../../support/client-identity.ts";
import { type Keyring, startKeyring } from "../../support/keyring.ts";
import type { Errand, Outcome } from "./program.ts";
import { runProgram } from "./run-program.ts";

let keyring: Keyring;
let folder: string;
let services = 0;

before(async () => {
  keyring = await startKeyring();
  // For this process's own look into the keyring.
  process.env.DBUS_SESSION_BUS_ADDRESS = keyring.env.DBUS_SESSION_BUS_ADDRESS;
  folder = mkdtempSync(join(tmpdir(), "countersign-identities-"));
});
after(async () => {
  await keyring.stop();
  rmSync(folder, { recursive: true, force: true });
});

const authority = makeClientAuthority();

function identity(subject: string): ClientIdentity & { readonly path: string } {
  const made = makeClientIdentity(authority, { subject });
  const path = join(folder, `${made.certificate.fingerprint}.p12`);
  writeFileSync(path, made.file);
  return { ...made, path };
}

/** A keystore in this process, for what need not be a process of its own. */
const keystoreOf = (service: string) => createKeystore(createKeytarKeychain(service), Date.now);

const listHere = async (service: string): Promise<readonly string[]> =>
  (await keystoreOf(service).list()).map(({ fingerprint }) => fingerprint).sort();

/** Each test has entries of its own. */
const newService = (): string => `countersign-test-${++services}`;

async function ask(errand: Omit<Errand, "passphrase">): Promise<Outcome> {
  const { outcome, signal } = await runProgram({ passphrase: PASSPHRASE, ...errand }, keyring.env);
  assert.ok(outcome !== undefined, `ended by ${signal}`);
  return outcome;
}

const list = async (service: string): Promise<readonly string[]> => {
  const outcome = await ask({ service, errand: "list" });
  assert.ok("fingerprints" in outcome, JSON.stringify(outcome));
  return outcome.fingerprints;
};

const importing = (service: string, { path }: { path: string }) => ask({ service, errand: "import", argument: path });

/** Names of all entries, read by keytar's own listing, which is safe while the keyring is open. */
async function entries(service: string): Promise<readonly string[]> {
  const { default: keytar } = await import("keytar");
  return (await keytar.findCredentials(service)).map(({ account }) => account);
}

test("what one process imports another lists, selects and removes", async () => {
  const service = newService();
  const alice = identity("CN=Alice");
  const { fingerprint } = alice.certificate;
  assert.deepEqual(await list(service), []);
  await importing(service, alice);
  assert.deepEqual(await list(service), [fingerprint]);
  const selected = await ask({ service, errand: "select", argument: ISSUER });
  assert.deepEqual("fingerprints" in selected && selected.fingerprints, [fingerprint]);
  await ask({ service, errand: "remove", argument: fingerprint });
  assert.deepEqual(await list(service), []);
  // What is left is an empty set.
  const names = (await entries(service)).map((name) => name.replace(/[0-9a-f]{32}/, "ID")).sort();
  assert.deepEqual(names, ["chunk.ID.0", "pointer.a", "pointer.b", "probe"]);
});

test("killed before or after any change to the keyring, the old set is there or the new one", async () => {
  const service = newService();
  const [alice, bob] = [identity("CN=Alice"), identity("CN=Bob")];
  const old = [alice.certificate.fingerprint];
  const both = [...old, bob.certificate.fingerprint].sort();
  await keystoreOf(service).importPkcs12(alice.file, PASSPHRASE);
  const outcomes: number[] = [];
  for (let killAt = 1, died = true; died; killAt += 1) {
    for (const killAfter of [false, true]) {
      const errand: Errand = {
        service,
        errand: "import",
        argument: bob.path,
        passphrase: PASSPHRASE,
        killAt,
        killAfter,
      };
      const { signal } = await runProgram(errand, keyring.env);
      died = signal === "SIGKILL";
      const found = await listHere(service);
      if (died) outcomes.push(found.length);
      assert.deepEqual(found, found.length === 1 && died ? old : both, `killed at change ${killAt}`);
      // The next write sweeps up, whichever set it found.
      if (found.length === 2) await keystoreOf(service).remove(bob.certificate.fingerprint);
      assert.deepEqual(await listHere(service), old);
    }
  }
  assert.ok(outcomes.length > 10, `an import has more changes than ${outcomes.length / 2}`);
  assert.deepEqual(outcomes, [...outcomes].sort(), "once the new set counts it goes on counting");
  assert.deepEqual([...new Set(outcomes)], [1, 2]);
  await keystoreOf(service).importPkcs12(bob.file, PASSPHRASE);
  const names = await entries(service);
  const generations = new Set(names.filter((name) => name.startsWith("chunk.")).map((name) => name.split(".")[1]));
  assert.equal(generations.size, 1, `no leftovers: ${names.join(" ")}`);
});

test("killed from outside while it writes again and again", async () => {
  const service = newService();
  const [alice, bob] = [identity("CN=Alice"), identity("CN=Bob")];
  await keystoreOf(service).importPkcs12(alice.file, PASSPHRASE);
  for (let round = 0; round < 8; round += 1) {
    const errand: Errand = { service, errand: "churn", argument: bob.path, passphrase: PASSPHRASE };
    const { signal } = await runProgram(errand, keyring.env, 10 + round * 17);
    assert.equal(signal, "SIGKILL");
    assert.ok((await listHere(service)).includes(alice.certificate.fingerprint));
  }
});

test("programs that write at the same time lose nothing", async () => {
  const service = newService();
  const [first, ...others] = ["Alice", "Bob", "Carol", "Dan"].map((name) => identity(`CN=${name}`));
  assert.ok(first !== undefined);
  await keystoreOf(service).importPkcs12(first.file, PASSPHRASE);
  const errands: Promise<Outcome>[] = others.map((one) => importing(service, one));
  errands.push(ask({ service, errand: "remove", argument: first.certificate.fingerprint }));
  for (const outcome of await Promise.all(errands)) assert.ok("fingerprints" in outcome, JSON.stringify(outcome));
  assert.deepEqual(await listHere(service), others.map(({ certificate }) => certificate.fingerprint).sort());
});

const refused = async (errand: Omit<Errand, "passphrase">): Promise<string | undefined> => {
  const outcome = await ask(errand);
  return "code" in outcome ? outcome.code : undefined;
};

test("a damaged entry in the keyring is reported and left for recovery", async () => {
  const service = newService();
  const alice = identity("CN=Alice");
  await keystoreOf(service).importPkcs12(alice.file, PASSPHRASE);
  const chunk = (await entries(service)).find((name) => name.startsWith("chunk."));
  assert.ok(chunk !== undefined);
  const keychain = createKeytarKeychain(service);
  const whole = await keychain.get(chunk);
  assert.ok(whole !== undefined);
  await keychain.set(chunk, whole.slice(4));
  assert.equal(await refused({ service, errand: "list" }), "keystore.damaged");
  assert.equal(await refused({ service, errand: "import", argument: alice.path }), "keystore.damaged");
  await keychain.set(chunk, whole);
  assert.deepEqual(await list(service), [alice.certificate.fingerprint]);
});

test("a locked keyring is locked: neither empty nor written to", async () => {
  const service = newService();
  const alice = identity("CN=Alice");
  await keystoreOf(service).importPkcs12(alice.file, PASSPHRASE);
  await keyring.lock();
  try {
    assert.equal(await refused({ service, errand: "list" }), "keystore.locked");
    assert.equal(await refused({ service, errand: "import", argument: alice.path }), "keystore.locked");
    assert.equal(await refused({ service: newService(), errand: "list" }), "keystore.locked");
  } finally {
    await keyring.unlock();
  }
  assert.deepEqual(await list(service), [alice.certificate.fingerprint]);
});

test("no session bus, and no Secret Service on the bus, are both absent", async () => {
  const service = newService();
  const { DBUS_SESSION_BUS_ADDRESS: _bus, ...withoutBus } = keyring.env;
  const deaf = { ...keyring.env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/no-bus` };
  const disabled = { ...keyring.env, DBUS_SESSION_BUS_ADDRESS: "disabled:" };
  for (const env of [deaf, disabled, { ...withoutBus, XDG_RUNTIME_DIR: folder, DISPLAY: "" }]) {
    const { outcome } = await runProgram({ service, errand: "list" }, env);
    assert.equal(outcome !== undefined && "code" in outcome && outcome.code, "keystore.absent");
  }
  await keyring.stopService();
  try {
    assert.equal(await refused({ service, errand: "list" }), "keystore.absent");
  } finally {
    await keyring.startService();
  }
});

/** Waits until a Secret Service is on the bus. */
async function answering(env: NodeJS.ProcessEnv): Promise<void> {
  const ping = ["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/", "org.freedesktop.DBus.Peer.Ping"];
  while (spawnSync("dbus-send", ping, { env, stdio: "ignore" }).status !== 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a Secret Service without any keyring is absent", async () => {
  await keyring.stopService();
  const env = { ...keyring.env, XDG_DATA_HOME: join(folder, "no-keyrings") };
  const service = spawn("gnome-keyring-daemon", ["--foreground", "--components=secrets"], { env, stdio: "ignore" });
  try {
    await answering(env);
    assert.equal(await refused({ service: newService(), errand: "list" }), "keystore.absent");
  } finally {
    const ended = once(service, "exit");
    service.kill();
    await ended;
    await keyring.startService();
  }
});

test("a Secret Service that does not answer is given up on, and the process can end", async () => {
  const service = newService();
  assert.ok(keyring.servicePid !== undefined);
  process.kill(keyring.servicePid, "SIGSTOP");
  try {
    const { outcome, stuck } = await runProgram({ service, errand: "list", timeLimit: 300 }, keyring.env);
    assert.ok(!stuck);
    assert.equal(outcome !== undefined && "code" in outcome && outcome.code, "keystore.locked");
  } finally {
    process.kill(keyring.servicePid, "SIGCONT");
  }
  assert.deepEqual(await list(service), []);
});
