/** A release: the signed statement of what a list is now. The files it names are known by their SHA-256. */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { z } from "zod";
import { Refusal } from "../core/refusal.ts";

const file = z.strictObject({
  /** Beside the release. */
  name: z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/),
  size: z
    .int()
    .min(0)
    .max(2 ** 31),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const schema = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  /** Rises with every change of the list. */
  number: z.int().min(1),
  /** When it was made; rises with every release, also of an unchanged list. */
  issued: z.iso.datetime(),
  list: file,
  /** What has changed from an earlier number to this one: lines with `+` or `-`. */
  deltas: z
    .array(file.extend({ from: z.int().min(1) }))
    .max(100)
    .default([]),
});

export type Release = z.infer<typeof schema>;
export type ReleaseFile = z.infer<typeof file>;

/**
 * Reads a release whose detached signature verifies.
 * @param signature the raw signature or its base64; ECDSA's in DER
 * @param publicKey PEM
 * @throws Refusal `hostile.signature`, `hostile.format`
 */
export function readRelease(bytes: Buffer, signature: Buffer, publicKey: string, id: string): Release {
  if (!verifies(bytes, signature, keyOf(publicKey))) {
    throw new Refusal("hostile.signature", {
      value: id,
      fault: "the signature of the release does not verify",
      expected: "a signature by the list's publicKey",
    });
  }
  const parsed = schema.safeParse(parseJson(bytes));
  if (!parsed.success) throw malformed(id, z.prettifyError(parsed.error).split("\n")[0] ?? "it is malformed");
  if (parsed.data.id !== id) throw malformed(id, `it is a release of the list ${parsed.data.id}`);
  return parsed.data;
}

function verifies(bytes: Buffer, signature: Buffer, key: KeyObject): boolean {
  const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  const text = signature.toString("latin1").trim();
  const decoded = /^[A-Za-z0-9+/\s]+={0,2}$/.test(text) ? [Buffer.from(text, "base64")] : [];
  return [signature, ...decoded].some((each) => verify(digest, bytes, key, each));
}

function keyOf(pem: string): KeyObject {
  const key = parseKey(pem);
  const curve = key?.asymmetricKeyDetails?.namedCurve;
  if (key?.asymmetricKeyType === "ed25519" || (key?.asymmetricKeyType === "ec" && curve === "prime256v1")) return key;
  throw new Refusal("hostile.signature", {
    value: `${key?.asymmetricKeyType ?? "no key"} ${curve ?? ""}`.trim(),
    fault: "the list's publicKey is of another kind",
    expected: "Ed25519 or ECDSA P-256",
  });
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function malformed(id: string, fault: string): Refusal {
  return new Refusal("hostile.format", { value: id, fault: `the release: ${fault}`, expected: "docs/hostile.md" });
}
