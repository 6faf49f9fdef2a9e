/** Builds and verifies certification paths (RFC 5280 §6, RFC 4158), independently of time. */
import type { KeyObject } from "node:crypto";
import { BoundedCache } from "./bounded-cache.ts";
import { encodingFault } from "./certificate-encoding.ts";
import { sameName } from "./directory-name.ts";
import { judgeKey, signatureScheme } from "./key-strength.ts";
import { type CertificatePath, pathFault } from "./path-constraints.ts";
import { type Certificate, platformCertificate } from "./x509-certificate.ts";

export type { CertificatePath } from "./path-constraints.ts";

export interface PathFault {
  /** Subject of the certificate that is wrong. */
  readonly value: string;
  readonly fault: string;
}

export interface PathSearch {
  /** Every path that verifies, apart from dates, in the order they were found. */
  readonly paths: readonly CertificatePath[];
  /** Why there is none: of all dead ends, the one that came closest to an anchor. */
  readonly fault: PathFault;
}

/**
 * Bounds on the work a hostile list of certificates can cause. Each certificate has one signature, so a list of a few
 * certificates has few paths once the links that do not verify are gone.
 */
const LIMITS = { length: 8, signatures: 32 };

/** How close a dead end came to an anchor. */
const RANK = { noIssuer: 0, brokenLink: 1, brokenLinkToAnchor: 2, brokenPath: 3, tooMuchWork: 4 } as const;

/** Rules for an authority below an anchor (RFC 5280 §6.1.4, CA/Browser Forum BR §7.1.2.10). */
function intermediateFault(certificate: Certificate): string | undefined {
  const { basicConstraints, keyUsage } = certificate.extensions;
  const encoding = encodingFault(certificate);
  if (encoding !== undefined) {
    return encoding;
  }
  if (basicConstraints?.ca !== true) {
    return "is no certificate authority";
  }
  if (!basicConstraints.critical) {
    return "has basic constraints that are not critical";
  }
  if (keyUsage?.has("keyCertSign") !== true) {
    return "may not sign certificates: key usage keyCertSign is missing";
  }
  return undefined;
}

/**
 * An anchor is a name and a key that IT trusts (RFC 5280 §6.1.1 (d)), so version 1 roots serve; but what its
 * extensions rule out stays ruled out (RFC 5937).
 */
function anchorFault({ version, extensions, unknownCritical }: Certificate): string | undefined {
  if (version === 3 && extensions.basicConstraints?.ca !== true) {
    return "is an anchor of the profile but no certificate authority";
  }
  if (extensions.keyUsage?.has("keyCertSign") === false) {
    return "is an anchor of the profile but may not sign certificates";
  }
  return unknownCritical.length > 0 ? `has the unknown critical extension ${unknownCritical.join(", ")}` : undefined;
}

class Search {
  readonly paths: CertificatePath[] = [];
  readonly #anchors: readonly Certificate[];
  readonly #candidates: readonly Certificate[];
  readonly #links = new Map<string, string | undefined>();
  #signatures = 0;
  #worst: PathFault;
  #rank = -1;

  constructor(leaf: Certificate, others: readonly Certificate[], anchors: readonly Certificate[]) {
    const known = new Set([leaf, ...anchors].map(({ fingerprint }) => fingerprint));
    this.#anchors = anchors;
    this.#candidates = others.filter(({ fingerprint }) => !known.has(fingerprint) && known.add(fingerprint));
    this.#worst = { value: leaf.subject.text, fault: "no certification path to an anchor of the profile" };
    // A leaf that is itself an anchor needs nobody to vouch for it.
    if (anchors.some(({ fingerprint }) => fingerprint === leaf.fingerprint)) {
      this.paths.push([leaf]);
    }
    this.#extend([leaf], leaf);
  }

  get result(): PathSearch {
    return { paths: this.paths, fault: this.#worst };
  }

  #note(rank: number, value: string, fault: string): void {
    if (rank > this.#rank) {
      this.#rank = rank;
      this.#worst = { value, fault };
    }
  }

  /** Depth first; anchors before what the server sent. */
  #extend(path: CertificatePath, last: Certificate): void {
    const anchors = this.#anchors.filter((one) => sameName(one.subject, last.issuer));
    const issuers = this.#candidates.filter((one) => sameName(one.subject, last.issuer) && !isIn(path, one));
    if (anchors.length + issuers.length === 0) {
      this.#note(
        RANK.noIssuer,
        last.subject.text,
        `its issuer ${last.issuer.text} is neither an anchor nor was it sent`,
      );
    }
    for (const anchor of anchors) {
      this.#finish(path, last, anchor);
    }
    if (path.length >= LIMITS.length) {
      this.#note(RANK.brokenLink, last.subject.text, `a path of more than ${LIMITS.length} certificates`);
      return;
    }
    for (const issuer of issuers) {
      const fault = this.#linkFault(last, issuer, intermediateFault);
      if (fault === undefined) {
        this.#extend([...path, issuer], issuer);
      } else {
        this.#note(RANK.brokenLink, issuer.subject.text, fault);
      }
    }
  }

  #finish(path: CertificatePath, last: Certificate, anchor: Certificate): void {
    const link = this.#linkFault(last, anchor, anchorFault);
    if (link !== undefined) {
      this.#note(RANK.brokenLinkToAnchor, anchor.subject.text, link);
      return;
    }
    const complete = [...path, anchor];
    const fault = pathFault(complete);
    if (fault === undefined) {
      this.paths.push(complete);
    } else {
      this.#note(RANK.brokenPath, path[0]?.subject.text ?? "", fault);
    }
  }

  /** Why `issuer` did not, or must not, issue `certificate`. */
  #linkFault(certificate: Certificate, issuer: Certificate, rules: typeof anchorFault): string | undefined {
    const link = `${certificate.fingerprint} ${issuer.fingerprint}`;
    if (!this.#links.has(link)) {
      this.#links.set(link, rules(issuer) ?? this.#signatureFault(certificate, issuer));
    }
    return this.#links.get(link);
  }

  #signatureFault(certificate: Certificate, issuer: Certificate): string | undefined {
    if (signatureScheme(certificate.signatureAlgorithm) === undefined) {
      const { oid } = certificate.signatureAlgorithm;
      return `signed ${certificate.subject.text} with an algorithm that is weak or unknown (${oid})`;
    }
    const judgement = judgeKey(issuer);
    if (judgement.kind !== "usable") {
      return `has ${judgement.fault}`;
    }
    this.#signatures += 1;
    if (this.#signatures > LIMITS.signatures) {
      this.#note(RANK.tooMuchWork, issuer.subject.text, "the list of certificates needs too many signature checks");
      return "was not tried";
    }
    return isSignedBy(certificate, judgement.key) ? undefined : `did not sign ${certificate.subject.text}`;
  }
}

function isIn(path: CertificatePath, certificate: Certificate): boolean {
  // The same name with the same key again would only go round in a circle (RFC 4158 §2.4.2).
  return path.some((one) => sameName(one.subject, certificate.subject) && one.spki.equals(certificate.spki));
}

/** The signature of a certificate, checked by the runtime's TLS library over the bytes as they were sent. */
export function isSignedBy(certificate: Certificate, key: KeyObject): boolean {
  try {
    return platformCertificate(certificate).verify(key);
  } catch {
    return false;
  }
}

const cache = new BoundedCache<string, PathSearch>(128);

/**
 * All paths from the leaf over certificates that the server sent to anchors. The answer depends on nothing but the
 * bytes given, so it is kept: each channel proves itself anew, usually with the same chain. Dates are for the caller.
 */
export function findPaths(
  leaf: Certificate,
  others: readonly Certificate[],
  anchors: readonly Certificate[],
): PathSearch {
  const key = [[leaf], others, anchors].map((list) => list.map(({ fingerprint }) => fingerprint).join()).join("|");
  return cache.get(key) ?? cache.set(key, new Search(leaf, others, anchors).result);
}
