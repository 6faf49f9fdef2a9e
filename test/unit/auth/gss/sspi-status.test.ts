import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sspiName, sspiReason } from "../../../../app/auth/gss/sspi-status.ts";
import type { ReasonCode } from "../../../../app/core/reasons.ts";

/** As winerror.h has them. */
const STATUSES: readonly (readonly [string, number, ReasonCode])[] = [
  ["SEC_E_TARGET_UNKNOWN", 0x80090303, "server.spn-unknown"],
  ["SEC_E_INVALID_TOKEN", 0x80090308, "server.token-invalid"],
  ["SEC_E_LOGON_DENIED", 0x8009030c, "kerberos.no-ticket"],
  ["SEC_E_UNKNOWN_CREDENTIALS", 0x8009030d, "kerberos.no-ticket"],
  ["SEC_E_NO_CREDENTIALS", 0x8009030e, "kerberos.no-ticket"],
  ["SEC_E_MESSAGE_ALTERED", 0x8009030f, "server.token-invalid"],
  ["SEC_E_OUT_OF_SEQUENCE", 0x80090310, "server.token-invalid"],
  ["SEC_E_NO_AUTHENTICATING_AUTHORITY", 0x80090311, "kerberos.kdc-unreachable"],
  ["SEC_E_CONTEXT_EXPIRED", 0x80090317, "kerberos.ticket-expired"],
  ["SEC_E_WRONG_PRINCIPAL", 0x80090322, "server.keytab"],
  ["SEC_E_TIME_SKEW", 0x80090324, "kerberos.clock-skew"],
  ["SEC_E_ILLEGAL_MESSAGE", 0x80090326, "server.token-invalid"],
  ["SEC_E_DECRYPT_FAILURE", 0x80090330, "server.token-invalid"],
  ["SEC_E_MAX_REFERRALS_EXCEEDED", 0x80090338, "server.realm-unreachable"],
  ["SEC_E_TOO_MANY_PRINCIPALS", 0x8009033b, "server.spn-duplicate"],
  ["SEC_E_KDC_UNABLE_TO_REFER", 0x80090341, "server.realm-unreachable"],
  ["SEC_E_BAD_BINDINGS", 0x80090346, "kerberos.binding"],
  ["SEC_E_DOWNGRADE_DETECTED", 0x80090350, "kerberos.kdc-unreachable"],
  ["SEC_E_MUTUAL_AUTH_FAILED", 0x80090363, "server.token-invalid"],
];

describe("statuses of SSPI", () => {
  for (const [name, status, reason] of STATUSES) {
    it(`${name} is ${reason}`, () => {
      assert.equal(sspiReason(status), reason);
      assert.equal(sspiName(status), `${name} (0x${status.toString(16)})`);
    });
  }

  it("others are the library's, never success", () => {
    for (const status of [0x80090300, 0x80090304, 0xc000005e, 0x00090314, 1]) {
      assert.equal(sspiReason(status), "kerberos.library");
    }
    assert.equal(sspiName(0x00090314), "0x00090314");
  });
});
