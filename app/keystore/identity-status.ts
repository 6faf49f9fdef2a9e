import type { Identity } from "./identity.ts";

const DAY = 24 * 60 * 60 * 1000;
/** An expiry that is nearer than this is reported. */
const SOON = 30 * DAY;

export interface IdentityStatus {
  readonly status: "valid" | "expires-soon" | "expired" | "not-yet-valid" | "not-for-clients";
  /** Whole days until notAfter; negative when past. */
  readonly daysLeft: number;
}

/** Whether an identity can prove its user now. @param now milliseconds since the epoch */
export function identityStatus(identity: Identity, now: number): IdentityStatus {
  const left = Date.parse(identity.notAfter) - now;
  return { status: statusOf(identity, left, now), daysLeft: Math.floor(left / DAY) };
}

function statusOf(identity: Identity, left: number, now: number): IdentityStatus["status"] {
  if (!identity.clientAuthentication) return "not-for-clients";
  // Valid through notAfter itself (RFC 5280 §4.1.2.5), as `select` has it.
  if (left < 0) return "expired";
  if (Date.parse(identity.notBefore) > now) return "not-yet-valid";
  return left <= SOON ? "expires-soon" : "valid";
}
