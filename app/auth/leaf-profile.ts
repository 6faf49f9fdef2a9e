import type { KeyObject } from "node:crypto";
import type { ReasonCode } from "../core/reasons.ts";
import { encodingFault } from "./certificate-encoding.ts";
import { PURPOSE } from "./certificate-extensions.ts";
import { judgeKey } from "./key-strength.ts";
import { type Certificate, platformCertificate } from "./x509-certificate.ts";

export interface ProfileFault {
  readonly code: ReasonCode;
  readonly fault: string;
  readonly expected: string;
}

const violation = (fault: string, expected: string): ProfileFault => ({
  code: "server.certificate-invalid",
  fault: `the certificate ${fault}`,
  expected,
});

function usageFault({ extensions, subject }: Certificate): ProfileFault | undefined {
  const { basicConstraints, keyUsage, purposes, alternativeNames } = extensions;
  if (basicConstraints?.ca === true) {
    return violation("is that of a certificate authority", "a certificate for a server, not for an authority");
  }
  // TLS 1.3 and ECDHE: the server signs the handshake (RFC 8446 §4.4.2.2, RFC 8422 §2.2).
  if (keyUsage?.has("digitalSignature") === false) {
    return violation("may not sign handshakes: its key usage lacks digitalSignature", "key usage digitalSignature");
  }
  if (purposes?.includes(PURPOSE.serverAuth) !== true) {
    return violation("is not for servers", "extended key usage serverAuth; anyExtendedKeyUsage does not replace it");
  }
  if (subject.keys.length === 0 && alternativeNames?.critical !== true) {
    return violation("has neither a subject nor critical alternative names", "RFC 5280 §4.1.2.6");
  }
  return undefined;
}

/** What this code reads as the key must be what the TLS library checked the handshake's signature with. */
function keyFault(leaf: Certificate): ProfileFault | undefined {
  const judgement = judgeKey(leaf);
  switch (judgement.kind) {
    case "unsupported":
      return {
        code: "server.unsupported-key",
        fault: `the certificate has ${judgement.fault}`,
        expected: "ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, or Ed25519",
      };
    case "weak":
      return violation(`has ${judgement.fault}`, "RSA of 2048 bits or more with exponent 65537");
    case "usable":
      return readsAlike(leaf, judgement.key)
        ? undefined
        : violation("reads differently in the TLS library", "one key, encoded as RFC 5280 prescribes");
  }
}

function readsAlike(leaf: Certificate, key: KeyObject): boolean {
  try {
    return platformCertificate(leaf).publicKey.equals(key);
  } catch {
    return false;
  }
}

/**
 * Holds a leaf against the profile of server certificates: RFC 5280 §4 and the CA/Browser Forum's Baseline
 * Requirements §7.1.2.7, as far as they concern any PKI. The Forum's limits for public authorities alone do not apply:
 * length of validity (private authorities issue for years), transparency logs, policies, the set of subject fields.
 */
export function leafFault(leaf: Certificate): ProfileFault | undefined {
  const known = judged.get(leaf);
  if (known !== undefined) {
    return known.fault;
  }
  const fault = findFault(leaf);
  judged.set(leaf, { fault });
  return fault;
}

/** The profile asks for nothing but the bytes of the leaf, so an answer stays true for as long as it is kept. */
const judged = new WeakMap<Certificate, { readonly fault: ProfileFault | undefined }>();

function findFault(leaf: Certificate): ProfileFault | undefined {
  const encoding = encodingFault(leaf);
  if (encoding !== undefined) {
    return violation(encoding, "a version 3 certificate as RFC 5280 §4.1 describes it");
  }
  return usageFault(leaf) ?? keyFault(leaf);
}
