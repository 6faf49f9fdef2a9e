import { createDecipheriv, createHmac } from "node:crypto";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { Aead, CipherSuite } from "./cipher-suites.ts";
import { MalformedMessage } from "./octets.ts";
import { CONTENT_TYPE, type TlsRecord } from "./tls-records.ts";

const KEY_LENGTH: Readonly<Record<Aead, number>> = { "aes-128-gcm": 16, "aes-256-gcm": 32, "chacha20-poly1305": 32 };
const IV_LENGTH = 12;
const TAG_LENGTH = 16;

export interface InnerPlaintext {
  readonly type: number;
  readonly content: Buffer;
}

/**
 * Opens the records of one direction of a TLS 1.3 handshake with the channel's own traffic secret (RFC 8446 §5.2,
 * §7.3). AES-GCM is the platform's; ChaCha20-Poly1305 is @noble/ciphers', because Electron's node:crypto has none.
 */
export class RecordOpener {
  readonly #aead: Aead;
  readonly #key: Buffer;
  readonly #iv: Buffer;
  #sequence = 0;

  constructor(suite: CipherSuite, trafficSecret: Buffer) {
    this.#aead = suite.aead;
    this.#key = expandLabel(suite.hash, trafficSecret, "key", KEY_LENGTH[suite.aead]);
    this.#iv = expandLabel(suite.hash, trafficSecret, "iv", IV_LENGTH);
  }

  /** @throws MalformedMessage when the record was not protected with this secret and the next sequence number. */
  open(record: TlsRecord): InnerPlaintext {
    if (record.type !== CONTENT_TYPE.applicationData || record.fragment.length <= TAG_LENGTH) {
      throw new MalformedMessage("unprotected record where an encrypted one must stand");
    }
    const nonce = this.#nextNonce();
    return innerPlaintext(
      this.#aead === "chacha20-poly1305" ? this.#openChaCha(record, nonce) : this.#openGcm(this.#aead, record, nonce),
    );
  }

  /** Forgets the key. */
  clear(): void {
    this.#key.fill(0);
    this.#iv.fill(0);
  }

  #nextNonce(): Buffer {
    const nonce = Buffer.from(this.#iv);
    const low = nonce.length - 4;
    nonce.writeUInt32BE((nonce.readUInt32BE(low) ^ this.#sequence) >>> 0, low);
    this.#sequence += 1;
    return nonce;
  }

  #openGcm(aead: "aes-128-gcm" | "aes-256-gcm", record: TlsRecord, nonce: Buffer): Buffer {
    const decipher = createDecipheriv(aead, this.#key, nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(record.header);
    decipher.setAuthTag(record.fragment.subarray(-TAG_LENGTH));
    const plaintext = decipher.update(record.fragment.subarray(0, -TAG_LENGTH));
    try {
      decipher.final();
    } catch (cause) {
      throw new MalformedMessage("record does not decrypt", { cause });
    }
    return plaintext;
  }

  #openChaCha(record: TlsRecord, nonce: Buffer): Buffer {
    try {
      return Buffer.from(chacha20poly1305(this.#key, nonce, record.header).decrypt(record.fragment));
    } catch (cause) {
      throw new MalformedMessage("record does not decrypt", { cause });
    }
  }
}

/**
 * HKDF-Expand-Label with an empty context (RFC 8446 §7.1). node:crypto's hkdf always extracts first, so the expansion
 * is its one HMAC block (RFC 5869 §2.3): no key or IV here is longer than the hash.
 */
export function expandLabel(hash: CipherSuite["hash"], secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`, "ascii");
  const info = Buffer.concat([Buffer.from([length >> 8, length & 0xff, name.length]), name, Buffer.from([0, 1])]);
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
}

/** Strips the padding and takes the content type off (RFC 8446 §5.2, §5.4). */
function innerPlaintext(plaintext: Buffer): InnerPlaintext {
  let last = plaintext.length - 1;
  while (last >= 0 && plaintext[last] === 0) last -= 1;
  const type = plaintext[last];
  if (type === undefined) throw new MalformedMessage("record of padding alone");
  return { type, content: plaintext.subarray(0, last) };
}
