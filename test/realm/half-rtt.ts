import { createCipheriv, createHmac } from "node:crypto";

/** HKDF-Expand-Label with SHA-256 and an empty context, up to one block (RFC 8446 §7.1). */
function expandLabel(secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])]);
  return createHmac("sha256", secret).update(info).digest().subarray(0, length);
}

/**
 * The first application data record of a TLS 1.3 server under TLS_AES_128_GCM_SHA256 (RFC 8446 §5.2), made from its
 * SERVER_TRAFFIC_SECRET_0. A server may send it right behind its Finished, before it has heard of the client's proof;
 * neither Node nor OpenSSL's command line would.
 */
export function firstApplicationRecord(trafficSecret: Buffer, text: string): Buffer {
  const inner = Buffer.concat([Buffer.from(text, "latin1"), Buffer.from([23])]);
  const header = Buffer.from([23, 3, 3, 0, 0]);
  header.writeUInt16BE(inner.length + 16, 3);
  const cipher = createCipheriv(
    "aes-128-gcm",
    expandLabel(trafficSecret, "key", 16),
    expandLabel(trafficSecret, "iv", 12),
  );
  cipher.setAAD(header);
  return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
}
