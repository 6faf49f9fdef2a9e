import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Authority, type Certificate, CLIENT_LEAF, makeAuthority, makeSelfSigned } from "../realm/certificates.ts";
import { unknownCritical } from "../realm/extensions.ts";
import type { KeyKind } from "../realm/keys.ts";
import { makeOcspResponse } from "../realm/ocsp.ts";
import { makePkcs12 } from "../realm/pkcs12.ts";

/** The factory is judged by OpenSSL's command line, which shares no code with it. */
describe("certificate factory", () => {
  let directory: string;
  let root: Authority;
  let issuing: Authority;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "countersign-factory-"));
    root = makeAuthority({ subject: "CN=Factory Root,O=Test" });
    issuing = root.issueAuthority({
      subject: "CN=Factory Issuing CA,O=Test",
      basicConstraints: { ca: true, pathLength: 0 },
    });
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const file = (name: string, content: string | Buffer): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };

  function verify(leaf: Certificate, ...options: readonly string[]): { ok: boolean; output: string } {
    const { status, stdout, stderr } = spawnSync("openssl", [
      "verify",
      "-x509_strict",
      "-CAfile",
      file("root.pem", root.certificatePem),
      "-untrusted",
      file("chain.pem", leaf.chainPem),
      ...options,
      file("leaf.pem", leaf.certificatePem),
    ]);
    return { ok: status === 0, output: `${stdout}${stderr}` };
  }

  const kinds: readonly KeyKind[] = ["rsa-1024", "rsa-2048", "rsa-pss-2048", "p256", "p384", "p521", "ed25519"];
  for (const key of kinds) {
    it(`issues a verifiable leaf with a ${key} key`, () => {
      const leaf = issuing.issue({ key, names: { dns: ["bank.example"], ip: ["127.0.0.1"] } });
      const result = verify(
        leaf,
        "-purpose",
        "sslserver",
        "-verify_hostname",
        "bank.example",
        "-verify_ip",
        "127.0.0.1",
      );
      assert.ok(result.ok, result.output);
    });
    it(`issues with a ${key} authority`, () => {
      const authority = root.issueAuthority({ subject: "CN=Any Key CA", key });
      const result = verify(authority.issue({ names: { dns: ["bank.example"] } }), "-auth_level", "0");
      assert.ok(result.ok, result.output);
    });
  }

  it("states pin and fingerprint as OpenSSL computes them", () => {
    const leaf = issuing.issue();
    const spki = execFileSync("openssl", ["pkey", "-pubout", "-outform", "DER"], { input: leaf.keyPem });
    assert.equal(leaf.pin, `sha256/${createHash("sha256").update(spki).digest("base64")}`);
    assert.equal(
      leaf.fingerprint,
      new X509Certificate(leaf.certificatePem).fingerprint256.replaceAll(":", "").toLowerCase(),
    );
  });

  const faults: readonly (readonly [string, () => Certificate, RegExp])[] = [
    ["expired", () => issuing.issue({ notAfter: new Date(Date.now() - 60_000) }), /certificate has expired/],
    ["not yet valid", () => issuing.issue({ notBefore: new Date(Date.now() + 86_400_000) }), /not yet valid/],
    [
      "unknown critical extension",
      () => issuing.issue({ extensions: [unknownCritical()] }),
      /unhandled critical extension/,
    ],
    ["other signer", () => issuing.issue({ signedWith: makeAuthority().key }), /signature failure/],
    [
      "outside name constraints",
      () =>
        root
          .issueAuthority({ subject: "CN=Constrained CA", nameConstraints: { permittedDns: ["other.example"] } })
          .issue({ names: { dns: ["bank.example"] } }),
      /permitted subtree violation/,
    ],
    [
      "issued by a non-CA",
      () => root.issueAuthority({ subject: "CN=Not a CA", basicConstraints: { ca: false }, keyUsage: null }).issue(),
      /invalid CA certificate/,
    ],
    [
      "path too long",
      () => issuing.issueAuthority({ subject: "CN=Too Deep" }).issue(),
      /path length constraint exceeded/,
    ],
    ["client's purpose", () => issuing.issue(CLIENT_LEAF), /unsuitable certificate purpose/],
    ["self-signed", () => makeSelfSigned(), /self-signed certificate/],
  ];
  for (const [fault, make, message] of faults) {
    it(`makes a certificate with one fault: ${fault}`, () => {
      const result = verify(make(), "-purpose", "sslserver");
      assert.ok(!result.ok);
      assert.match(result.output, message);
    });
  }

  it("makes version 1, negative serial, SHA-1 and must-staple", () => {
    const text = (one: Certificate): string =>
      execFileSync("openssl", ["x509", "-noout", "-text"], { input: one.certificatePem }).toString();
    assert.match(text(issuing.issue({ version: 1 })), /Version: 1 /);
    assert.match(text(issuing.issue({ serial: Buffer.from([0x85]) })), /Serial Number: -123/);
    assert.match(text(issuing.issue({ signatureHash: "sha1" })), /ecdsa-with-SHA1/);
    assert.match(text(issuing.issue({ mustStaple: true })), /TLS Feature:\s+status_request/);
  });

  function ocsp(about: Certificate, response: Buffer): string {
    const { stdout, stderr } = spawnSync("openssl", [
      "ocsp",
      "-respin",
      file("response.der", response),
      "-issuer",
      file("issuing.pem", issuing.certificatePem),
      "-cert",
      file("about.pem", about.certificatePem),
      "-CAfile",
      file("root.pem", root.certificatePem),
      "-verify_other",
      file("issuing.pem", issuing.certificatePem),
    ]);
    return `${stderr}${stdout}`;
  }

  it("answers OCSP: good, revoked, unknown, stale, wrong signer, delegated responder", () => {
    const about = issuing.issue();
    const answer = (options: object): string => ocsp(about, makeOcspResponse({ about, issuer: issuing, ...options }));
    assert.match(answer({}), /Response verify OK[\s\S]*about\.pem: good/);
    assert.match(answer({ certIdHash: "sha256" }), /Response verify OK/);
    assert.match(answer({ status: "revoked" }), /Response verify OK[\s\S]*about\.pem: revoked[\s\S]*keyCompromise/);
    assert.match(answer({ status: "unknown" }), /about\.pem: unknown/);
    const past = new Date(Date.now() - 86_400_000);
    assert.match(
      answer({ thisUpdate: past, nextUpdate: new Date(Date.now() - 3_600_000) }),
      /Status times invalid|status expired/,
    );
    assert.match(answer({ breakSignature: true }), /Response Verify Failure/);
    const responder = issuing.issue({ subject: "CN=Responder", purposes: ["OCSPSigning"] });
    assert.match(answer({ responder }), /Response verify OK[\s\S]*: good/);
    const stranger = issuing.issue({ subject: "CN=Not a responder" });
    assert.match(answer({ responder: stranger }), /Response Verify Failure/);
    assert.match(answer({ failure: 3 }), /trylater/i);
  });

  it("exports PKCS#12", () => {
    const identity = issuing.issue({ ...CLIENT_LEAF, subject: "CN=Ada Example" });
    const path = file("identity.p12", makePkcs12(identity, { passphrase: "geheim", name: "Ada" }));
    const listing = execFileSync("openssl", ["pkcs12", "-in", path, "-nodes", "-passin", "pass:geheim"]).toString();
    assert.match(listing, /friendlyName: Ada/);
    assert.equal(listing.match(/BEGIN CERTIFICATE/g)?.length, 2);
  });
});
