import { createPrivateKey, X509Certificate } from "node:crypto";
import { Refusal } from "../../app/core/refusal.ts";
import type { IdentityWithKey, Keystore } from "../../app/keystore/identity.ts";

/** A keystore in memory with one identity; it selects by the issuer's name and dates, as the real one does. */
export function keystoreWith(pem: { readonly chainPem: string; readonly keyPem: string }): Pick<Keystore, "select"> {
  const leaf = new X509Certificate(pem.chainPem);
  const identity: IdentityWithKey = {
    fingerprint: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
    name: leaf.subject,
    subject: leaf.subject,
    issuer: leaf.issuer,
    serial: leaf.serialNumber,
    notBefore: new Date(leaf.validFrom).toISOString(),
    notAfter: new Date(leaf.validTo).toISOString(),
    keyType: "EC P-256",
    clientAuthentication: true,
    chain: pem.chainPem.split(/(?=-----BEGIN)/),
    key: createPrivateKey(pem.keyPem),
  };
  return {
    select: async (issuer, now) => {
      if (issuer !== identity.issuer || now < Date.parse(identity.notBefore) || now >= Date.parse(identity.notAfter)) {
        throw new Refusal("client.no-identity", { value: issuer, fault: "no identity of this issuer" });
      }
      return identity;
    },
  };
}
