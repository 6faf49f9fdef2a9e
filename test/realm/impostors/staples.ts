import type { TlsProtocol } from "../../../app/core/evidence.ts";
import type { Certificate } from "../certificates.ts";
import { makeOcspResponse, type OcspOptions } from "../ocsp.ts";
import type { Scene } from "../scene.ts";
import type { Result, Row } from "./row.ts";
import { inBoth, only, serve } from "./stage.ts";

interface Staple {
  readonly id: string;
  readonly what: string;
  readonly expect: Result;
  readonly staple?: Omit<OcspOptions, "about" | "issuer"> | Buffer | ((scene: Scene, about: Certificate) => Buffer);
  readonly mustStaple?: boolean;
}

const HOUR = 3_600_000;
const staples: readonly Staple[] = [
  { id: "staple-revoked", what: "a staple says revoked", expect: "server.revoked", staple: { status: "revoked" } },
  {
    id: "staple-unknown",
    what: "a staple says unknown",
    expect: "server.staple-invalid",
    staple: { status: "unknown" },
  },
  {
    id: "staple-stale",
    what: "a staple past its nextUpdate",
    expect: "server.staple-invalid",
    staple: { thisUpdate: new Date(Date.now() - 48 * HOUR), nextUpdate: new Date(Date.now() - 24 * HOUR) },
  },
  {
    id: "staple-from-the-future",
    what: "a staple before its thisUpdate",
    expect: "server.staple-invalid",
    staple: { thisUpdate: new Date(Date.now() + 24 * HOUR), nextUpdate: new Date(Date.now() + 48 * HOUR) },
  },
  {
    id: "staple-forged",
    what: "a staple whose signature is broken",
    expect: "server.staple-invalid",
    staple: { breakSignature: true },
  },
  {
    id: "staple-by-stranger",
    what: "a staple by a leaf of the same issuer that is no OCSP responder",
    expect: "server.staple-invalid",
    staple: (scene, about) =>
      makeOcspResponse({ about, issuer: scene.issuing, responder: scene.issuing.issue({ subject: "CN=Just A Leaf" }) }),
  },
  {
    id: "staple-for-another",
    what: "a good staple about another certificate of the same issuer",
    expect: "server.staple-invalid",
    staple: (scene) => makeOcspResponse({ about: scene.backup, issuer: scene.issuing }),
  },
  {
    id: "staple-no-answer",
    what: "a staple that only says tryLater",
    expect: "server.staple-invalid",
    staple: { failure: 3 },
  },
  {
    id: "staple-garbage",
    what: "a staple that is no OCSP response",
    expect: "server.staple-invalid",
    staple: Buffer.from("not DER at all"),
  },
  {
    id: "must-staple-missing",
    what: "a must-staple certificate without a staple",
    expect: "server.staple-missing",
    mustStaple: true,
  },
  {
    id: "must-staple-revoked",
    what: "a must-staple certificate with a staple that says revoked",
    expect: "server.revoked",
    mustStaple: true,
    staple: { status: "revoked" },
  },
  { id: "staple-good", what: "control: a good staple", expect: "authenticated", staple: {} },
  {
    id: "staple-good-delegated",
    what: "control: a good staple by a delegated responder",
    expect: "authenticated",
    staple: (scene, about) =>
      makeOcspResponse({
        about,
        issuer: scene.issuing,
        responder: scene.issuing.issue({ subject: "CN=OCSP Responder", purposes: ["OCSPSigning"] }),
      }),
  },
  {
    id: "must-staple-good",
    what: "control: a must-staple certificate with a good staple",
    expect: "authenticated",
    mustStaple: true,
    staple: {},
  },
];

const stapleRow =
  (staple: Staple) =>
  (protocol: TlsProtocol): Row => ({
    id: staple.id,
    what: staple.what,
    expect: staple.expect,
    mayReceive: staple.expect === "authenticated" ? "probe" : "client-hello",
    start: (scene) => {
      const certificate = scene.leaf({ mustStaple: staple.mustStaple === true });
      const server = { pins: [certificate.pin], anchors: [scene.root.certificatePem] };
      const { staple: given } = staple;
      if (given === undefined) {
        return serve(scene, { certificate, tls: only(protocol) }, { server });
      }
      const answer =
        typeof given === "function"
          ? given(scene, certificate)
          : Buffer.isBuffer(given)
            ? given
            : makeOcspResponse({ about: certificate, issuer: scene.issuing, ...given });
      return serve(scene, { certificate, tls: only(protocol), staple: answer }, { server });
    },
  });

/** OCSP responses in the handshake (RFC 6066 §8, RFC 8446 §4.4.2.1), and certificates that demand one (RFC 7633). */
export const stapleRows: readonly Row[] = staples.flatMap((staple) => inBoth(stapleRow(staple)));
