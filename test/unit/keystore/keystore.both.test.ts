import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { decodeIdentitySet, encodeIdentitySet } from "../../../app/keystore/identity-set.ts";
import { createKeystore } from "../../../app/keystore/keystore.ts";
import { readPkcs12 } from "../../../app/keystore/pkcs12.ts";
import { ISSUER, makeClientAuthority, makeClientIdentity, PASSPHRASE } from "../../support/client-identity.ts";
import { type Death, Died, MemoryKeychain } from "../../support/memory-keychain.ts";

const DAY = 86_400_000;
const authority = makeClientAuthority();
const old = makeClientIdentity(authority, { subject: "CN=Old", notBefore: new Date(Date.now() - 20 * DAY) });
const recent = makeClientIdentity(authority, { subject: "CN=Recent", notBefore: new Date(Date.now() - DAY) });
const foreign = makeClientIdentity(authority.issueAuthority({ subject: "CN=Issuing 7" }), { subject: "CN=Below" });

const refusedAs = (code: ReasonCode) => (error: unknown) => error instanceof Refusal && error.code === code;

async function keystoreWith(...identities: readonly { readonly file: Buffer }[]) {
  const keychain = new MemoryKeychain();
  const clock = { now: Date.now() };
  const keystore = createKeystore(keychain, () => clock.now);
  for (const { file } of identities) await keystore.importPkcs12(file, PASSPHRASE);
  return { keychain, keystore, clock };
}

const fingerprints = (list: readonly { readonly fingerprint: string }[]) => list.map(({ fingerprint }) => fingerprint);

test("an imported identity is listed with what may be shown of it, and nothing secret", async () => {
  const { keystore } = await keystoreWith();
  const [imported] = await keystore.importPkcs12(old.file, PASSPHRASE);
  const leaf = new X509Certificate(old.certificate.der);
  assert.deepEqual(imported, {
    fingerprint: old.certificate.fingerprint,
    name: "CN=Old",
    subject: "CN=Old",
    issuer: ISSUER,
    serial: leaf.serialNumber.toUpperCase(),
    notBefore: new Date(leaf.validFrom).toISOString(),
    notAfter: new Date(leaf.validTo).toISOString(),
    keyType: "EC P-256",
    clientAuthentication: true,
  });
  assert.deepEqual(await keystore.list(), [imported]);
});

test("the newest identity of the issuer is selected, with its chain and its key", async () => {
  const { keystore } = await keystoreWith(recent, old);
  const selected = await keystore.select(ISSUER, Date.now());
  assert.equal(selected.fingerprint, recent.certificate.fingerprint);
  assert.equal(selected.chain.join(""), recent.certificate.chainPem);
  assert.ok(createPublicKey(selected.key).equals(createPublicKey(recent.certificate.keyPem)));
});

test("an identity below an intermediate is found by either issuer", async () => {
  const { keystore } = await keystoreWith(foreign);
  for (const issuer of [ISSUER, "CN=Issuing 7"]) {
    const selected = await keystore.select(issuer, Date.now());
    assert.equal(selected.fingerprint, foreign.certificate.fingerprint);
    assert.equal(selected.chain.length, 2);
  }
});

test("no identity: none at all, none of this issuer, none valid any more", async () => {
  const { keystore } = await keystoreWith();
  await assert.rejects(keystore.select(ISSUER, Date.now()), refusedAs("client.no-identity"));
  await keystore.importPkcs12(old.file, PASSPHRASE);
  await assert.rejects(keystore.select("CN=Other", Date.now()), refusedAs("client.no-identity"));
  await assert.rejects(keystore.select(ISSUER, Date.now() + 400 * DAY), refusedAs("client.no-identity"));
  assert.equal((await keystore.select(ISSUER, Date.now())).fingerprint, old.certificate.fingerprint);
});

test("importing the same identity again keeps one", async () => {
  const { keystore } = await keystoreWith(old, old, recent, old);
  assert.deepEqual(
    fingerprints(await keystore.list()).sort(),
    fingerprints([old.certificate, recent.certificate]).sort(),
  );
});

test("a file that is refused leaves the keystore untouched", async () => {
  const { keystore, keychain } = await keystoreWith(old);
  const before = new Map(keychain.entries);
  const refused: readonly (readonly [Buffer, string, ReasonCode])[] = [
    [recent.file, "wrong", "keystore.passphrase"],
    [recent.file.subarray(0, -1), PASSPHRASE, "keystore.file-damaged"],
    [Buffer.from("-----BEGIN CERTIFICATE-----"), PASSPHRASE, "keystore.file-damaged"],
    [Buffer.alloc(0), PASSPHRASE, "keystore.file-damaged"],
    [Buffer.alloc(1_048_577, 0x30), PASSPHRASE, "keystore.file-too-large"],
  ];
  for (const [file, passphrase, code] of refused) {
    await assert.rejects(keystore.importPkcs12(file, passphrase), refusedAs(code));
    assert.deepEqual(keychain.entries, before);
  }
});

test("a removed identity leaves no entry behind, and cannot be removed twice", async () => {
  const { keystore, keychain } = await keystoreWith(old, recent);
  await keystore.remove(old.certificate.fingerprint);
  assert.deepEqual(fingerprints(await keystore.list()), [recent.certificate.fingerprint]);
  await assert.rejects(keystore.remove(old.certificate.fingerprint), refusedAs("keystore.not-found"));
  const stored = [...keychain.entries.values()]
    .map((entry) => Buffer.from(entry, "base64").toString("latin1"))
    .join("");
  const key = createPrivateKey(old.certificate.keyPem).export({ type: "pkcs8", format: "der" }).toString("base64");
  assert.ok(!stored.includes(key));
  await keystore.remove(recent.certificate.fingerprint);
  assert.deepEqual(await keystore.list(), []);
});

test("a removal whose entries stay behind is reported; the identity is gone all the same", async () => {
  const { keystore, keychain } = await keystoreWith(old, recent);
  const remove = keychain.delete.bind(keychain);
  keychain.delete = () => Promise.reject(new Refusal("keystore.refused", { fault: "no" }));
  await assert.rejects(keystore.remove(old.certificate.fingerprint), refusedAs("keystore.refused"));
  keychain.delete = remove;
  assert.deepEqual(fingerprints(await keystore.list()), [recent.certificate.fingerprint]);
});

test("imports at the same time all count", async () => {
  const { keystore } = await keystoreWith();
  await Promise.all([old, recent, foreign].map(({ file }) => keystore.importPkcs12(file, PASSPHRASE)));
  assert.equal((await keystore.list()).length, 3);
});

test("killed at any operation, an import leaves the old set or the new one", async () => {
  const { keychain } = await keystoreWith(old);
  const outcomes = new Set<number>();
  for (let at = 1; ; at += 1) {
    const death: Death = { at, effect: at % 2 === 0 ? "whole" : "none" };
    const dying = new MemoryKeychain(keychain.entries, death);
    const importing = createKeystore(dying, Date.now).importPkcs12(recent.file, PASSPHRASE);
    const died = await importing.then(
      () => dying.operations >= at,
      (error) => error instanceof Died,
    );
    if (!died) break;
    const left = await createKeystore(new MemoryKeychain(dying.entries), Date.now).list();
    outcomes.add(left.length);
    assert.ok(fingerprints(left).includes(old.certificate.fingerprint));
  }
  assert.deepEqual([...outcomes].sort(), [1, 2]);
});

test("a keychain that refuses is passed on as it says, by every method", async () => {
  for (const code of ["keystore.locked", "keystore.absent", "keystore.refused"] as const) {
    const { keystore, keychain, clock } = await keystoreWith(old);
    await keystore.select(ISSUER, clock.now);
    clock.now += 2_000;
    keychain.refuse = new Refusal(code, { fault: "no" });
    await assert.rejects(keystore.list(), refusedAs(code));
    await assert.rejects(keystore.select(ISSUER, clock.now), refusedAs(code));
    await assert.rejects(keystore.importPkcs12(recent.file, PASSPHRASE), refusedAs(code));
    await assert.rejects(keystore.remove(old.certificate.fingerprint), refusedAs(code));
  }
});

test("a damaged set is never taken for an empty one, nor overwritten", async () => {
  const { keychain } = await keystoreWith(old);
  const chunk = [...keychain.entries.keys()].find((name) => name.startsWith("chunk."));
  assert.ok(chunk !== undefined);
  keychain.entries.delete(chunk);
  const before = new Map(keychain.entries);
  const keystore = createKeystore(keychain, Date.now);
  await assert.rejects(keystore.list(), refusedAs("keystore.damaged"));
  await assert.rejects(keystore.select(ISSUER, Date.now()), refusedAs("keystore.damaged"));
  await assert.rejects(keystore.importPkcs12(recent.file, PASSPHRASE), refusedAs("keystore.damaged"));
  await assert.rejects(keystore.remove(old.certificate.fingerprint), refusedAs("keystore.damaged"));
  assert.deepEqual(keychain.entries, before);
});

test("select asks the keychain once a second at most, and sees another program's change after it", async () => {
  const { keystore, keychain, clock } = await keystoreWith(old, recent);
  const newest = async () => (await keystore.select(ISSUER, Date.now())).fingerprint;
  assert.equal(await newest(), recent.certificate.fingerprint);
  const operations = keychain.operations;
  await Promise.all(Array.from({ length: 50 }, newest));
  assert.equal(keychain.operations, operations);
  await createKeystore(keychain, Date.now).remove(recent.certificate.fingerprint);
  clock.now += 1_001;
  assert.equal(await newest(), old.certificate.fingerprint);
});

test("keys are let go as soon as the keychain refuses", async () => {
  const { keystore, keychain } = await keystoreWith(old);
  await keystore.select(ISSUER, Date.now());
  keychain.refuse = new Refusal("keystore.locked", { fault: "no" });
  await assert.rejects(keystore.list(), refusedAs("keystore.locked"));
  // Not even a second has passed: only the cache could answer.
  await assert.rejects(keystore.select(ISSUER, Date.now()), refusedAs("keystore.locked"));
});

test("what was read before a change does not come back after it", async () => {
  const { keystore, keychain, clock } = await keystoreWith(old);
  const get = keychain.get.bind(keychain);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached: () => void = () => undefined;
  const isReading = new Promise<void>((resolve) => {
    reached = resolve;
  });
  // The reading stops short of its end, with the old entry already in hand.
  keychain.get = async (account) => {
    const entry = await get(account);
    if (!account.startsWith("chunk.")) return entry;
    keychain.get = get;
    reached();
    await held;
    return entry;
  };
  const reading = keystore.list();
  await isReading;
  await keystore.importPkcs12(recent.file, PASSPHRASE);
  release();
  assert.equal((await reading).length, 1);
  assert.equal((await keystore.select(ISSUER, clock.now)).fingerprint, recent.certificate.fingerprint);
});

test("keys that nobody asks for are let go", async () => {
  const { keychain } = await keystoreWith(old);
  const keystore = createKeystore(keychain, () => 0, { keepFor: 1 });
  await keystore.select(ISSUER, Date.now());
  const operations = keychain.operations;
  await new Promise((resolve) => setTimeout(resolve, 20));
  await keystore.select(ISSUER, Date.now());
  assert.ok(keychain.operations > operations, "the set is read anew although the clock has not moved");
});

test("a stored key that is not its certificate's is damage", async () => {
  const [one] = await readPkcs12(old.file, PASSPHRASE);
  const [other] = await readPkcs12(recent.file, PASSPHRASE);
  assert.ok(one !== undefined && other !== undefined);
  assert.equal(decodeIdentitySet(encodeIdentitySet([one, other])).length, 2);
  const exchanged = encodeIdentitySet([{ ...one, key: other.key }]);
  assert.throws(() => decodeIdentitySet(exchanged), refusedAs("keystore.damaged"));
});

test("a clock that was set back makes nothing fresh", async () => {
  const { keystore, keychain, clock } = await keystoreWith(old);
  await keystore.select(ISSUER, Date.now());
  clock.now -= 10 * DAY;
  const operations = keychain.operations;
  await keystore.select(ISSUER, Date.now());
  assert.ok(keychain.operations > operations);
});

test("what is printed of a refusal or of the list holds neither key nor passphrase", async () => {
  const { keystore } = await keystoreWith(old);
  const error = await keystore.importPkcs12(recent.file, "a secret guess").catch((refusal: unknown) => refusal);
  assert.ok(!inspect(error, { depth: 9 }).includes("a secret guess"));
  const printed = inspect(await keystore.select(ISSUER, Date.now()), { depth: 9 });
  const secret = createPrivateKey(old.certificate.keyPem).export({ format: "jwk" }).d;
  assert.ok(secret !== undefined && !printed.includes(secret));
});
