import type { TlsProtocol } from "../../../app/core/evidence.ts";
import type { Row } from "./row.ts";
import { inBoth, only, serve } from "./stage.ts";

const method = "form";

/** Sites whose own form is the user's proof: the server is judged as ever, and never learns who the user is. */
const asks = (protocol: TlsProtocol): Row => ({
  id: "form-server-asks-for-certificate",
  what: "control: the genuine server of a form site asks for a certificate and gets none",
  expect: "authenticated",
  mayReceive: "anonymous-handshake",
  start: (scene) => serve(scene, { tls: only(protocol) }, { method }),
});

const genuine = (protocol: TlsProtocol): Row => ({
  id: "form-genuine",
  what: "control: the genuine server of a form site",
  expect: "authenticated",
  mayReceive: "anonymous-handshake",
  start: (scene) => serve(scene, { tls: { ...only(protocol), requestCert: false } }, { method }),
});

const otherKey = (protocol: TlsProtocol): Row => ({
  id: "form-other-key",
  what: "a form site's server with another key",
  expect: "server.pin-mismatch",
  mayReceive: "client-hello",
  start: (scene) => serve(scene, { certificate: scene.leaf(), tls: only(protocol) }, { method }),
});

const expired = (protocol: TlsProtocol): Row => ({
  id: "form-expired",
  what: "a form site's server whose certificate has expired",
  expect: "server.expired",
  mayReceive: "client-hello",
  start: (scene) => {
    const notAfter = new Date(Date.now() - 60_000);
    const certificate = scene.leaf({ notBefore: new Date(notAfter.getTime() - 86_400_000), notAfter });
    const server = { pins: [certificate.pin], anchors: [scene.root.certificatePem] };
    return serve(scene, { certificate, tls: only(protocol) }, { method, server });
  },
});

export const formRows: readonly Row[] = [asks, genuine, otherKey, expired].flatMap(inBoth);
