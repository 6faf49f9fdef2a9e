import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "../../../app/core/refusal.ts";
import { readCertificate } from "../../../app/keystore/certificate.ts";
import { formatDistinguishedName } from "../../../app/keystore/distinguished-names.ts";
import { type CertificateOptions, makeAuthority } from "../../realm/certificates.ts";

const authority = makeAuthority({ subject: "CN=Example Client CA,OU=People,O=Example Bank,C=CH" });

const read = (options: CertificateOptions) => readCertificate(authority.issue(options).der);

test("client authentication: where key usage and extended key usage allow it, or are silent", () => {
  const rows: readonly (readonly [CertificateOptions, boolean])[] = [
    [{ keyUsage: ["digitalSignature"], purposes: ["clientAuth"] }, true],
    [{ keyUsage: ["digitalSignature"], purposes: ["serverAuth", "clientAuth"] }, true],
    [{ keyUsage: ["digitalSignature"], purposes: ["anyExtendedKeyUsage"] }, true],
    [{ keyUsage: null, purposes: null }, true],
    [{ keyUsage: ["digitalSignature", "keyEncipherment"], purposes: null }, true],
    [{ version: 1 }, true],
    [{ keyUsage: ["digitalSignature"], purposes: ["serverAuth"] }, false],
    [{ keyUsage: ["digitalSignature"], purposes: ["emailProtection"] }, false],
    [{ keyUsage: ["keyEncipherment"], purposes: ["clientAuth"] }, false],
    [{ keyUsage: ["keyCertSign"], purposes: null }, false],
  ];
  for (const [options, allowed] of rows) {
    assert.equal(read(options).clientAuthentication, allowed, JSON.stringify(options));
  }
});

test("names in RFC 4514's order, dates to the second, also beyond 2049", () => {
  const notBefore = new Date("2049-12-31T23:59:59Z");
  const notAfter = new Date("2050-01-01T00:00:00Z");
  const certificate = read({ subject: "CN=Zoë Ångström,O=Example Bank", notBefore, notAfter });
  assert.equal(formatDistinguishedName(certificate.subject), "CN=Zoë Ångström,O=Example Bank");
  assert.equal(formatDistinguishedName(certificate.issuer), "CN=Example Client CA,OU=People,O=Example Bank,C=CH");
  assert.equal(certificate.notBefore, notBefore.getTime());
  assert.equal(certificate.notAfter, notAfter.getTime());
});

test("bytes that are no certificate are damage", () => {
  const { der } = authority.issue();
  for (const bytes of [Buffer.alloc(0), Buffer.from("3000", "hex"), der.subarray(0, -1), Buffer.concat([der, der])]) {
    assert.throws(
      () => readCertificate(bytes),
      (error) => error instanceof Refusal && error.code === "keystore.file-damaged",
    );
  }
});
