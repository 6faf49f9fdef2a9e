/** What the keystore page shows of an identity. Pure. */
import type { IdentityView } from "../ipc/contract.ts";
import type { Identity } from "../keystore/identity.ts";
import { identityStatus } from "../keystore/identity-status.ts";

/** @param now milliseconds since the epoch */
export function identityView(identity: Identity, now: number): IdentityView {
  const { fingerprint, name, subject, issuer, notBefore, notAfter, keyType } = identity;
  return { fingerprint, name, subject, issuer, notBefore, notAfter, keyType, ...identityStatus(identity, now) };
}
