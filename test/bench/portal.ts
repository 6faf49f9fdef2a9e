/** The server that every row talks to, and what its clients need: made for the run, on loopback. */

import { type Nginx, startNginx } from "../realm/nginx.ts";
import { CLIENT_ISSUER, HOST, makeScene, type Scene } from "../realm/scene.ts";

export const DOWNLOAD_BYTES = 256 * 1024 * 1024;

/** Everything a client of the portal is given, by us or by a peer; plain data for child processes. */
export interface PortalFacts {
  readonly host: string;
  readonly port: number;
  readonly origin: string;
  /** A profile document with the portal as its only site. */
  readonly profile: object;
  readonly identity: { readonly chainPem: string; readonly keyPem: string };
  readonly rootPem: string;
  readonly serverPem: { readonly chainPem: string; readonly keyPem: string };
}

export interface Portal extends PortalFacts {
  readonly nginx: Nginx;
}

function profileOf(scene: Scene, origin: string): object {
  const server = { pins: [scene.genuine.pin, scene.backup.pin], anchors: [scene.root.certificatePem] };
  return {
    version: 1,
    serial: 1,
    organization: "Example Bank",
    sites: [
      {
        id: "bank",
        name: "Online banking",
        origins: [origin],
        addresses: ["127.0.0.1"],
        server,
        client: { method: "certificate", issuer: CLIENT_ISSUER, probe: "/" },
      },
    ],
  };
}

/** nginx that demands client certificates, with a large file and a location whose answers never end. */
export async function startPortal(): Promise<Portal> {
  const scene = makeScene();
  const nginx = await startNginx({
    certificate: scene.genuine,
    clientAuthorityPem: scene.clientAuthority.certificatePem,
    files: { "large.bin": Buffer.alloc(DOWNLOAD_BYTES), "trickle/slow.bin": Buffer.alloc(1024 * 1024) },
    configuration: "location /trickle/ { limit_rate 512; }",
  });
  const origin = `https://${HOST}:${nginx.port}`;
  return {
    nginx,
    host: HOST,
    port: nginx.port,
    origin,
    profile: profileOf(scene, origin),
    identity: { chainPem: scene.identity.chainPem, keyPem: scene.identity.keyPem },
    rootPem: scene.root.certificatePem,
    serverPem: { chainPem: scene.genuine.chainPem, keyPem: scene.genuine.keyPem },
  };
}

export const factsOf = ({ nginx: _, ...facts }: Portal): PortalFacts => facts;
