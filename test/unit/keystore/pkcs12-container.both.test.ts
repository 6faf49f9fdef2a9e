/** PKCS#12 files that exporters do not write: lying attributes, odd encodings, hostile parameters. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { DerivationBudget, pkcs12Key } from "../../../app/keystore/key-derivation.ts";
import { readPkcs12 } from "../../../app/keystore/pkcs12.ts";
import { CLIENT_LEAF } from "../../realm/certificates.ts";
import {
  type Der,
  encode,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  set,
  smallInteger,
  tagged,
  taggedBytes,
} from "../../realm/der.ts";
import { generateKey } from "../../realm/keys.ts";
import { makeClientAuthority } from "../../support/client-identity.ts";
import {
  bag,
  certificateBag,
  container,
  dataContent,
  encryptedKeyBag,
  keyBag,
} from "../../support/pkcs12-container.ts";

const authority = makeClientAuthority();
const [alice, bob] = ["CN=Alice", "CN=Bob"].map((subject) => authority.issue({ subject, ...CLIENT_LEAF }));
assert.ok(alice !== undefined && bob !== undefined);

const pkcs8 = ({ keyPem }: { keyPem: string }): Buffer =>
  createPrivateKey(keyPem).export({ type: "pkcs8", format: "der" });

const refusedAs = (code: ReasonCode) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

const fingerprintsIn = async (...bags: readonly Der[]): Promise<readonly string[]> =>
  (await readPkcs12(container(dataContent(...bags)), "")).map(({ chain }) => chain[0].fingerprint);

test("several identities, each with its own certificate, whatever localKeyId says", async () => {
  const found = await fingerprintsIn(
    keyBag(pkcs8(alice), { localKeyId: "1" }),
    keyBag(pkcs8(bob), { localKeyId: "2" }),
    // The attributes are exchanged: each points to the other's key.
    certificateBag(alice.der, { localKeyId: "2" }),
    certificateBag(bob.der, { localKeyId: "1" }),
  );
  assert.deepEqual(found, [alice.fingerprint, bob.fingerprint]);
});

test("a key whose localKeyId points to a foreign certificate is without a certificate", async () => {
  const file = container(
    dataContent(keyBag(pkcs8(alice), { localKeyId: "1" }), certificateBag(bob.der, { localKeyId: "1" })),
  );
  await assert.rejects(readPkcs12(file, ""), refusedAs("keystore.key-without-certificate"));
});

test("two certificates of one key: the one that localKeyId points to, or both", async () => {
  const again = authority.issue({ subject: "CN=Alice again", ...CLIENT_LEAF, key: alice.key });
  const pointed = await fingerprintsIn(
    keyBag(pkcs8(alice), { localKeyId: "1" }),
    certificateBag(alice.der),
    certificateBag(again.der, { localKeyId: "1" }),
  );
  assert.deepEqual(pointed, [again.fingerprint]);
  const both = await fingerprintsIn(keyBag(pkcs8(alice)), certificateBag(alice.der), certificateBag(again.der));
  assert.deepEqual(both, [alice.fingerprint, again.fingerprint]);
});

test("one identity that cannot be used spoils the file: all or nothing", async () => {
  const file = container(dataContent(keyBag(pkcs8(alice)), certificateBag(alice.der), keyBag(pkcs8(bob))));
  await assert.rejects(readPkcs12(file, ""), refusedAs("keystore.key-without-certificate"));
});

test("the same key twice is one identity", async () => {
  const found = await fingerprintsIn(keyBag(pkcs8(alice)), keyBag(pkcs8(alice)), certificateBag(alice.der));
  assert.deepEqual(found, [alice.fingerprint]);
});

test("friendly names: the key's first; without disturbing characters; else the common name", async () => {
  const names = [
    [{ friendlyName: "Küche ☺" }, {}, "Küche ☺"],
    [{}, { friendlyName: "certificate" }, "certificate"],
    [{ friendlyName: "key" }, { friendlyName: "certificate" }, "key"],
    [{ friendlyName: "a\u202e\nb" }, {}, "ab"],
    [{ friendlyName: " \n" }, {}, "Alice"],
    [{}, {}, "Alice"],
    [{ friendlyName: "x".repeat(5_000) }, {}, "x".repeat(200)],
  ] as const;
  for (const [key, certificate, expected] of names) {
    const file = container(dataContent(keyBag(pkcs8(alice), key), certificateBag(alice.der, certificate)));
    const [identity] = await readPkcs12(file, "");
    assert.equal(identity?.name, expected);
  }
});

test("nested contents, unknown bags and unknown attributes do not disturb", async () => {
  const nested = bag(6, sequence(bag(6, sequence(keyBag(pkcs8(alice))))));
  const unknown = [bag(5, sequence(oid("1.2.3"), tagged(0, octets(Buffer.from("secret"))))), bag(9, nothing())];
  const odd = sequence(
    oid("1.2.840.113549.1.12.10.1.3"),
    tagged(0, sequence(oid("1.2.840.113549.1.9.22.1"), tagged(0, octets(alice.der)))),
    set(sequence(oid("1.3.6.1.4.1.311.17.1"), set(nothing())), sequence(oid("1.2.3.4"), set())),
  );
  assert.deepEqual(await fingerprintsIn(nested, ...unknown, odd), [alice.fingerprint]);
});

test("contents nested without end, bags without number", async () => {
  let deep = bag(6, sequence());
  for (let level = 0; level < 6; level += 1) deep = bag(6, sequence(deep));
  await assert.rejects(fingerprintsIn(deep), refusedAs("keystore.file-damaged"));
  const many = Array.from({ length: 101 }, () => certificateBag(alice.der));
  await assert.rejects(fingerprintsIn(...many), refusedAs("keystore.file-damaged"));
});

test("an empty file, and one of another version", async () => {
  await assert.rejects(readPkcs12(container(), ""), refusedAs("keystore.file-damaged"));
  await assert.rejects(readPkcs12(container(dataContent()), ""), refusedAs("keystore.file-damaged"));
  const altered = container();
  altered[altered.indexOf(Buffer.from("020103", "hex")) + 2] = 1;
  await assert.rejects(readPkcs12(altered, ""), refusedAs("keystore.unsupported"));
});

/** The content in indefinite lengths and pieces of OCTET STRINGs (X.690 §8.1.3.6, §8.7.3), as some exporters write. */
function inBer(file: Buffer): Buffer {
  const content = file.subarray(file.indexOf(Buffer.from("a0", "hex"), 5));
  const start = content.indexOf(0x04);
  const header = (content[start + 1] ?? 0) > 0x80 ? 2 + ((content[start + 1] ?? 0) & 0x7f) : 2;
  const safe = content.subarray(start + header);
  const half = Math.floor(safe.length / 2);
  const pieces = [safe.subarray(0, half), safe.subarray(half)].map((piece) => encode(octets(piece)));
  const end = Buffer.from([0, 0]);
  const indefinite = (tag: number, ...parts: readonly Buffer[]) =>
    Buffer.concat([Buffer.from([tag, 0x80]), ...parts, end]);
  const info = indefinite(0x30, encode(oid("1.2.840.113549.1.7.1")), indefinite(0xa0, indefinite(0x24, ...pieces)));
  return indefinite(0x30, Buffer.from("020103", "hex"), info);
}

test("BER: indefinite lengths and constructed strings", async () => {
  const file = inBer(container(dataContent(keyBag(pkcs8(alice)), certificateBag(alice.der))));
  const [identity] = await readPkcs12(file, "");
  assert.equal(identity?.chain[0].fingerprint, alice.fingerprint);
  await assert.rejects(readPkcs12(file.subarray(0, -2), ""), refusedAs("keystore.file-damaged"));
});

test("every pseudorandom function of PBES2, with each size of AES", async () => {
  for (const prf of ["hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512"]) {
    for (const cipher of ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc"]) {
      const words = ["pkcs8", "-topk8", "-outform", "DER", "-v2", cipher, "-v2prf", prf, "-passout", "env:P"];
      const encrypted = execFileSync("openssl", words, {
        input: alice.keyPem,
        env: { ...process.env, P: "Schlüssel" },
        stdio: "pipe",
      });
      const file = container(dataContent(encryptedKeyBag(encrypted), certificateBag(alice.der)));
      assert.equal((await readPkcs12(file, "Schlüssel")).length, 1, `${prf}, ${cipher}`);
      await assert.rejects(readPkcs12(file, "Schlussel"), refusedAs("keystore.passphrase"));
    }
  }
});

/** node-forge reads parts of an object identifier up to 2^53 and throws above. */
const hugeOid: Der = { ...oid("1.2.3"), value: "\x2a".padEnd(1_000, "\xff") };

const number = (value: number): Der => {
  const octets4 = Buffer.alloc(4);
  octets4.writeInt32BE(value);
  return integer(octets4);
};

/** EncryptedPrivateKeyInfo with an encryption that no passphrase fits; what counts is what is said before deriving. */
const hostileKey = (algorithm: Der, encrypted = Buffer.alloc(16)): Buffer =>
  container(dataContent(encryptedKeyBag(encode(sequence(algorithm, octets(encrypted)))), certificateBag(alice.der)));

const pbes2 = (
  iterations: number,
  { iv = 16, keyLength = [] as readonly Der[], cipher = "2.16.840.1.101.3.4.1.42" } = {},
) =>
  sequence(
    oid("1.2.840.113549.1.5.13"),
    sequence(
      sequence(oid("1.2.840.113549.1.5.12"), sequence(octets(Buffer.alloc(8)), number(iterations), ...keyLength)),
      sequence(oid(cipher), octets(Buffer.alloc(iv))),
    ),
  );
const tripleDes = (iterations: number) =>
  sequence(oid("1.2.840.113549.1.12.1.3"), sequence(octets(Buffer.alloc(8)), number(iterations)));

test("parameters that no passphrase can make right are not called a wrong passphrase", async () => {
  const rows: readonly (readonly [Buffer, ReasonCode])[] = [
    // These would hash for hours.
    [hostileKey(pbes2(0x7fff_ffff)), "keystore.unsupported"],
    [hostileKey(tripleDes(0x7fff_ffff)), "keystore.unsupported"],
    [hostileKey(pbes2(0)), "keystore.file-damaged"],
    [hostileKey(pbes2(-1)), "keystore.file-damaged"],
    [hostileKey(tripleDes(0)), "keystore.file-damaged"],
    [hostileKey(pbes2(1, { iv: 8 })), "keystore.file-damaged"],
    [hostileKey(pbes2(1, { keyLength: [smallInteger(16)] })), "keystore.file-damaged"],
    [hostileKey(pbes2(1, { cipher: "1.2.643.2.2.21" })), "keystore.unsupported"],
    [hostileKey(pbes2(1), Buffer.alloc(17)), "keystore.file-damaged"],
    [hostileKey(pbes2(1), Buffer.alloc(0)), "keystore.file-damaged"],
    [hostileKey(sequence(oid("1.2.840.113549.1.5.10"), nothing())), "keystore.unsupported"],
    [hostileKey(pbes2(1)), "keystore.passphrase"],
  ];
  for (const [index, [file, code]] of rows.entries()) {
    await assert.rejects(readPkcs12(file, "any"), refusedAs(code), `row ${index}`);
  }
});

test("many keys share one budget of key derivation", async () => {
  const budget = new DerivationBudget({ pbkdf2: 1_000, pkcs12: 1_000 });
  const derive = (iterations: number, length: number) =>
    pkcs12Key("pass", { salt: Buffer.alloc(8), iterations }, 1, length, "sha1", budget);
  assert.equal((await derive(300, 24)).length, 24);
  // Two blocks of SHA-1 have cost 600 rounds: 400 are left.
  await assert.rejects(derive(401, 20), refusedAs("keystore.unsupported"));
  await derive(400, 20);
  await assert.rejects(derive(1, 20), refusedAs("keystore.unsupported"));
});

test("keys of kinds that TLS 1.3 cannot use are unsupported", async () => {
  const secp256k1 = execFileSync("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]);
  const x25519 = execFileSync("openssl", ["genpkey", "-algorithm", "X25519"]);
  for (const pem of [secp256k1, x25519]) {
    const der = Buffer.from(pem.toString().replace(/-----[^-]+-----|\s/g, ""), "base64");
    await assert.rejects(fingerprintsIn(keyBag(der), certificateBag(alice.der)), refusedAs("keystore.unsupported"));
  }
});

test("huge numbers and object identifiers are damage, at once", async () => {
  const content = sequence(oid("1.2.840.113549.1.7.1"), tagged(0, octets(encode(sequence()))));
  const hugeType = sequence(taggedBytes(0, Buffer.alloc(0)), tagged(0, octets(Buffer.alloc(1))));
  const files = [
    sequence(integer(Buffer.alloc(1_000_000, 0x41)), content),
    sequence(integer(Buffer.alloc(0)), content),
    sequence(smallInteger(3), hugeType),
    sequence(smallInteger(3), sequence(hugeOid, tagged(0, octets(Buffer.alloc(1))))),
  ];
  for (const file of files) await assert.rejects(readPkcs12(encode(file), ""), refusedAs("keystore.file-damaged"));
  // A SEQUENCE of as many NULLs as the file may hold.
  const nulls = Buffer.concat([Buffer.from("30830f4240", "hex"), Buffer.from("0500".repeat(500_000), "hex")]);
  await assert.rejects(readPkcs12(nulls, ""), refusedAs("keystore.file-damaged"));
});

test("a private key or a certificate that is none is damage", async () => {
  const key = pkcs8({ keyPem: generateKey("p256").privatePem });
  const broken = Buffer.from(key);
  broken.fill(0, broken.length - 100);
  await assert.rejects(
    fingerprintsIn(keyBag(key), certificateBag(Buffer.from("3000", "hex"))),
    refusedAs("keystore.file-damaged"),
  );
  await assert.rejects(
    fingerprintsIn(bag(1, sequence(smallInteger(0))), certificateBag(alice.der)),
    refusedAs("keystore.file-damaged"),
  );
});
