import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { createCredentials, credentialsCheck } from "../../../app/gateway/credentials.ts";
import { pageCertificate } from "../../../app/gateway/page-certificate.ts";

describe("credentials of a gateway", () => {
  it("are admitted in their one form, and nothing else is", () => {
    const credentials = createCredentials();
    const admitted = credentialsCheck(credentials);
    const token = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
    for (const right of [`Basic ${token}`, `basic ${token}`, `BASIC  ${token}`]) assert.equal(admitted(right), true);
    const wrong = [
      undefined,
      "",
      "Basic",
      "Basic ",
      token,
      `Basic${token}`,
      `Basic ${token}x`,
      `Basic ${token.slice(1)}`,
      `Basic ${token}, Basic ${token}`,
      ` Basic ${token}`,
      `Bearer ${token}`,
    ];
    for (const other of wrong) assert.equal(admitted(other), false, other);
    assert.equal(credentialsCheck(createCredentials())(`Basic ${token}`), false);
  });

  it("are never the same twice", () => {
    const many = Array.from({ length: 100 }, createCredentials);
    assert.equal(new Set(many.map(({ password }) => password)).size, 100);
    assert.equal(new Set(many.map(({ realm }) => realm)).size, 100);
  });
});

describe("the page's certificate", () => {
  it("is one for the whole run, self-signed, P-256, and names no host", () => {
    const certificate = pageCertificate();
    assert.equal(pageCertificate(), certificate);
    const read = new X509Certificate(certificate.pem);
    assert.equal(read.subjectAltName, undefined);
    assert.equal(read.fingerprint256.replaceAll(":", "").toLowerCase(), certificate.fingerprint);
    assert.equal(read.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
    assert.ok(read.verify(read.publicKey));
    assert.ok(Date.parse(read.validFrom) < Date.now() && Date.parse(read.validTo) > Date.now());
  });
});
