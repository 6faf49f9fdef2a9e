import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPublicKey, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { readPkcs12 } from "../../../app/keystore/pkcs12.ts";
import { keyTypeOf } from "../../../app/keystore/private-key.ts";
import type { KeyKind } from "../../realm/keys.ts";
import { makeClientAuthority, makeClientIdentity, PASSPHRASE } from "../../support/client-identity.ts";

const authority = makeClientAuthority();
const alice = makeClientIdentity(authority);

const refusedAs = (code: ReasonCode) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

/** `openssl pkcs12 -export` with options of the test's choice; `pem` is its input. */
function exported(pem: string, options: readonly string[], passphrase = PASSPHRASE): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "countersign-p12-"));
  try {
    writeFileSync(join(directory, "in.pem"), pem);
    const out = join(directory, "out.p12");
    const words = ["pkcs12", "-export", "-in", join(directory, "in.pem"), "-out", out, "-passout", "env:P", ...options];
    execFileSync("openssl", words, { env: { ...process.env, P: passphrase }, stdio: "pipe" });
    return readFileSync(out);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const pemOf = ({ certificate }: typeof alice): string => certificate.keyPem + certificate.chainPem;

test("every kind of key that TLS can use", async () => {
  const kinds: Readonly<Partial<Record<KeyKind, string>>> = {
    "rsa-2048": "RSA 2048",
    "rsa-3072": "RSA 3072",
    p256: "EC P-256",
    p384: "EC P-384",
    p521: "EC P-521",
    ed25519: "Ed25519",
  };
  for (const [kind, keyType] of Object.entries(kinds)) {
    const { certificate, file } = makeClientIdentity(authority, { key: kind as KeyKind });
    const [identity, ...more] = await readPkcs12(file, PASSPHRASE);
    assert.ok(identity !== undefined && more.length === 0);
    assert.equal(keyTypeOf(identity.key), keyType);
    assert.equal(identity.chain[0].fingerprint, certificate.fingerprint);
    assert.ok(createPublicKey(identity.key).equals(createPublicKey(certificate.keyPem)));
  }
});

test("a key that the shipped runtime cannot prove itself with is unsupported", async () => {
  const { file } = makeClientIdentity(authority, { key: "rsa-pss-2048" });
  await assert.rejects(readPkcs12(file, PASSPHRASE), refusedAs("keystore.unsupported"));
});

const protections: Readonly<Record<string, readonly string[]>> = {
  "AES-128, HMAC-SHA256": ["-certpbe", "AES-128-CBC", "-keypbe", "AES-128-CBC"],
  "AES-192, HMAC-SHA256": ["-certpbe", "AES-192-CBC", "-keypbe", "AES-192-CBC"],
  "AES-256, HMAC-SHA256": ["-certpbe", "AES-256-CBC", "-keypbe", "AES-256-CBC"],
  "PBES2 with triple DES": ["-certpbe", "DES-EDE3-CBC", "-keypbe", "DES-EDE3-CBC"],
  "3DES and RC2-40": ["-legacy"],
  "RC2-128": ["-legacy", "-certpbe", "PBE-SHA1-RC2-128", "-keypbe", "PBE-SHA1-RC2-128"],
  "two-key 3DES": ["-legacy", "-certpbe", "PBE-SHA1-2DES", "-keypbe", "PBE-SHA1-2DES"],
  "no encryption, MAC only": ["-certpbe", "NONE", "-keypbe", "NONE"],
  "MAC with SHA-512": ["-macalg", "sha512"],
  "MAC with SHA-384": ["-macalg", "sha384"],
  "MAC with SHA-224": ["-macalg", "sha224"],
  "MAC with MD5": ["-macalg", "md5"],
  "one iteration": ["-iter", "1", "-nomaciter"],
  "no MAC": ["-nomac"],
  "no MAC, 3DES": ["-nomac", "-legacy"],
};

for (const [name, options] of Object.entries(protections)) {
  test(`protection: ${name}`, async () => {
    const file = exported(pemOf(alice), options);
    const [identity] = await readPkcs12(file, PASSPHRASE);
    assert.equal(identity?.chain[0].fingerprint, alice.certificate.fingerprint);
    if (name.startsWith("no encryption") || name === "no MAC") return;
    await assert.rejects(readPkcs12(file, `${PASSPHRASE}.`), refusedAs("keystore.passphrase"));
  });
}

test("RC4 is unsupported, whatever the passphrase", async () => {
  const rc4 = exported(pemOf(alice), ["-legacy", "-certpbe", "PBE-SHA1-RC4-128", "-keypbe", "PBE-SHA1-RC4-128"]);
  for (const passphrase of [PASSPHRASE, "other"]) {
    await assert.rejects(readPkcs12(rc4, passphrase), refusedAs("keystore.unsupported"));
  }
});

test("passphrases with letters outside ASCII, outside the basic plane, and in either composition", async () => {
  for (const passphrase of ["Grüße", "пароль", "密码", "🗝️ clé", "e\u0301", " leading and trailing "]) {
    for (const options of [[], ["-legacy"]]) {
      const [identity] = await readPkcs12(exported(pemOf(alice), options, passphrase), passphrase);
      assert.equal(identity?.chain[0].fingerprint, alice.certificate.fingerprint);
    }
  }
  const file = exported(pemOf(alice), [], "é");
  assert.equal((await readPkcs12(file, "e\u0301")).length, 1, "typed in the other composition");
});

test("an empty passphrase", async () => {
  for (const options of [[], ["-legacy"], ["-nomac", "-legacy"]]) {
    const file = exported(pemOf(alice), options, "");
    assert.equal((await readPkcs12(file, "")).length, 1);
    await assert.rejects(readPkcs12(file, "x"), refusedAs("keystore.passphrase"));
  }
});

test("the chain goes up to below the root, in order, whatever the order in the file", async () => {
  const issuing = authority.issueAuthority({ subject: "CN=Issuing" });
  const lower = issuing.issueAuthority({ subject: "CN=Lower" });
  const stranger = makeClientAuthority();
  const { certificate } = makeClientIdentity(lower);
  const others = [authority, stranger, issuing, lower].map((one) => one.certificatePem).join("");
  const file = exported(certificate.keyPem + certificate.certificatePem + others, []);
  const [identity] = await readPkcs12(file, PASSPHRASE);
  assert.deepEqual(
    identity?.chain.map(({ fingerprint }) => fingerprint),
    [certificate, lower, issuing].map(({ fingerprint }) => fingerprint),
  );
});

test("an issuer of the right name but another key is not taken into the chain", async () => {
  const impostor = makeClientAuthority().issueAuthority({ subject: "CN=Issuing" });
  const issuing = authority.issueAuthority({ subject: "CN=Issuing" });
  // Version 1 has no key identifiers: only the signature tells the two apart.
  const { certificate } = makeClientIdentity(issuing, { version: 1 });
  const pem = certificate.keyPem + certificate.certificatePem + impostor.certificatePem + issuing.certificatePem;
  const [identity] = await readPkcs12(exported(pem, []), PASSPHRASE);
  assert.equal(identity?.chain[1]?.fingerprint, issuing.fingerprint);
});

test("a key without its certificate, a certificate without its key", async () => {
  const bob = makeClientIdentity(authority, { subject: "CN=Bob" });
  const certificatesOnly = exported(alice.certificate.chainPem, ["-nokeys"]);
  await assert.rejects(readPkcs12(certificatesOnly, PASSPHRASE), refusedAs("keystore.certificate-without-key"));
  const keyOnly = exported(alice.certificate.keyPem, ["-nocerts"]);
  await assert.rejects(readPkcs12(keyOnly, PASSPHRASE), refusedAs("keystore.key-without-certificate"));
  assert.notEqual(alice.certificate.fingerprint, bob.certificate.fingerprint);
});

test("a file over 1 MiB is refused before it is parsed; one of exactly 1 MiB is parsed", async () => {
  const padded = (length: number) => Buffer.concat([alice.file, Buffer.alloc(length - alice.file.length)]);
  await assert.rejects(readPkcs12(padded(1_048_577), PASSPHRASE), refusedAs("keystore.file-too-large"));
  await assert.rejects(readPkcs12(padded(1_048_576), PASSPHRASE), refusedAs("keystore.file-damaged"));
});

test("a file that is cut anywhere is damaged, never a wrong passphrase", async () => {
  for (let length = 0; length < alice.file.length; length += 1) {
    await assert.rejects(readPkcs12(alice.file.subarray(0, length), PASSPHRASE), refusedAs("keystore.file-damaged"));
  }
});

test("property: noise is damaged, never a wrong passphrase", async () => {
  const noise = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string().map(Buffer.from));
  await fc.assert(
    fc.asyncProperty(noise, async (bytes) => {
      await assert.rejects(readPkcs12(Buffer.from(bytes), PASSPHRASE), refusedAs("keystore.file-damaged"));
    }),
  );
});

test("whatever byte is altered, the right passphrase opens the same identity or nothing", async () => {
  // One iteration, so that the many attempts are quick.
  const file = exported(pemOf(alice), ["-iter", "1", "-nomaciter"]);
  const outcomes = new Map<string, number>();
  for (let at = 0; at < file.length; at += 1) {
    const altered = Buffer.from(file);
    altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
    const outcome = await readPkcs12(altered, PASSPHRASE).then(
      ([identity]) => {
        assert.equal(identity?.chain[0].fingerprint, alice.certificate.fingerprint);
        return "opened";
      },
      (error: unknown) => {
        assert.ok(error instanceof Refusal, String(error));
        return error.code;
      },
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  const possible = ["opened", "keystore.file-damaged", "keystore.passphrase", "keystore.unsupported"];
  assert.deepEqual(
    [...outcomes.keys()].filter((outcome) => !possible.includes(outcome)),
    [],
  );
  // Where one part alone is altered the other one opens, which shows that the passphrase is right.
  assert.ok((outcomes.get("keystore.file-damaged") ?? 0) > file.length * 0.9, JSON.stringify([...outcomes]));
});

test("random bytes under a plausible header are no keys", async () => {
  const file = Buffer.from(alice.file);
  randomBytes(file.length - 600).copy(file, 300);
  await assert.rejects(readPkcs12(file, PASSPHRASE), (error) => error instanceof Refusal);
});
