import { X509Certificate } from "node:crypto";
import type { Anchor } from "../core/expectation.ts";
import { Malformed } from "./asn1.ts";
import { BoundedCache } from "./bounded-cache.ts";
import { type Certificate, readCertificate } from "./x509-certificate.ts";

const cache = new BoundedCache<string, Certificate | "unreadable">(256);

function read(pem: string): Certificate | "unreadable" {
  try {
    return readCertificate(new X509Certificate(pem).raw);
  } catch (error) {
    // An anchor that cannot be read vouches for nobody; node:crypto's errors carry an `ERR_` or OpenSSL code.
    if (error instanceof Malformed || (error instanceof Error && "code" in error)) {
      return "unreadable";
    }
    throw error;
  }
}

/** The profile's anchors as certificates. One that cannot be read is left out: fewer anchors refuse more. */
export function readAnchors(anchors: readonly Anchor[]): readonly Certificate[] {
  return anchors
    .map(({ pem }) => cache.get(pem) ?? cache.set(pem, read(pem)))
    .filter((anchor): anchor is Certificate => anchor !== "unreadable");
}
