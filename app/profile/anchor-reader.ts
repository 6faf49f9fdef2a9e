import { createHash, X509Certificate } from "node:crypto";
import type { AnchorReader } from "../core/profile.ts";

const ONE_BLOCK = /^\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;

/** Reads an anchor of the profile: exactly one PEM certificate, of a CA (RFC 5280 §4.2.1.9). */
export const readAnchor: AnchorReader = (pem) => {
  if (!ONE_BLOCK.test(pem)) return { fault: "not exactly one block BEGIN CERTIFICATE … END CERTIFICATE" };
  try {
    const certificate = new X509Certificate(pem);
    if (!certificate.ca) return { fault: `${certificate.subject.replaceAll("\n", ", ")} is not a CA certificate` };
    return { fingerprint: createHash("sha256").update(certificate.raw).digest("hex") };
  } catch {
    return { fault: "the block is not a DER certificate" };
  }
};
