import { createPrivateKey, X509Certificate } from "node:crypto";
import { Refusal } from "../../app/core/refusal.ts";
import type { IdentityWithKey, Keystore } from "../../app/keystore/identity.ts";

type Pem = { readonly chainPem: string; readonly keyPem: string };

const noIdentity = (issuer: string): Refusal =>
  new Refusal("client.no-identity", { value: issuer, fault: "no identity of this issuer that is valid now" });

function identityFrom(pem: Pem): IdentityWithKey {
  const leaf = new X509Certificate(pem.chainPem);
  return {
    fingerprint: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
    name: leaf.subject,
    subject: leaf.subject,
    issuer: leaf.issuer,
    serial: leaf.serialNumber,
    notBefore: new Date(leaf.validFrom).toISOString(),
    notAfter: new Date(leaf.validTo).toISOString(),
    keyType: "as made",
    clientAuthentication: true,
    chain: pem.chainPem.split(/(?=-----BEGIN)/),
    key: createPrivateKey(pem.keyPem),
  };
}

/** A keystore in memory with one identity or none; it selects by the issuer's name and dates, as the real one does. */
export function keystoreWith(pem: Pem | null): Pick<Keystore, "select"> {
  return {
    select: async (issuer, now) => {
      // Read when asked, as from a keychain: a key that the library cannot even parse is refused there too.
      const identity = pem === null ? undefined : identityFrom(pem);
      const valid =
        identity !== undefined && now >= Date.parse(identity.notBefore) && now < Date.parse(identity.notAfter);
      if (!valid || issuer !== identity.issuer) {
        throw noIdentity(issuer);
      }
      return identity;
    },
  };
}
