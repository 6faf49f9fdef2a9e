import type { TlsOptions } from "node:tls";
import type { TlsProtocol } from "../../../app/core/evidence.ts";
import { type RecorderOptions, startRecorder } from "../recorder.ts";
import type { Scene } from "../scene.ts";
import { type Server, startTlsServer, type TlsServerOptions } from "../servers.ts";
import type { Row, StartedServer } from "./row.ts";

/** What the profile says of the bank: its keys, and the root they must chain to. */
export const trusting = ({ genuine, backup, root }: Scene): StartedServer["server"] => ({
  pins: [genuine.pin, backup.pin],
  anchors: [root.certificatePem],
});

/** Both protocols, as a server is told them. */
export const PROTOCOLS: readonly TlsProtocol[] = ["TLSv1.2", "TLSv1.3"];
export const only = (protocol: "TLSv1" | "TLSv1.1" | TlsProtocol): TlsOptions => ({
  minVersion: protocol,
  maxVersion: protocol,
});
export const suffix = (protocol: TlsProtocol): string => (protocol === "TLSv1.2" ? "tls12" : "tls13");

/** The same row over TLS 1.2 and over TLS 1.3, whose flights are held back in different ways. */
export const inBoth = (make: (protocol: TlsProtocol) => Row): readonly Row[] =>
  PROTOCOLS.map((protocol) => {
    const row = make(protocol);
    return { ...row, id: `${row.id}-${suffix(protocol)}` };
  });

interface Staging {
  readonly server?: StartedServer["server"];
  readonly host?: string;
  readonly probe?: string;
  readonly method?: "form";
  readonly identity?: NonNullable<StartedServer["identity"]>;
  readonly recorder?: RecorderOptions;
}

/** Puts a recorder in front of a server and joins what the two have seen. */
export async function record(scene: Scene, server: Server, staging: Staging = {}): Promise<StartedServer> {
  const recorder = await startRecorder(server.backend, staging.recorder);
  return {
    port: recorder.port,
    server: staging.server ?? trusting(scene),
    ...(staging.host === undefined ? {} : { host: staging.host }),
    ...(staging.probe === undefined ? {} : { probe: staging.probe }),
    ...(staging.method === undefined ? {} : { method: staging.method }),
    ...(staging.identity === undefined ? {} : { identity: staging.identity }),
    record: async () => ({
      connections: await recorder.connections(),
      application: server.application(),
      clientCertificates: server.clientCertificates(),
      resumed: server.resumed(),
    }),
    stop: async () => {
      await recorder.stop();
      await server.stop();
    },
  };
}

/** The bank's own server, but for what `change` says. */
export async function serve(
  scene: Scene,
  change: Partial<TlsServerOptions> = {},
  staging: Staging = {},
): Promise<StartedServer> {
  const server = await startTlsServer({
    certificate: scene.genuine,
    clientAuthorityPem: scene.clientAuthority.certificatePem,
    ...change,
  });
  return record(scene, server, staging);
}

/** Old hashes, short keys and retired protocols, which OpenSSL itself refuses to serve otherwise. */
export const ANYTHING_GOES: TlsOptions = {
  ciphers: "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:ALL:@SECLEVEL=0",
};
