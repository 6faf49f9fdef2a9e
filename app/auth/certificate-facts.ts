import type { Pin } from "../core/evidence.ts";
import { Refusal } from "../core/refusal.ts";
import { Malformed } from "./asn1.ts";
import type { CertificateFacts } from "./channel.ts";
import { type Certificate, readCertificate } from "./x509-certificate.ts";

/** Reads a certificate that someone sent. @throws Refusal `server.certificate-invalid` */
export function receivedCertificate(der: Uint8Array): Certificate {
  try {
    return readCertificate(der);
  } catch (error) {
    if (!(error instanceof Malformed)) {
      throw error;
    }
    const detail = { fault: error.message, expected: "a certificate in DER as RFC 5280 §4.1 describes it" };
    throw new Refusal("server.certificate-invalid", detail, { cause: error });
  }
}

/**
 * What may be shown of a certificate. Judges nothing.
 * @param der exactly one certificate
 * @throws Refusal `server.certificate-invalid` where the bytes are none
 */
export function certificateFacts(der: Buffer): CertificateFacts {
  const { subject, issuer, notBefore, notAfter, pin, fingerprint } = receivedCertificate(der);
  return {
    subject: subject.text,
    issuer: issuer.text,
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
    pin,
    fingerprint,
  };
}

/**
 * SHA-256 of the SubjectPublicKeyInfo as it is encoded in the certificate (RFC 7469 §2.4).
 * @throws Refusal `server.certificate-invalid`
 */
export const pinOf = (der: Buffer): Pin => receivedCertificate(der).pin;
