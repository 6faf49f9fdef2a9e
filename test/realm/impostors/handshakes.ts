import { createPrivateKey } from "node:crypto";
import { createSecureContext, type TLSSocket, type TlsOptions } from "node:tls";
import type { TlsProtocol } from "../../../app/core/evidence.ts";
import { type Certificate, pem } from "../certificates.ts";
import type { TestKey } from "../keys.ts";
import { OK } from "../servers.ts";
import type { Result, Row } from "./row.ts";
import { ANYTHING_GOES, inBoth, only, serve } from "./stage.ts";

/**
 * A private key in PKCS#8 that states the public key of another: OpenSSL takes it for that other's, and signs with
 * what it has. So a server can present a certificate whose key it lacks, and be right in all the rest.
 */
function claimKey(genuine: TestKey, own: TestKey): string {
  const scalarAt = (der: Buffer): number => der.indexOf(Buffer.from([0x04, 0x20])) + 2;
  const der = (key: TestKey): Buffer => createPrivateKey(key.privatePem).export({ type: "pkcs8", format: "der" });
  const claimed = Buffer.from(der(genuine));
  const secret = der(own);
  secret.copy(claimed, scalarAt(claimed), scalarAt(secret), scalarAt(secret) + 32);
  return pem("PRIVATE KEY", claimed);
}

const stolenCertificate = (protocol: TlsProtocol): Row => ({
  id: "genuine-without-key",
  what: "the genuine certificate as leaf, and a handshake signed with another key",
  expect: "server.possession",
  mayReceive: "client-hello",
  start: (scene) => {
    const keyPem = claimKey(scene.genuine.key, scene.backup.key);
    return serve(scene, { certificate: { chainPem: scene.genuine.chainPem, keyPem }, tls: only(protocol) });
  },
});

const version = (id: string, what: string, expect: Result, tls: TlsOptions): Row => ({
  id,
  what,
  expect,
  mayReceive: "client-hello",
  start: (scene) => serve(scene, { certificate: scene.genuine, tls: { ...ANYTHING_GOES, ...tls } }),
});

const rsaOnly: Row = {
  id: "no-ecdhe-rsa",
  what: "TLS 1.2 with RSA key transport only: no forward secrecy",
  expect: "tls.handshake",
  mayReceive: "client-hello",
  start: (scene) => {
    const certificate = scene.leaf({ key: "rsa-2048", keyUsage: ["digitalSignature", "keyEncipherment"] });
    const server = { pins: [certificate.pin], anchors: [scene.root.certificatePem] };
    const tls = { ...only("TLSv1.2"), ciphers: "AES128-GCM-SHA256:AES256-SHA256:AES128-SHA" };
    return serve(scene, { certificate, tls }, { server });
  },
};

const finiteFieldOnly: Row = {
  id: "no-ecdhe-dhe",
  what: "TLS 1.2 with finite-field Diffie-Hellman only",
  expect: "tls.handshake",
  mayReceive: "client-hello",
  start: (scene) => {
    const certificate = scene.leaf({ key: "rsa-2048" });
    const server = { pins: [certificate.pin], anchors: [scene.root.certificatePem] };
    return serve(
      scene,
      { certificate, tls: { ...only("TLSv1.2"), ciphers: "DHE-RSA-AES128-GCM-SHA256", dhparam: "auto" } },
      { server },
    );
  },
};

const cbcOnly: Row = {
  id: "no-aead",
  what: "TLS 1.2 with ECDHE and CBC suites only",
  expect: "tls.handshake",
  mayReceive: "client-hello",
  start: (scene) =>
    serve(scene, { tls: { ...only("TLSv1.2"), ciphers: "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384" } }),
};

const anonymous: Row = {
  id: "anonymous",
  what: "TLS 1.2 with anonymous suites: no certificate at all",
  expect: "tls.handshake",
  mayReceive: "client-hello",
  start: (scene) =>
    serve(scene, { tls: { ...only("TLSv1.2"), requestCert: false, ciphers: "AECDH-AES128-SHA:@SECLEVEL=0" } }),
};

const renegotiates: Row = {
  id: "renegotiates-with-another-key",
  what: "begins a second handshake with another key when the probe arrives (TLS 1.2)",
  expect: "server.renegotiation",
  mayReceive: "probe",
  start: (scene) => {
    let handshakes = 0;
    const other = scene.leaf();
    const context = (of: Certificate) =>
      createSecureContext({ key: of.keyPem, cert: of.chainPem, ca: scene.clientAuthority.certificatePem });
    return serve(scene, {
      tls: {
        ...only("TLSv1.2"),
        SNICallback: (_name, done) => {
          handshakes += 1;
          done(null, context(handshakes === 1 ? scene.genuine : other));
        },
      },
      answer: (socket) => {
        socket.renegotiate({ requestCert: true, rejectUnauthorized: false }, () => socket.write(OK));
      },
    });
  },
};

const renegotiatesLater: Row = {
  id: "renegotiates-after-the-verdict",
  what: "begins a second handshake on a channel that has its verdict (TLS 1.2)",
  expect: "authenticated",
  after: "server.renegotiation",
  mayReceive: "probe",
  start: async (scene) => {
    const sockets: TLSSocket[] = [];
    const started = await serve(scene, { tls: only("TLSv1.2"), onSecure: (socket) => sockets.push(socket) });
    const renegotiate = (): void => {
      for (const socket of sockets) {
        socket.renegotiate({ requestCert: true, rejectUnauthorized: false }, () => {});
      }
    };
    return { ...started, next: renegotiate };
  },
};

const helloRetry: Row = {
  id: "hello-retry",
  what: "control: takes P-384 only, and so asks for a second ClientHello (TLS 1.3)",
  expect: "authenticated",
  mayReceive: "probe",
  start: (scene) => serve(scene, { tls: { ...only("TLSv1.3"), ecdhCurve: "P-384" } }),
};

const longChain: Row = {
  id: "endless-chain",
  what: "sends two hundred certificates along",
  expect: "server.certificate-invalid",
  mayReceive: "client-hello",
  start: (scene) => {
    const chainPem = scene.genuine.chainPem + scene.strangeRoot.certificatePem.repeat(200);
    return serve(scene, { certificate: { chainPem, keyPem: scene.genuine.keyPem } });
  },
};

const hugeChain: Row = {
  id: "chain-of-a-megabyte",
  what: "sends a megabyte of certificates",
  expect: "tls.handshake",
  mayReceive: "client-hello",
  start: (scene) => {
    const chainPem = scene.genuine.chainPem + scene.strangeRoot.certificatePem.repeat(2500);
    return serve(scene, { certificate: { chainPem, keyPem: scene.genuine.keyPem } });
  },
};

const alpn = (id: string, what: string, offered: string, expect: Result): Row => ({
  id,
  what,
  expect,
  mayReceive: expect === "authenticated" ? "probe" : "client-hello",
  start: (scene) => serve(scene, { tls: { ALPNProtocols: [offered] } }),
});

/** Servers whose handshake is wrong, whatever their certificate says. */
export const handshakeRows: readonly Row[] = [
  ...inBoth(stolenCertificate),
  version("tls-1.1", "TLS 1.1 at most", "tls.version", only("TLSv1.1")),
  version("tls-1.0", "TLS 1.0 at most", "tls.version", only("TLSv1")),
  rsaOnly,
  finiteFieldOnly,
  cbcOnly,
  anonymous,
  renegotiates,
  renegotiatesLater,
  helloRetry,
  longChain,
  hugeChain,
  alpn("alpn-http-1.1", "control: agrees on http/1.1", "http/1.1", "authenticated"),
  alpn("alpn-other", "speaks another protocol only", "imap", "tls.handshake"),
];
