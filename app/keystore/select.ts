/** Which identity the client proves itself with. Pure. */
import { type DistinguishedName, parseDistinguishedName } from "../core/distinguished-name.ts";
import type { Fingerprint } from "../core/evidence.ts";
import { sameDistinguishedName } from "./distinguished-names.ts";

/** What the choice depends on. */
export interface Candidate {
  readonly fingerprint: Fingerprint;
  /** Milliseconds since the epoch; valid through both (RFC 5280 §4.1.2.5). */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Key usage and extended key usage of the leaf allow client authentication. */
  readonly clientAuthentication: boolean;
  /** The issuer of each certificate of the chain, the leaf's first. */
  readonly issuers: readonly DistinguishedName[];
}

/**
 * The newest of the identities that fit: by notBefore, then notAfter, then fingerprint, the greatest of each.
 *
 * An identity fits when it is valid at `now`, its key usages allow client authentication, and any certificate of its
 * chain was issued by `issuer`: IT may name the authority that issues to people or a root above it.
 *
 * @param issuer RFC 4514
 * @param now milliseconds since the epoch
 */
export function selectIdentity<T extends Candidate>(
  candidates: readonly T[],
  issuer: string,
  now: number,
): T | undefined {
  const name = parseDistinguishedName(issuer);
  if (name === undefined) return undefined;
  return candidates.filter((one) => fits(one, name, now)).reduce<T | undefined>(newer, undefined);
}

const fits = (one: Candidate, issuer: DistinguishedName, now: number): boolean =>
  one.clientAuthentication &&
  one.notBefore <= now &&
  now <= one.notAfter &&
  one.issuers.some((name) => sameDistinguishedName(name, issuer));

function newer<T extends Candidate>(best: T | undefined, one: T): T {
  if (best === undefined) return one;
  const difference = one.notBefore - best.notBefore || one.notAfter - best.notAfter;
  const wins = difference === 0 ? one.fingerprint > best.fingerprint : difference > 0;
  return wins ? one : best;
}
