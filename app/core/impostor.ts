/** A server that answered for one of the profile's sites with a key that is not that site's, and proved that key. */
import { z } from "zod";
import type { Fingerprint, Pin, TlsProtocol } from "./evidence.ts";

const text = z.string().max(1000);
const time = z.iso.datetime();

/** Where and when it answered. */
const appearance = z.strictObject({
  /** Profile id of the site that it answered for. */
  site: text,
  origin: text,
  /** Address of the peer that was dialled: the server's, or that of a proxy in between. */
  address: text.optional(),
  at: time,
  /** Reason code of the refusal. */
  code: text,
});

/** The last handshake in which it proved the key, and what it showed there. */
const evidence = z.strictObject({
  protocol: z.enum(["TLSv1.2", "TLSv1.3"]),
  cipher: text,
  /** What the signature stands in (RFC 8446 §4.4.3, RFC 5246 §7.4.3). */
  message: z.enum(["CertificateVerify", "ServerKeyExchange"]),
  /** SHA-256 over both hello messages, lower-case hex. */
  transcript: z.string().regex(/^[0-9a-f]{64}$/),
  certificate: z.strictObject({
    subject: text,
    issuer: text,
    notBefore: time,
    notAfter: time,
    /** SHA-256 of its DER, lower-case hex. */
    fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
    /** Its DER, base64; absent where it is larger than a record should be. */
    der: z.base64().max(32_768).optional(),
  }),
});

const MAX_APPEARANCES = 16;

/** What is kept of one impostor, and exported for IT. */
export const impostorSchema = z.strictObject({
  version: z.literal(1),
  key: z.templateLiteral(["sha256/", z.string().regex(/^[A-Za-z0-9+/]{43}=$/)]),
  first: time,
  last: time,
  times: z.int().min(1),
  /** The latest of each origin and address, newest first. */
  appearances: z.array(appearance).min(1).max(MAX_APPEARANCES),
  evidence,
});

export type Impostor = z.output<typeof impostorSchema>;
export type Appearance = Impostor["appearances"][number];

/** One refused handshake in which the server proved its key. */
export interface Sighting {
  readonly key: Pin;
  readonly appearance: Appearance;
  readonly evidence: Impostor["evidence"] & { readonly protocol: TlsProtocol; readonly transcript: Fingerprint };
}

/** Adds a sighting to what is known of its key. */
export function withSighting(
  known: Impostor | undefined,
  { key, appearance: now, evidence: shown }: Sighting,
): Impostor {
  const earlier = (known?.appearances ?? []).filter(
    ({ origin, address }) => origin !== now.origin || address !== now.address,
  );
  return {
    version: 1,
    key,
    first: known?.first ?? now.at,
    last: now.at,
    times: (known?.times ?? 0) + 1,
    appearances: [now, ...earlier].slice(0, MAX_APPEARANCES),
    evidence: shown,
  };
}

/** Keys of impostors that this machine has met. */
export interface ImpostorMemory {
  known(key: Pin): Impostor | undefined;
  /** Never throws, never waits. */
  remember(sighting: Sighting): void;
}
