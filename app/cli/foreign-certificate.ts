import { createHash, createPrivateKey, generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import forge from "node-forge";
import type { Credentials } from "../auth/authenticator.ts";
import { parseDistinguishedName } from "../core/distinguished-name.ts";
import { oidOf } from "../keystore/distinguished-names.ts";

const HOUR = 3_600_000;

/**
 * A client certificate that bears the expected issuer's name and is right in every way but one: the issuer did not
 * sign it. A server that looks at names alone takes it. Its key is made for this one use and forgotten.
 * @param issuer RFC 4514, as in the profile.
 */
export async function foreignCertificate(issuer: string, now: number): Promise<Credentials> {
  const options = { modulusLength: 2048, privateKeyEncoding: { type: "pkcs8", format: "pem" } } as const;
  const { privateKey } = await promisify(generateKeyPair)("rsa", {
    ...options,
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const key = forge.pki.privateKeyFromPem(privateKey);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.rsa.setPublicKey(key.n, key.e);
  certificate.serialNumber = `4${randomBytes(15).toString("hex")}`;
  certificate.validity.notBefore = new Date(now - HOUR);
  certificate.validity.notAfter = new Date(now + HOUR);
  certificate.setSubject([{ name: "commonName", value: "Countersign check" }]);
  certificate.setIssuer(attributes(issuer));
  certificate.setExtensions([
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", digitalSignature: true, critical: true },
    { name: "extKeyUsage", clientAuth: true },
  ]);
  certificate.sign(key, forge.md.sha256.create());
  return credentials(certificate, issuer, privateKey);
}

function credentials(certificate: forge.pki.Certificate, issuer: string, privateKey: string): Credentials {
  const der = forge.asn1.toDer(forge.pki.certificateToAsn1(certificate)).getBytes();
  return {
    facts: {
      subject: "CN=Countersign check",
      issuer,
      notAfter: certificate.validity.notAfter.toISOString(),
      fingerprint: createHash("sha256").update(Buffer.from(der, "latin1")).digest("hex"),
    },
    chain: forge.pki.certificateToPem(certificate),
    key: createPrivateKey(privateKey),
  };
}

/** RFC 4514 writes the last relative name first. Attributes of unknown types and encoded values are left out. */
function attributes(issuer: string): forge.pki.CertificateField[] {
  const names = [...(parseDistinguishedName(issuer) ?? [])].reverse().flat();
  return names
    .filter(({ type, encoded }) => encoded !== true && /^[0-9.]+$/.test(oidOf(type)))
    .map(({ type, value }) => ({
      type: oidOf(type),
      value: forge.util.encodeUtf8(value),
      valueTagClass: forge.asn1.Type.UTF8 as unknown as forge.asn1.Class,
    }));
}
