import type { TlsProtocol } from "../../../app/core/evidence.ts";
import { type CertificateOptions, CLIENT_LEAF, makeAuthority } from "../certificates.ts";
import type { KeyKind } from "../keys.ts";
import { CLIENT_ISSUER } from "../scene.ts";
import type { Result, Row } from "./row.ts";
import { inBoth, only, serve } from "./stage.ts";

type Expected = Result | { readonly openssl: Result; readonly boringssl: Result };

/** The genuine server with a key of this kind. */
const serverKey =
  (key: KeyKind, expect: Expected) =>
  (protocol: TlsProtocol): Row => ({
    id: `server-key-${key}`,
    what: `the genuine server with a ${key} key`,
    expect,
    mayReceive: "probe",
    start: (scene) => {
      const certificate = scene.leaf({ key });
      const server = { pins: [certificate.pin], anchors: [scene.root.certificatePem] };
      return serve(scene, { certificate, tls: only(protocol) }, { server });
    },
  });

/** The genuine server and a user whose identity has a key of this kind. */
const identityKey =
  (key: KeyKind) =>
  (protocol: TlsProtocol): Row => ({
    id: `identity-key-${key}`,
    what: `control: an identity with a ${key} key`,
    expect: "authenticated",
    mayReceive: "probe",
    start: (scene) => {
      const identity = scene.clientAuthority.issue({ ...CLIENT_LEAF, subject: "CN=Ada Example", key });
      return serve(scene, { tls: only(protocol) }, { identity });
    },
  });

/** No usable identity: nothing is even dialled. */
const without = (id: string, what: string, options: CertificateOptions | null): Row => ({
  id,
  what,
  expect: "client.no-identity",
  mayReceive: "nothing",
  start: async (scene) => {
    const started = await serve(scene);
    const identity = options === null ? null : scene.clientAuthority.issue({ ...CLIENT_LEAF, ...options });
    return { ...started, identity };
  },
});

const DAY = 86_400_000;

/** Kinds of keys that the two libraries treat differently, and users without an identity. */
export const identityRows: readonly Row[] = [
  ...inBoth(serverKey("ed25519", "authenticated")),
  ...inBoth(serverKey("p521", "authenticated")),
  ...inBoth(serverKey("rsa-pss-2048", { openssl: "authenticated", boringssl: "tls.handshake" })),
  ...(["p384", "p521", "rsa-2048", "ed25519"] as const).flatMap((key) => inBoth(identityKey(key))),
  without("identity-none", "the keystore is empty", null),
  without("identity-expired", "the only identity has expired", {
    notBefore: new Date(Date.now() - 90 * DAY),
    notAfter: new Date(Date.now() - DAY),
  }),
  {
    ...without("identity-of-another-issuer", "the only identity is of another issuer", null),
    start: async (scene) => {
      const identity = makeAuthority({ subject: `${CLIENT_ISSUER} of someone else` }).issue(CLIENT_LEAF);
      return { ...(await serve(scene)), identity };
    },
  },
  {
    id: "identity-that-the-server-does-not-believe",
    what: "an issuer of the right name and another key: the server turns it down",
    expect: "client.rejected",
    mayReceive: "probe",
    start: async (scene) => {
      const identity = makeAuthority({ subject: CLIENT_ISSUER }).issue(CLIENT_LEAF);
      return { ...(await serve(scene)), identity };
    },
  },
];
