/** The text in which the set of identities is stored, and back. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { Refusal } from "../core/refusal.ts";
import { type Certificate, publicKeyOf, readCertificate } from "./certificate.ts";
import type { KeyedChain } from "./pkcs12.ts";
import { readPrivateKey } from "./private-key.ts";

const base64 = z.base64().min(1);

/** Certificates and keys as base64 of DER; keys are PKCS#8. */
const storedSet = z.strictObject({
  version: z.literal(1),
  identities: z.array(z.strictObject({ name: z.string().min(1), chain: z.tuple([base64]).rest(base64), key: base64 })),
});

export const damagedSet = (fault: string, cause?: unknown): Refusal =>
  new Refusal("keystore.damaged", { fault, expected: "entries as Countersign wrote them" }, { cause });

const bytesOf = (text: string): Buffer => Buffer.from(text, "base64");

export function encodeIdentitySet(identities: readonly KeyedChain[]): Buffer {
  const stored: z.infer<typeof storedSet> = {
    version: 1,
    identities: identities.map(({ name, chain: [leaf, ...rest], key }) => ({
      name,
      chain: [leaf.der.toString("base64"), ...rest.map(({ der }) => der.toString("base64"))],
      key: encodeKey(key),
    })),
  };
  return Buffer.from(JSON.stringify(stored), "utf8");
}

function encodeKey(key: KeyObject): string {
  const der = key.export({ type: "pkcs8", format: "der" });
  const text = der.toString("base64");
  der.fill(0);
  return text;
}

/** Whole or not at all. @throws Refusal `keystore.damaged` */
export function decodeIdentitySet(bytes: Buffer): readonly KeyedChain[] {
  try {
    const { identities } = storedSet.parse(JSON.parse(bytes.toString("utf8")));
    return identities.map(({ name, chain: [leaf, ...rest], key }) => {
      const privateKey = readPrivateKey(bytesOf(key));
      return {
        name,
        chain: [
          leafOf(readCertificate(bytesOf(leaf)), privateKey),
          ...rest.map((der) => readCertificate(bytesOf(der))),
        ],
        key: privateKey,
      };
    });
  } catch (error) {
    // What the schema or a parser says could quote what is stored: it does not go into the refusal.
    throw damagedSet("The stored identities cannot be read", error instanceof Refusal ? error : undefined);
  }
}

/** Decodes and overwrites; empty text is the keystore before its first identity. @throws Refusal `keystore.damaged` */
export function takeIdentitySet(text: Buffer): readonly KeyedChain[] {
  try {
    return text.length === 0 ? [] : decodeIdentitySet(text);
  } finally {
    text.fill(0);
  }
}

function leafOf(certificate: Certificate, key: KeyObject): Certificate {
  if (!publicKeyOf(certificate)?.equals(createPublicKey(key))) {
    throw damagedSet("A stored private key is not that of its certificate");
  }
  return certificate;
}
