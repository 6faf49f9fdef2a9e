import { createCipheriv } from "node:crypto";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { CipherSuite } from "../../../app/auth/cipher-suites.ts";
import { expandLabel } from "../../../app/auth/record-protection.ts";
import type { TlsRecord } from "../../../app/auth/tls-records.ts";

const KEY_LENGTH = { "aes-128-gcm": 16, "aes-256-gcm": 32, "chacha20-poly1305": 32 } as const;

/** Seals as RFC 8446 §5.2 says, by another path than the code under test takes. */
export function seal(suite: CipherSuite, secret: Buffer, sequence: bigint, inner: Buffer): TlsRecord {
  const key = expandLabel(suite.hash, secret, "key", KEY_LENGTH[suite.aead]);
  const nonce = expandLabel(suite.hash, secret, "iv", 12);
  nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ sequence, 4);
  const length = inner.length + 16;
  const header = Buffer.from([23, 3, 3, length >> 8, length & 0xff]);
  if (suite.aead === "chacha20-poly1305") {
    return { type: 23, header, fragment: Buffer.from(chacha20poly1305(key, nonce, header).encrypt(inner)) };
  }
  const cipher = createCipheriv(suite.aead, key, nonce);
  cipher.setAAD(header);
  const fragment = Buffer.concat([cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
  return { type: 23, header, fragment };
}
