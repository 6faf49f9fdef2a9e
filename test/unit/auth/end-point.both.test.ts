import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { endPointBinding, tlsServerEndPoint } from "../../../app/auth/end-point.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { makeAuthority } from "../../realm/certificates.ts";

interface Case {
  readonly origin: string;
  readonly test: string;
  readonly certificate_der_base64: string;
  readonly tls_server_end_point_hex: string | null;
}

const folder = process.env.COUNTERSIGN_VECTORS ?? resolve("..", "shared", "vectors");
const file = join(folder, "protocol", "tls_server_end_point.json");
const { cases } = existsSync(file)
  ? (JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] })
  : { cases: [] };

describe("tls-server-end-point, by vectors of others", {
  skip: existsSync(file) ? false : "the vectors are not here",
}, () => {
  for (const row of cases) {
    it(`${row.origin} ${row.test}`, () => {
      const endPoint = tlsServerEndPoint(Buffer.from(row.certificate_der_base64, "base64"));
      assert.equal(endPoint?.toString("hex") ?? null, row.tls_server_end_point_hex);
    });
  }
});

describe("tls-server-end-point", () => {
  const authority = (key: "p256" | "ed25519" | "rsa-pss-2048") => makeAuthority({ subject: "CN=CA", key });

  const skip = process.versions.electron === undefined ? false : "BoringSSL makes no RSASSA-PSS keys";
  it("takes the one hash of an RSASSA-PSS signature", { skip }, () => {
    const { der } = authority("rsa-pss-2048").issue();
    assert.deepEqual(tlsServerEndPoint(der), createHash("sha256").update(der).digest());
  });

  it("is undefined where the signature names no hash", () => {
    assert.equal(tlsServerEndPoint(authority("ed25519").issue().der), undefined);
  });

  it("goes by the signature on the certificate, not by its own key", () => {
    const { der } = makeAuthority({ subject: "CN=CA", key: "p384" }).issue({ key: "ed25519", signatureHash: "sha384" });
    assert.deepEqual(tlsServerEndPoint(der), createHash("sha384").update(der).digest());
  });

  it("refuses what is no certificate", () => {
    for (const bytes of ["", "30", "3003020101", "00".repeat(100)]) {
      assert.throws(() => tlsServerEndPoint(Buffer.from(bytes, "hex")), Refusal);
    }
  });

  it("is carried with its name in front", () => {
    assert.equal(endPointBinding(Buffer.from("abc")).toString("latin1"), "tls-server-end-point:abc");
  });
});
