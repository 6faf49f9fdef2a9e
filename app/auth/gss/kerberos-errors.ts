import type { ReasonCode } from "../../core/reasons.ts";

/** com_err table `krb5` (MIT and Heimdal): a KDC's or acceptor's error n of RFC 4120 §7.5.9 is BASE + n. */
const BASE = -1_765_328_384;

/** Error numbers of RFC 4120 §7.5.9. */
const PROTOCOL: Readonly<Record<number, ReasonCode>> = {
  7: "server.spn-unknown",
  8: "server.spn-duplicate",
  32: "kerberos.ticket-expired",
  35: "server.keytab",
  37: "kerberos.clock-skew",
  41: "server.keytab",
  44: "server.key-version",
  45: "server.keytab",
  28: "server.realm-unreachable",
  68: "server.realm-unreachable",
};

/** Codes of the library itself, as offsets from BASE (MIT's krb5_err.et; Heimdal shares those used here). */
const LIBRARY: Readonly<Record<number, ReasonCode>> = {
  /** KRB5_CC_NOTFOUND: the cache has no ticket that leads to the service's realm. */
  141: "server.realm-unreachable",
  /** KRB5_KDCREP_SKEW */
  148: "kerberos.clock-skew",
  /** KRB5_REALM_UNKNOWN */
  154: "server.realm-unreachable",
  /** KRB5_KDC_UNREACH */
  156: "kerberos.kdc-unreachable",
  /** KRB5_MUTUAL_FAILED: the AP-REP does not answer our authenticator. */
  158: "server.token-invalid",
  /** KRB5_RC_REPLAY */
  163: "server.token-invalid",
  /** KRB5_NO_TKT_IN_RLM */
  185: "server.realm-unreachable",
  /** KRB5_FCC_NOFILE */
  195: "kerberos.no-ticket",
  /** KRB5_NO_TKT_SUPPLIED */
  203: "kerberos.no-ticket",
  /** KRB5_REALM_CANT_RESOLVE */
  220: "kerberos.kdc-unreachable",
};

/** What an acceptor may say of our AP-REQ in a KRB-ERROR (RFC 4120 §3.2.3, §7.5.9), as statuses. */
export const ACCEPTOR_ERRORS: readonly number[] = [32, 35, 37, 41, 44, 45].map((error) => BASE + error);

/** The reason that a Kerberos status stands for, if it is one that is told apart. */
export function kerberosReason(minor: number): ReasonCode | undefined {
  const offset = (minor | 0) - BASE;
  return offset >= 0 && offset < 128 ? PROTOCOL[offset] : LIBRARY[offset];
}

/** Errors of RFC 4120 §7.5.9 by which a KDC turns down the ticket that it is shown, rather than what is asked of it. */
const TICKET_REFUSED: ReadonlySet<number> = new Set([31, 41, 44, 45]);

/** Whether a KDC could not read the ticket that leads to it: a trust whose keys differ, or a sign-in of before a change of keys. */
export function refusesTicket(minor: number): boolean {
  return TICKET_REFUSED.has((minor | 0) - BASE);
}

/** Major status codes (RFC 2744 §3.9.1), the routine error in bits 16 to 23. */
export const GSS_S_CONTINUE_NEEDED = 1;
const ROUTINE: Readonly<Record<number, ReasonCode>> = {
  /** BAD_MECH */
  1: "server.mechanism",
  /** BAD_BINDINGS */
  4: "kerberos.binding",
  /** BAD_SIG, also of a MIC */
  6: "server.token-invalid",
  /** NO_CRED */
  7: "kerberos.no-ticket",
  /** DEFECTIVE_TOKEN */
  9: "server.token-invalid",
  /** CREDENTIALS_EXPIRED */
  11: "kerberos.ticket-expired",
  /** CONTEXT_EXPIRED */
  12: "kerberos.ticket-expired",
};

export function isError(major: number): boolean {
  return (major & 0xffff_0000) !== 0;
}

/**
 * @param major status of RFC 2744
 * @param minor the mechanism's own
 * @param text the library's words for both: only they say that the unknown principal is the way to another realm
 */
export function reasonOf(major: number, minor: number, text: string): ReasonCode {
  const routine = ROUTINE[(major >>> 16) & 0xff];
  // Without any credential, the mechanism's own words are about where it looked.
  const reason =
    (routine === "kerberos.no-ticket" ? undefined : kerberosReason(minor)) ?? routine ?? "kerberos.library";
  return reason === "server.spn-unknown" && text.includes("krbtgt/") ? "server.realm-unreachable" : reason;
}
