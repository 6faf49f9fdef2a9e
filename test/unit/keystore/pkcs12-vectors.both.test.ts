/** PKCS#12 files that others wrote, read in place; each must end as its row of the manifest says. */
import assert from "node:assert/strict";
import { createHash, createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { publicKeyOf } from "../../../app/keystore/certificate.ts";
import { type KeyedChain, readPkcs12 } from "../../../app/keystore/pkcs12.ts";

const folder = join(process.env.COUNTERSIGN_VECTORS ?? resolve("..", "shared", "vectors"), "pkcs12");
const skip = existsSync(folder) ? false : `no vectors under ${folder}`;

const manifestSchema = z.object({
  cases: z.array(
    z.object({
      file: z.string(),
      password: z.string().nullable(),
      expect: z.enum(["load", "reject", "load-cert-only", "load-gost"]),
      sha256: z.string(),
      keys: z.number().optional(),
    }),
  ),
});

/** Which refusal a row that is to be rejected must end with. Rows and standards agree in all of them. */
const refusals: Readonly<Record<string, ReasonCode>> = {
  // The MAC's parameters are well formed but not those it was made with, and the passphrase opens the content.
  "openssl__pbmac1_256_256.bad-iter.p12": "keystore.file-damaged",
  "openssl__pbmac1_256_256.bad-salt.p12": "keystore.file-damaged",
  "rfc9579__a5.p12": "keystore.file-damaged",
  // RFC 9579 §4: the key length must be there and at least 20 octets.
  "openssl__pbmac1_256_256.no-len.p12": "keystore.file-damaged",
  "rfc9579__a6.p12": "keystore.file-damaged",
  "openssl__pbmac1_256_256.negative-len.p12": "keystore.file-damaged",
  "openssl__pbmac1_256_256.very-big-len.p12": "keystore.file-damaged",
  "go-pkcs12__pbmac1-short-key-bypass.p12": "keystore.file-damaged",
  // RFC 8018 §A.2: a salt is an OCTET STRING (or an algorithm that yields one).
  "openssl__pbmac1_256_256.bad-salt-type.p12": "keystore.file-damaged",
  "openssl__pbmac1_256_256.no-salt.p12": "keystore.file-damaged",
  "openssl__bad1.p12": "keystore.file-damaged",
  "openssl__garbage-pkcs12.p12": "keystore.file-damaged",
  // X.690 sets no limit to nesting; a reader needs one. Ours is 24 levels, twice what files have.
  "boringssl__empty_password_ber_nested.p12": "keystore.file-damaged",
  "boringssl__bad2.p12": "keystore.file-damaged",
  "boringssl__bad3.p12": "keystore.file-damaged",
  "boringssl__windows_wrongpw.p12": "keystore.passphrase",
  "pyca__cert-key-aes256cbc_wrongpw.p12": "keystore.passphrase",
};

function requireIdentities(identities: readonly KeyedChain[], keys: number | undefined): void {
  assert.equal(new Set(identities.map(({ key }) => publicKeyText(key))).size, keys);
  for (const { key, chain, name } of identities) {
    assert.ok(publicKeyOf(chain[0])?.equals(createPublicKey(key)), "the key belongs to its certificate");
    assert.equal(new Set(chain.map(({ fingerprint }) => fingerprint)).size, chain.length, "no certificate twice");
    assert.notEqual(name, "");
  }
}

const publicKeyText = (key: KeyedChain["key"]): string =>
  createPublicKey(key).export({ type: "spki", format: "der" }).toString("hex");

const manifest = skip
  ? []
  : manifestSchema.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"))).cases;

test("vectors of PKCS#12 files", { skip }, async (t) => {
  assert.ok(manifest.length > 0);
  for (const row of manifest) {
    await t.test(`${row.expect} ${row.file}`, async () => {
      const file = readFileSync(join(folder, row.file));
      assert.equal(createHash("sha256").update(file).digest("hex"), row.sha256);
      const reading = readPkcs12(file, row.password ?? "");
      if (row.expect === "load") return requireIdentities(await reading, row.keys);
      const code = {
        reject: refusals[row.file.replace("files/", "")],
        "load-cert-only": "keystore.certificate-without-key" as const,
        "load-gost": "keystore.unsupported" as const,
      }[row.expect];
      assert.ok(code !== undefined, "a row that is to be rejected needs its code in this test");
      await assert.rejects(reading, (error) => error instanceof Refusal && error.code === code);
    });
  }
});
