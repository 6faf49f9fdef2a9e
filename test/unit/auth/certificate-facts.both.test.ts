import assert from "node:assert/strict";
import { createPublicKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { rootCertificates } from "node:tls";
import { certificateFacts, pinOf } from "../../../app/auth/certificate-facts.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { makeAuthority } from "../../realm/certificates.ts";

const root = makeAuthority({ subject: "CN=Test Root,O=Example Bank" });

test("facts are those of the certificate", () => {
  const leaf = root.issue({ subject: "CN=bank.example", names: { dns: ["bank.example"] } });
  assert.deepEqual(certificateFacts(leaf.der), {
    subject: "CN=bank.example",
    issuer: "CN=Test Root,O=Example Bank",
    notBefore: new Date(Math.floor(leaf.notBefore.getTime() / 1000) * 1000).toISOString(),
    notAfter: new Date(Math.floor(leaf.notAfter.getTime() / 1000) * 1000).toISOString(),
    pin: leaf.pin,
    fingerprint: leaf.fingerprint,
  });
});

for (const key of ["rsa-2048", "rsa-pss-2048", "p256", "p384", "p521", "ed25519"] as const) {
  test(`the pin of a key of kind ${key} covers the bytes in the certificate`, () => {
    const leaf = root.issue({ key });
    assert.equal(pinOf(leaf.der), leaf.pin);
  });
}

test("public roots read as the platform reads them", () => {
  for (const pem of rootCertificates) {
    const platform = new X509Certificate(pem);
    const facts = certificateFacts(platform.raw);
    assert.equal(facts.fingerprint, platform.fingerprint256.replaceAll(":", "").toLowerCase());
    assert.equal(Date.parse(facts.notAfter), Date.parse(platform.validTo));
    const spki = createPublicKey(pem).export({ type: "spki", format: "der" });
    assert.ok(platform.raw.includes(spki), "the platform's encoding is the one in the certificate");
    assert.equal(facts.subject.includes("\n"), false);
  }
});

test("bytes that are no certificate are refused", () => {
  const der = root.der;
  const longLength = Buffer.concat([Buffer.from([0x30, 0x83, 0, der[2] ?? 0, der[3] ?? 0]), der.subarray(4)]);
  const cases = [
    Buffer.alloc(0),
    Buffer.from([0x30, 0x80, 0, 0]),
    der.subarray(0, -1),
    Buffer.concat([der, Buffer.from([0])]),
    longLength,
    Buffer.alloc(40_000, 0x30),
  ];
  for (const bytes of cases) {
    assert.throws(
      () => certificateFacts(bytes),
      (error) => error instanceof Refusal && error.code === "server.certificate-invalid",
    );
  }
});
