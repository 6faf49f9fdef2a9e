import { createHash } from "node:crypto";
import { receivedCertificate } from "./certificate-facts.ts";
import { signatureScheme } from "./key-strength.ts";

/** Signatures with MD5 or SHA-1, for which the binding takes SHA-256 (RFC 5929 §4.1). */
const WEAK = new Set(["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"]);

/**
 * The tls-server-end-point of a certificate: its hash, with the hash of its own signature algorithm (RFC 5929 §4.1).
 * @param der the server's certificate
 * @returns undefined where the signature names no single hash, so that no binding is defined
 * @throws Refusal `server.certificate-invalid`
 */
export function tlsServerEndPoint(der: Buffer): Buffer | undefined {
  const { signatureAlgorithm } = receivedCertificate(der);
  const hash = WEAK.has(signatureAlgorithm.oid) ? "sha256" : signatureScheme(signatureAlgorithm)?.hash;
  return hash == null ? undefined : createHash(hash).update(der).digest();
}

/** Application data of the channel bindings (RFC 5929 §4, RFC 5056 §2.1). */
export function endPointBinding(endPoint: Buffer): Buffer {
  return Buffer.concat([Buffer.from("tls-server-end-point:", "latin1"), endPoint]);
}
