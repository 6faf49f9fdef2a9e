import type { ReasonCode } from "../../core/reasons.ts";

export const SEC_E_OK = 0;
export const SEC_I_CONTINUE_NEEDED = 0x0009_0312;

/** Statuses of SSPI (winerror.h) that are told apart; what kerberos-errors.ts is for GSSAPI. */
const STATUSES: readonly (readonly [status: number, name: string, reason: ReasonCode])[] = [
  [0x8009_0303, "SEC_E_TARGET_UNKNOWN", "server.spn-unknown"],
  [0x8009_0308, "SEC_E_INVALID_TOKEN", "server.token-invalid"],
  [0x8009_030c, "SEC_E_LOGON_DENIED", "kerberos.no-ticket"],
  [0x8009_030d, "SEC_E_UNKNOWN_CREDENTIALS", "kerberos.no-ticket"],
  [0x8009_030e, "SEC_E_NO_CREDENTIALS", "kerberos.no-ticket"],
  [0x8009_030f, "SEC_E_MESSAGE_ALTERED", "server.token-invalid"],
  [0x8009_0310, "SEC_E_OUT_OF_SEQUENCE", "server.token-invalid"],
  [0x8009_0311, "SEC_E_NO_AUTHENTICATING_AUTHORITY", "kerberos.kdc-unreachable"],
  [0x8009_0317, "SEC_E_CONTEXT_EXPIRED", "kerberos.ticket-expired"],
  // KRB_AP_ERR_MODIFIED: the ticket is for another key than the server's.
  [0x8009_0322, "SEC_E_WRONG_PRINCIPAL", "server.keytab"],
  [0x8009_0324, "SEC_E_TIME_SKEW", "kerberos.clock-skew"],
  [0x8009_0326, "SEC_E_ILLEGAL_MESSAGE", "server.token-invalid"],
  [0x8009_0330, "SEC_E_DECRYPT_FAILURE", "server.token-invalid"],
  [0x8009_0338, "SEC_E_MAX_REFERRALS_EXCEEDED", "server.realm-unreachable"],
  [0x8009_033b, "SEC_E_TOO_MANY_PRINCIPALS", "server.spn-duplicate"],
  [0x8009_0341, "SEC_E_KDC_UNABLE_TO_REFER", "server.realm-unreachable"],
  [0x8009_0346, "SEC_E_BAD_BINDINGS", "kerberos.binding"],
  // "Ensure that you can contact the server that authenticated you."
  [0x8009_0350, "SEC_E_DOWNGRADE_DETECTED", "kerberos.kdc-unreachable"],
  [0x8009_0363, "SEC_E_MUTUAL_AUTH_FAILED", "server.token-invalid"],
];

const BY_STATUS = new Map(STATUSES.map(([status, name, reason]) => [status, { name, reason }]));

/** @param status as an unsigned number */
export function sspiReason(status: number): ReasonCode {
  return BY_STATUS.get(status)?.reason ?? "kerberos.library";
}

/** Name and number, for IT. */
export function sspiName(status: number): string {
  const number = `0x${status.toString(16).padStart(8, "0")}`;
  const name = BY_STATUS.get(status)?.name;
  return name === undefined ? number : `${name} (${number})`;
}
