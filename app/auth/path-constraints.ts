/** What a complete path must satisfy beyond its single links (RFC 5280 §6.1.3 to §6.1.5). */
import { PURPOSE } from "./certificate-extensions.ts";
import { sameName } from "./directory-name.ts";
import { constraintFault } from "./name-constraints.ts";
import type { Certificate } from "./x509-certificate.ts";

/** Leaf first, anchor last. */
export type CertificatePath = readonly Certificate[];

const selfIssued = (certificate: Certificate): boolean => sameName(certificate.subject, certificate.issuer);

/** pathLen counts the authorities between, not those that reissued themselves (RFC 5280 §4.2.1.9). */
function lengthFault(path: CertificatePath): string | undefined {
  let below = 0;
  for (const [index, certificate] of path.entries()) {
    const allowed = certificate.extensions.basicConstraints?.pathLength;
    if (index > 0 && allowed !== undefined && below > allowed) {
      return `${certificate.subject.text} allows ${allowed} authorities below it, the path has ${below}`;
    }
    below += index > 0 && !selfIssued(certificate) ? 1 : 0;
  }
  return undefined;
}

function namesFault(path: CertificatePath): string | undefined {
  for (const [index, authority] of path.entries()) {
    for (const certificate of path.slice(0, index).filter((one, at) => at === 0 || !selfIssued(one))) {
      const fault = constraintFault(certificate, authority);
      if (fault !== undefined) {
        return fault;
      }
    }
  }
  return undefined;
}

/** An authority whose extended key usage is limited issues for those purposes only (CA/Browser Forum BR §7.1.2.10.6). */
function purposeFault(path: CertificatePath): string | undefined {
  const limited = path.slice(1).find(({ extensions: { purposes } }) => {
    return purposes !== undefined && !purposes.includes(PURPOSE.serverAuth) && !purposes.includes(PURPOSE.any);
  });
  return limited && `${limited.subject.text} may not issue server certificates: its extended key usage rules them out`;
}

const ANY_POLICY = "2.5.29.32.0";

/** Policies still valid: any, or those in the set. */
type Policies = "any" | ReadonlySet<string>;

function narrowed(policies: Policies, certificate: Certificate, anyCounts: boolean): Policies {
  const own = new Set(certificate.extensions.policies ?? []);
  if (anyCounts && own.has(ANY_POLICY)) {
    return policies;
  }
  own.delete(ANY_POLICY);
  return policies === "any" ? own : new Set([...policies].filter((one) => own.has(one)));
}

const tighter = (current: number, limit: number | undefined): number => Math.min(current, limit ?? current);

/**
 * Certificate policies count only where the path demands an explicit one; then every certificate must share one.
 * Mappings are not followed: with an explicit policy demanded, a path with mappings is refused.
 */
function policyFault(path: CertificatePath): string | undefined {
  let policies: Policies = "any";
  let explicitIn = Number.POSITIVE_INFINITY;
  let anyCountsFor = Number.POSITIVE_INFINITY;
  let mapped = false;
  for (const [index, certificate] of [...path].reverse().entries()) {
    const { policyConstraints, policyMappings, inhibitAnyPolicy } = certificate.extensions;
    const isLeaf = index === path.length - 1;
    if (index > 0) {
      // RFC 5280 §6.1.3 (d) (2): a self-issued authority may still use anyPolicy.
      const anyCounts = anyCountsFor > 0 || (!isLeaf && selfIssued(certificate));
      policies = narrowed(policies, certificate, anyCounts);
    }
    const step = index > 0 && (isLeaf || !selfIssued(certificate)) ? 1 : 0;
    explicitIn = tighter(Math.max(0, explicitIn - step), policyConstraints?.requireExplicitPolicy);
    anyCountsFor = tighter(Math.max(0, anyCountsFor - step), inhibitAnyPolicy);
    mapped ||= policyMappings === true;
    const none = policies !== "any" && policies.size === 0;
    if (explicitIn === 0 && index > 0 && (none || mapped)) {
      return `the path demands an explicit certificate policy that ${certificate.subject.text} does not share`;
    }
  }
  return undefined;
}

/** What is wrong with a path whose links all hold, in words. */
export const pathFault = (path: CertificatePath): string | undefined =>
  lengthFault(path) ?? purposeFault(path) ?? namesFault(path) ?? policyFault(path);
