import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isError, kerberosReason, reasonOf } from "../../../../app/auth/gss/kerberos-errors.ts";
import { kerberosReasons } from "../../../../app/core/kerberos-reasons.ts";
import type { ReasonCode } from "../../../../app/core/reasons.ts";

/** As <krb5/krb5.h> of MIT Kerberos 1.20 has them. */
const STATUSES: readonly (readonly [string, number, ReasonCode])[] = [
  ["KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN", -1765328377, "server.spn-unknown"],
  ["KRB5KDC_ERR_PRINCIPAL_NOT_UNIQUE", -1765328376, "server.spn-duplicate"],
  ["KRB5KDC_ERR_PATH_NOT_ACCEPTED", -1765328356, "server.realm-unreachable"],
  ["KRB5KRB_AP_ERR_TKT_EXPIRED", -1765328352, "kerberos.ticket-expired"],
  ["KRB5KRB_AP_ERR_NOT_US", -1765328349, "server.keytab"],
  ["KRB5KRB_AP_ERR_SKEW", -1765328347, "kerberos.clock-skew"],
  ["KRB5KRB_AP_ERR_MODIFIED", -1765328343, "server.keytab"],
  ["KRB5KRB_AP_ERR_BADKEYVER", -1765328340, "server.key-version"],
  ["KRB5KRB_AP_ERR_NOKEY", -1765328339, "server.keytab"],
  ["KRB5KDC_ERR_WRONG_REALM", -1765328316, "server.realm-unreachable"],
  ["KRB5_CC_NOTFOUND", -1765328243, "server.realm-unreachable"],
  ["KRB5_KDCREP_SKEW", -1765328236, "kerberos.clock-skew"],
  ["KRB5_REALM_UNKNOWN", -1765328230, "server.realm-unreachable"],
  ["KRB5_KDC_UNREACH", -1765328228, "kerberos.kdc-unreachable"],
  ["KRB5_MUTUAL_FAILED", -1765328226, "server.token-invalid"],
  ["KRB5_RC_REPLAY", -1765328221, "server.token-invalid"],
  ["KRB5_NO_TKT_IN_RLM", -1765328199, "server.realm-unreachable"],
  ["KRB5_FCC_NOFILE", -1765328189, "kerberos.no-ticket"],
  ["KRB5_NO_TKT_SUPPLIED", -1765328181, "kerberos.no-ticket"],
  ["KRB5_REALM_CANT_RESOLVE", -1765328164, "kerberos.kdc-unreachable"],
];

/** RFC 2744 §3.9.1. */
const ROUTINE: readonly (readonly [string, number, ReasonCode])[] = [
  ["GSS_S_BAD_MECH", 1 << 16, "server.mechanism"],
  ["GSS_S_BAD_BINDINGS", 4 << 16, "kerberos.binding"],
  ["GSS_S_BAD_SIG", 6 << 16, "server.token-invalid"],
  ["GSS_S_NO_CRED", 7 << 16, "kerberos.no-ticket"],
  ["GSS_S_DEFECTIVE_TOKEN", 9 << 16, "server.token-invalid"],
  ["GSS_S_CREDENTIALS_EXPIRED", 11 << 16, "kerberos.ticket-expired"],
  ["GSS_S_CONTEXT_EXPIRED", 12 << 16, "kerberos.ticket-expired"],
  ["GSS_S_FAILURE", 13 << 16, "kerberos.library"],
];
const FAILURE = 13 << 16;

describe("Kerberos statuses", () => {
  for (const [name, minor, code] of STATUSES) {
    it(`${name} is ${code}`, () => {
      assert.equal(reasonOf(FAILURE, minor, ""), code);
      // The library's minor status is unsigned.
      assert.equal(kerberosReason(minor >>> 0), code);
      assert.ok(code in kerberosReasons);
    });
  }
  for (const [name, major, code] of ROUTINE) {
    it(`${name} without a minor status that says more is ${code}`, () => assert.equal(reasonOf(major, 0, ""), code));
  }

  it("a minor status of Kerberos says more than the major one", () => {
    assert.equal(reasonOf(9 << 16, -1765328340, ""), "server.key-version");
  });

  it("an unknown way to another realm is no unknown service", () => {
    assert.equal(
      reasonOf(FAILURE, -1765328377, "Server krbtgt/FAR.EXAMPLE@CORP.EXAMPLE not found in Kerberos database"),
      "server.realm-unreachable",
    );
  });

  it("unknown statuses are the library's, never success", () => {
    for (const minor of [0, 1, -1, -1765328384 - 1, -1765328384 + 300]) {
      assert.equal(reasonOf(FAILURE, minor, ""), "kerberos.library");
    }
  });

  it("errors are told from what supplements a success", () => {
    for (const major of [0, 1, 2, 4, 8, 16, 31]) assert.equal(isError(major), false);
    for (const major of [1 << 16, FAILURE, (13 << 16) | 1, 1 << 24, (1 << 25) | 0]) assert.equal(isError(major), true);
  });
});
