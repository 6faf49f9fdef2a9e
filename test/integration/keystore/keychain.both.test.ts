/** keytar's own behaviour against a real gnome-keyring, in this process, under each runtime. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { Refusal } from "../../../app/core/refusal.ts";
import { MAX_ENTRY_BYTES } from "../../../app/keystore/generation-store.ts";
import { createKeystore } from "../../../app/keystore/keystore.ts";
import { createKeytarKeychain } from "../../../app/keystore/keytar-keychain.ts";
import { createWriterLock } from "../../../app/keystore/writer-lock.ts";
import { ISSUER, makeClientAuthority, makeClientIdentity, PASSPHRASE } from "../../support/client-identity.ts";
import { type Keyring, startKeyring } from "../../support/keyring.ts";

let keyring: Keyring;
before(async () => {
  keyring = await startKeyring();
  process.env.DBUS_SESSION_BUS_ADDRESS = keyring.env.DBUS_SESSION_BUS_ADDRESS;
});
after(() => keyring.stop());

const isLocked = (error: unknown): boolean => error instanceof Refusal && error.code === "keystore.locked";

test("entries come back as they were stored, up to the longest", async () => {
  const keychain = createKeytarKeychain("countersign-entries");
  assert.equal(await keychain.get("one"), undefined);
  assert.equal(await keychain.delete("one"), false);
  for (const secret of ["AA==", "A".repeat(MAX_ENTRY_BYTES)]) {
    await keychain.set("one", secret);
    assert.equal(await keychain.get("one"), secret);
  }
  assert.equal(await keychain.delete("one"), true);
  assert.equal(await keychain.get("one"), undefined);
});

test("an identity with a large key and a chain makes the round trip", async () => {
  const service = "countersign-identity";
  const issuing = makeClientAuthority().issueAuthority({ subject: "CN=Issuing", key: "rsa-4096" });
  const { certificate, file } = makeClientIdentity(issuing, { key: "rsa-4096" });
  const open = () => createKeystore(createKeytarKeychain(service), Date.now, { lock: createWriterLock(service) });
  await open().importPkcs12(file, PASSPHRASE);
  const selected = await open().select(ISSUER, Date.now());
  assert.equal(selected.fingerprint, certificate.fingerprint);
  assert.equal(selected.chain.length, 2);
  await open().remove(certificate.fingerprint);
  assert.deepEqual(await open().list(), []);
});

test("a silent Secret Service holds up neither other work nor later calls, and is used again when it answers", async () => {
  const keychain = createKeytarKeychain("countersign-silent", { timeLimit: 200 });
  await keychain.set("one", "AA==");
  const { servicePid } = keyring;
  assert.ok(servicePid !== undefined);
  process.kill(servicePid, "SIGSTOP");
  try {
    const waiting = Array.from({ length: 20 }, () => keychain.get("one"));
    for (const call of waiting) await assert.rejects(call, isLocked);
    // More calls than the pool has threads have been refused, and yet it reads files.
    assert.ok((await readFile(new URL(import.meta.url))).length > 0);
    await assert.rejects(keychain.get("one"), isLocked);
  } finally {
    process.kill(servicePid, "SIGCONT");
  }
  const answer = async (): Promise<string | undefined> => {
    for (;;) {
      try {
        return await keychain.get("one");
      } catch (error) {
        assert.ok(isLocked(error));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  assert.equal(await answer(), "AA==");
});

test("a locked keyring never answers that something is not there", async () => {
  const keychain = createKeytarKeychain("countersign-locked");
  await keychain.set("one", "AA==");
  await keyring.lock();
  for (const account of ["one", "never stored"]) {
    await assert.rejects(keychain.get(account), isLocked);
    await assert.rejects(keychain.delete(account), isLocked);
    await assert.rejects(keychain.set(account, "AA=="), isLocked);
  }
});

test("after a restart of the Secret Service the refusal says that the program must be started again", async () => {
  await keyring.unlock();
  const reading = createKeytarKeychain("countersign-restarted").get("one");
  await assert.rejects(reading, (error) => {
    assert.ok(error instanceof Refusal);
    assert.equal(error.code, "keystore.absent");
    assert.match(error.detail.fault, /started again/);
    return true;
  });
});
