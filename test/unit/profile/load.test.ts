import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Refusal } from "../../../app/core/refusal.ts";
import { readAnchor } from "../../../app/profile/anchor-reader.ts";
import { fileSource } from "../../../app/profile/file.ts";
import { loadProfile } from "../../../app/profile/load.ts";
import type { ProfileSource } from "../../../app/profile/source.ts";
import { makeAuthority, makeSelfSigned } from "../../realm/certificates.ts";

const authority = makeAuthority({ subject: "CN=Example Root" });

function documentWith(anchor: string): unknown {
  return {
    version: 1,
    serial: 1,
    organization: "Example Bank",
    sites: [
      {
        id: "bank",
        name: "Bank",
        origins: ["https://bank.example"],
        server: { pins: [`sha256/${"A".repeat(43)}=`], anchors: [anchor] },
        client: { method: "form" },
      },
    ],
  };
}

const DOCUMENT = documentWith(authority.certificatePem);
const EMPTY: ProfileSource = { name: "empty", load: async () => undefined };
const source = (document: unknown, name = "test"): ProfileSource => ({
  name,
  load: async () => ({ origin: `${name}.json`, document }),
});

describe("loadProfile", () => {
  it("takes the first source that has one", async () => {
    const loaded = await loadProfile([EMPTY, source(DOCUMENT, "one"), source({}, "two")]);
    assert.ok(loaded.kind === "loaded");
    assert.equal(loaded.origin, "one.json");
    assert.equal(loaded.profile.sites[0]?.server.anchors[0]?.fingerprint, authority.fingerprint);
  });

  it("says where it looked when there is none", async () => {
    assert.deepEqual(await loadProfile([EMPTY, { ...EMPTY, name: "other" }]), {
      kind: "none",
      lookedIn: ["empty", "other"],
    });
  });

  it("asks no further source when one has a wrong profile, or fails", async () => {
    const failing: ProfileSource = {
      name: "failing",
      load: () => Promise.reject(new Refusal("profile.unsafe", { fault: "writable" })),
    };
    const wrong = await loadProfile([source({ version: 2 }), source(DOCUMENT)]);
    assert.ok(wrong.kind === "invalid" && wrong.refusal.code === "profile.invalid");
    assert.ok(wrong.problems.length > 1);
    assert.match(wrong.refusal.detail.fault, /^\$\.version is 2, expected 1.* \(and \d+ more\)$/);
    const failed = await loadProfile([failing, source(DOCUMENT)]);
    assert.ok(failed.kind === "invalid" && failed.refusal.code === "profile.unsafe");
  });

  it("lets a fault of the program itself through", async () => {
    const broken: ProfileSource = { name: "broken", load: () => Promise.reject(new TypeError("bug")) };
    await assert.rejects(loadProfile([broken]), TypeError);
  });
});

describe("readAnchor", () => {
  it("gives the fingerprint of a CA certificate", () => {
    assert.deepEqual(readAnchor(authority.certificatePem), { fingerprint: authority.fingerprint });
    assert.deepEqual(readAnchor(`\n${authority.certificatePem}\n`), { fingerprint: authority.fingerprint });
  });

  const leaf = makeSelfSigned({ subject: "CN=bank.example" });
  for (const [name, pem, fault] of [
    ["two certificates", `${authority.certificatePem}${authority.certificatePem}`, /exactly one block/],
    ["a private key", authority.keyPem, /exactly one block/],
    ["a key after the certificate", `${authority.certificatePem}${authority.keyPem}`, /exactly one block/],
    ["text", "Example Root", /exactly one block/],
    [
      "a block of something else",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      /not a DER certificate/,
    ],
    ["a certificate of a server", leaf.certificatePem, /CN=bank.example is not a CA/],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const read = readAnchor(pem);
      assert.ok("fault" in read);
      assert.match(read.fault, fault);
      const loaded = await loadProfile([source(documentWith(pem))]);
      assert.ok(loaded.kind === "invalid");
      assert.equal(loaded.problems[0]?.path, "$.sites[0].server.anchors[0]");
    });
  }
});

describe("fileSource", () => {
  it("reads the named file, whoever may write to it", async () => {
    const directory = await mkdtemp(join(tmpdir(), "countersign-file-"));
    try {
      const path = join(directory, "p.json");
      await writeFile(path, JSON.stringify(DOCUMENT), { mode: 0o666 });
      assert.equal((await loadProfile([fileSource(path)])).kind, "loaded");
      const missing = await loadProfile([fileSource(join(directory, "no.json"))]);
      assert.ok(missing.kind === "invalid" && missing.refusal.code === "profile.missing");
      const folder = await loadProfile([fileSource(directory)]);
      assert.ok(folder.kind === "invalid" && folder.refusal.code === "profile.missing");
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
