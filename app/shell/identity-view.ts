/** What the keystore page shows of an identity. Pure. */
import type { IdentityView } from "../ipc/contract.ts";
import type { Identity } from "../keystore/identity.ts";

const DAY = 24 * 60 * 60 * 1000;
const SOON = 30 * DAY;

/** @param now milliseconds since the epoch */
export function identityView(identity: Identity, now: number): IdentityView {
  const { fingerprint, name, subject, issuer, notBefore, notAfter, keyType } = identity;
  const left = Date.parse(notAfter) - now;
  const status = statusOf(identity, left, now);
  return { fingerprint, name, subject, issuer, notBefore, notAfter, keyType, status, daysLeft: Math.floor(left / DAY) };
}

function statusOf(identity: Identity, left: number, now: number): IdentityView["status"] {
  if (!identity.clientAuthentication) return "not-for-clients";
  if (left <= 0) return "expired";
  if (Date.parse(identity.notBefore) > now) return "not-yet-valid";
  return left <= SOON ? "expires-soon" : "valid";
}
