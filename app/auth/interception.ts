/** Tells one stranger who answers for many sites from many strangers: that is the network, not a server. */
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import type { Pin } from "../core/evidence.ts";
import type { Anchor } from "../core/expectation.ts";
import { readAnchors } from "./anchors.ts";
import { findPaths, isSignedBy } from "./certification-path.ts";
import { sameName } from "./directory-name.ts";
import { judgeKey } from "./key-strength.ts";
import { type Certificate, readCertificate } from "./x509-certificate.ts";

/** How long an appearance says something of the network that the computer is in, milliseconds. */
const RECENT = 60 * 60 * 1000;
/** Keys that are watched at once; the oldest give way. */
const MOST = 256;

export class Interception {
  /** Sites that a key has answered for wrongly, with the time of the last. */
  readonly #sitesOf = new Map<Pin, Map<string, number>>();

  /**
   * Notes that a server was refused for its identity.
   * @param keys of the server, and of its issuer where that is the network's own
   * @param now milliseconds since the epoch
   * @returns whether one of the keys has answered for another site, too, not long ago
   */
  seen(keys: readonly Pin[], site: string, now: number): boolean {
    return keys.map((key) => this.#note(key, site, now)).includes(true);
  }

  #note(key: Pin, site: string, now: number): boolean {
    const sites = this.#sitesOf.get(key) ?? new Map<string, number>();
    this.#sitesOf.delete(key);
    this.#sitesOf.set(key, sites.set(site, now));
    for (const oldest of this.#sitesOf.keys()) if (this.#sitesOf.size > MOST) this.#sitesOf.delete(oldest);
    return [...sites].some(([other, at]) => other !== site && Math.abs(now - at) <= RECENT);
  }
}

/**
 * The key of who signed the leaf, if it is among the certificates sent, and neither the organisation nor a public
 * authority stands behind it: sites whose certificates were renewed by one of these are not intercepted.
 * @param own the anchors of the profile
 */
export function strangeIssuer(leaf: Certificate, sent: readonly Buffer[], own: readonly Anchor[]): Pin | undefined {
  const others = sent.flatMap(readOrSkip);
  const issuer = others.find((one) => sameName(one.subject, leaf.issuer) && hasSigned(one, leaf));
  if (issuer === undefined || issuer.pin === leaf.pin || isPublic(issuer)) return undefined;
  const anchors = [...new Map(own.map((anchor) => [anchor.fingerprint, anchor])).values()];
  return findPaths(leaf, others, readAnchors(anchors)).paths.length > 0 ? undefined : issuer.pin;
}

function hasSigned(issuer: Certificate, leaf: Certificate): boolean {
  const judged = judgeKey(issuer);
  return judged.kind === "usable" && isSignedBy(leaf, judged.key);
}

/** Signed by an authority that this runtime knows. Trusts nobody: it only keeps an honest issuer from being blamed. */
function isPublic({ der }: Certificate): boolean {
  const issuer = new X509Certificate(der);
  return rootCertificates.some((pem) => {
    const root = new X509Certificate(pem);
    return issuer.fingerprint256 === root.fingerprint256 || (issuer.checkIssued(root) && issuer.verify(root.publicKey));
  });
}

function readOrSkip(der: Buffer): readonly Certificate[] {
  try {
    return [readCertificate(der)];
  } catch {
    return [];
  }
}
