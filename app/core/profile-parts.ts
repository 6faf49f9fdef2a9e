/** Pieces of the profile's schema that several of its subjects use. */
import { z } from "zod";
import type { Fingerprint } from "./evidence.ts";
import type { Anchor } from "./expectation.ts";
import { isRealm, isServiceClass } from "./spn.ts";

/**
 * Reads one PEM certificate; given by the caller because parsing X.509 is the platform's work, not core's.
 * @returns the fingerprint of its DER, or what is wrong with it.
 */
export type AnchorReader = (pem: string) => { readonly fingerprint: Fingerprint } | { readonly fault: string };

/** An object without unknown keys; the message for one names the keys there are. */
export function object<S extends z.core.$ZodShape>(shape: S) {
  const keys = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? `no such key; the keys here are ${keys}` : "an object"),
  });
}

/** A list of at least one. */
export function list<T extends z.core.$ZodType>(item: T, what: string, max: number) {
  const expected = `a list of 1 to ${max} ${what}`;
  return z.array(item, { error: expected }).min(1, { error: expected }).max(max, { error: expected });
}

export const addresses = list(z.union([z.ipv4(), z.ipv6()], { error: "an IPv4 or IPv6 address" }), "IP addresses", 16)
  .optional()
  .describe("Dialled, in this order, instead of asking DNS.");

/** 32 octets are 43 base64 characters and one `=`; the spare bits of the last character are zero (RFC 4648 §3.5). */
const BASE64_OF_32_OCTETS = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

export const pin = z
  .templateLiteral(["sha256/", z.string().regex(BASE64_OF_32_OCTETS)], {
    error:
      "sha256/ and the base64 of the 32 bytes of a SHA-256 hash, e.g. sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
  })
  .describe("SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469 §2.4).");

function anchor(readAnchor: AnchorReader) {
  return z
    .string({ error: "one PEM certificate" })
    .describe("One CA certificate, PEM.")
    .transform((pem, context): Anchor => {
      const read = readAnchor(pem);
      if ("fingerprint" in read) return { pem, fingerprint: read.fingerprint };
      context.addIssue({ code: "custom", message: `one PEM certificate of a CA: ${read.fault}` });
      return z.NEVER;
    });
}

export const PINS_EXPECTED = "a list of 1 to 64 pins";

export const pins = list(pin, "pins", 64).describe(
  "At least one must match: the leaf's key, or with anchors a key of the verified path. List a backup.",
);

export function anchors(readAnchor: AnchorReader) {
  return list(anchor(readAnchor), "PEM certificates", 64).describe(
    "With anchors the server's chain must also verify to one of them.",
  );
}

/** What proves a server by its certificate alone. */
export function pinnedServer(readAnchor: AnchorReader) {
  return object({ pins, anchors: anchors(readAnchor).default([]) }).describe("What proves the server.");
}

export const realm = z
  .string({ error: "a Kerberos realm" })
  .refine(isRealm, { error: "a realm such as CORP.EXAMPLE" })
  .describe("Kerberos realm of the service.");

export const serviceClass = z
  .string({ error: "a service class" })
  .refine(isServiceClass, { error: "a service class such as HTTP" });
