/** Judges a stapled OCSP response (RFC 6960 §3.2) and the demand for one (RFC 7633). */
import { constants, createHash, type KeyObject, verify } from "node:crypto";
import type { ReasonCode } from "../core/reasons.ts";
import { Malformed } from "./asn1.ts";
import { encodingFault } from "./certificate-encoding.ts";
import { PURPOSE } from "./certificate-extensions.ts";
import { isSignedBy } from "./certification-path.ts";
import { sameName } from "./directory-name.ts";
import { judgeKey, signatureScheme } from "./key-strength.ts";
import { type CertId, type OcspResponse, readOcspResponse, type SingleResponse } from "./ocsp-response.ts";
import { type Certificate, readCertificate } from "./x509-certificate.ts";

/** What a staple comes to: nothing (absent, or unverifiable and not demanded), proof, or a fault. */
export type StapleJudgement =
  | { readonly kind: "none" }
  | { readonly kind: "good"; readonly producedAt: number; readonly nextUpdate: number }
  | { readonly kind: "fault"; readonly code: ReasonCode; readonly fault: string; readonly expected: string };

export interface StapleQuestion {
  readonly staple: Buffer | undefined;
  readonly leaf: Certificate;
  /** Whoever signed the leaf, where that is known. */
  readonly issuer: Certificate | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Responders' clocks may run ahead by this much; milliseconds. */
const CLOCK_SKEW = 5 * 60_000;
/** status_request and status_request_v2 (RFC 7633 §4.2.3). */
const STATUS_REQUESTS = [5, 17];
/** More certificates than any responder sends along. */
const MAX_CERTIFICATES = 4;

const HASHES: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

const invalid = (fault: string): StapleJudgement => ({
  kind: "fault",
  code: "server.staple-invalid",
  fault,
  expected: "a current response that says good, signed by the leaf's issuer or a responder it authorised (RFC 6960)",
});

const revoked = (): StapleJudgement => ({
  kind: "fault",
  code: "server.revoked",
  fault: "the issuer has revoked the server's certificate",
  expected: "a certificate that is not revoked",
});

export const mustStaple = (leaf: Certificate): boolean =>
  leaf.extensions.features?.some((feature) => STATUS_REQUESTS.includes(feature)) === true;

/** SHA-1 only names the issuer here; nothing rests on its strength (RFC 6960 §4.3). */
function isAbout({ hash, ...id }: CertId, leaf: Certificate, issuer: Certificate | undefined): boolean {
  const name = HASHES[hash.oid];
  const digest = (bytes: Buffer) =>
    createHash(name ?? "")
      .update(bytes)
      .digest();
  return (
    name !== undefined &&
    id.serial.equals(leaf.serial) &&
    id.issuerNameHash.equals(digest(leaf.issuer.der)) &&
    (issuer === undefined || id.issuerKeyHash.equals(digest(issuer.keyBits)))
  );
}

function identifies(response: OcspResponse, signer: Certificate): boolean {
  const { responder } = response;
  return "name" in responder
    ? sameName(responder.name, signer.subject)
    : responder.keyHash.equals(createHash("sha1").update(signer.keyBits).digest());
}

/** Why a certificate sent along may not answer for the issuer (RFC 6960 §4.2.2.2). */
function delegateFault(delegate: Certificate, issuer: Certificate, issuerKey: KeyObject, now: number) {
  const { extensions } = delegate;
  if (extensions.purposes?.includes(PURPOSE.ocspSigning) !== true) {
    return "the responder's certificate is not for OCSP signing";
  }
  if (now < delegate.notBefore || now > delegate.notAfter) {
    return "the responder's certificate is not valid now";
  }
  if (extensions.keyUsage?.has("digitalSignature") === false || encodingFault(delegate) !== undefined) {
    return `the responder's certificate ${encodingFault(delegate) ?? "may not sign"}`;
  }
  const weak = signatureScheme(delegate.signatureAlgorithm) === undefined;
  const issued = sameName(delegate.issuer, issuer.subject) && !weak && isSignedBy(delegate, issuerKey);
  return issued ? undefined : "the responder's certificate was not issued by the leaf's issuer";
}

function hasValidSignature(response: OcspResponse, key: KeyObject): boolean {
  const scheme = signatureScheme(response.signatureAlgorithm);
  if (scheme === undefined) {
    return false;
  }
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  try {
    return verify(scheme.hash, response.signed, scheme.pss ? { key, ...padding } : key, response.signature);
  } catch {
    return false;
  }
}

/** Why nobody who may answer for the issuer signed the response; undefined when someone did. */
function signerFault(response: OcspResponse, issuer: Certificate, now: number): string | undefined {
  const issuerKey = judgeKey(issuer);
  if (issuerKey.kind !== "usable") {
    return `the issuer has ${issuerKey.fault}`;
  }
  if (identifies(response, issuer)) {
    return hasValidSignature(response, issuerKey.key) ? undefined : "its signature does not verify";
  }
  const sent = response.certificates.slice(0, MAX_CERTIFICATES).map(readCertificate);
  const delegate = sent.find((one) => identifies(response, one));
  if (delegate === undefined) {
    return "it was signed neither by the leaf's issuer nor by a responder whose certificate came along";
  }
  const key = judgeKey(delegate);
  const fault = key.kind === "usable" ? delegateFault(delegate, issuer, issuerKey.key, now) : `it has ${key.fault}`;
  return (
    fault ??
    (key.kind === "usable" && hasValidSignature(response, key.key) ? undefined : "its signature does not verify")
  );
}

function judgeSingle({ status, thisUpdate, nextUpdate }: SingleResponse, producedAt: number, now: number) {
  if (status !== "good") {
    return status === "revoked" ? revoked() : invalid("the responder does not know the certificate");
  }
  if (thisUpdate > now + CLOCK_SKEW || producedAt > now + CLOCK_SKEW) {
    return invalid(`it is from the future: ${new Date(Math.max(thisUpdate, producedAt)).toISOString()}`);
  }
  // Without nextUpdate nothing says until when the answer counts (RFC 5019 §2.2.4).
  if (nextUpdate === undefined || now > nextUpdate) {
    return invalid(
      nextUpdate === undefined ? "it has no nextUpdate" : `it ran out ${new Date(nextUpdate).toISOString()}`,
    );
  }
  return { kind: "good", producedAt, nextUpdate } as const;
}

function judgeResponse({ leaf, issuer, now }: StapleQuestion, response: OcspResponse): StapleJudgement {
  const answers = response.responses.filter(({ certId }) => isAbout(certId, leaf, issuer));
  const [answer] = answers;
  if (answer === undefined) {
    return invalid("it is about another certificate");
  }
  const bad = answers.find(({ status }) => status === "revoked") ?? answers.find(({ status }) => status !== "good");
  if (issuer === undefined) {
    // Nobody gains by claiming that their own certificate is revoked: bad news counts unverified.
    return bad?.status === "revoked"
      ? revoked()
      : mustStaple(leaf)
        ? invalid("its signature cannot be checked: the leaf's issuer is unknown")
        : { kind: "none" };
  }
  const fault = signerFault(response, issuer, now);
  return fault === undefined ? judgeSingle(bad ?? answer, response.producedAt, now) : invalid(fault);
}

/**
 * A staple is honoured when there is one and demanded when the leaf says must-staple. Where the leaf's issuer is not
 * known (pins alone, and the server sends the leaf alone), a good staple that nobody demands counts for nothing.
 */
export function judgeStaple(question: StapleQuestion): StapleJudgement {
  if (question.staple === undefined) {
    return mustStaple(question.leaf)
      ? {
          kind: "fault",
          code: "server.staple-missing",
          fault: "the certificate demands a stapled OCSP response and the server sent none",
          expected: "an OCSP response in the handshake (RFC 6066 §8, RFC 7633)",
        }
      : { kind: "none" };
  }
  try {
    return judgeResponse(question, readOcspResponse(question.staple));
  } catch (error) {
    if (error instanceof Malformed) {
      return invalid(error.message);
    }
    throw error;
  }
}
