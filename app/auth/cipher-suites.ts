/** The suites Countersign offers: ephemeral ECDH, AEAD, nothing else (RFC 8446 §B.4, RFC 5289, RFC 7905). */

export type Aead = "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305";

export interface CipherSuite {
  readonly name: string;
  /** What OpenSSL and BoringSSL call it in a cipher list. */
  readonly opensslName: string;
  readonly protocol: "TLSv1.2" | "TLSv1.3";
  readonly aead: Aead;
  /** Hash of the TLS 1.3 key schedule. */
  readonly hash: "sha256" | "sha384";
}

function tls13(name: string, aead: Aead, hash: CipherSuite["hash"]): CipherSuite {
  return { name, opensslName: name, protocol: "TLSv1.3", aead, hash };
}

function tls12(name: string, opensslName: string, aead: Aead, hash: CipherSuite["hash"]): CipherSuite {
  return { name, opensslName, protocol: "TLSv1.2", aead, hash };
}

/** By wire number, in our order of preference. */
export const CIPHER_SUITES: ReadonlyMap<number, CipherSuite> = new Map([
  [0x1301, tls13("TLS_AES_128_GCM_SHA256", "aes-128-gcm", "sha256")],
  [0x1302, tls13("TLS_AES_256_GCM_SHA384", "aes-256-gcm", "sha384")],
  [0x1303, tls13("TLS_CHACHA20_POLY1305_SHA256", "chacha20-poly1305", "sha256")],
  [0xc02b, tls12("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", "aes-128-gcm", "sha256")],
  [0xc02f, tls12("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "aes-128-gcm", "sha256")],
  [0xc02c, tls12("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", "aes-256-gcm", "sha384")],
  [0xc030, tls12("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "aes-256-gcm", "sha384")],
  [
    0xcca9,
    tls12(
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      "ECDHE-ECDSA-CHACHA20-POLY1305",
      "chacha20-poly1305",
      "sha256",
    ),
  ],
  [
    0xcca8,
    tls12("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "chacha20-poly1305", "sha256"),
  ],
]);
