import { randomBytes } from "node:crypto";
import type { TlsProtocol } from "../../../app/core/evidence.ts";
import type { KeyKind } from "../keys.ts";
import { startRecorder } from "../recorder.ts";
import { HOST, type Scene } from "../scene.ts";
import { OK, startTlsServer, status, type TlsServerOptions } from "../servers.ts";
import type { Row, ServerRecord, StartedServer } from "./row.ts";
import { inBoth, only, serve, trusting } from "./stage.ts";

/** The genuine server for the first connection, another one for those that follow. */
async function thenAnother(
  scene: Scene,
  first: Partial<TlsServerOptions>,
  second: Partial<TlsServerOptions>,
): Promise<StartedServer> {
  const options = { certificate: scene.genuine, clientAuthorityPem: scene.clientAuthority.certificatePem };
  const servers = [
    await startTlsServer({ ...options, ...first }),
    await startTlsServer({ ...options, ...second }),
  ] as const;
  const recorder = await startRecorder(servers[0].backend);
  const sum = async (): Promise<ServerRecord> => ({
    connections: await recorder.connections(),
    application: servers.flatMap((server) => server.application()),
    clientCertificates: servers.flatMap((server) => server.clientCertificates()),
    resumed: servers[0].resumed() + servers[1].resumed(),
  });
  return {
    port: recorder.port,
    server: trusting(scene),
    record: sum,
    next: () => recorder.redirect(servers[1].backend),
    stop: async () => {
      await recorder.stop();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

const changesCertificate = (protocol: TlsProtocol): Row => ({
  id: "changes-certificate",
  what: "proves itself once, and shows another key to the next connection while the first still lives",
  expect: ["authenticated", "server.pin-mismatch"],
  mayReceive: "probe",
  start: (scene) => thenAnother(scene, { tls: only(protocol) }, { tls: only(protocol), certificate: scene.leaf() }),
});

const resumesWithAnotherKey = (protocol: TlsProtocol): Row => ({
  id: "resumes-with-another-key",
  what: "holds the genuine server's ticket key but not its certificate's key",
  expect: ["authenticated", "server.pin-mismatch"],
  mayReceive: "probe",
  start: (scene) => {
    const tls = { ...only(protocol), ticketKeys: randomBytes(48), sessionIdContext: "shared" };
    return thenAnother(scene, { tls }, { tls, certificate: scene.leaf() });
  },
});

const keepsProving = (protocol: TlsProtocol): Row => ({
  id: "proves-each-connection",
  what: "control: the same server twice; the second channel proves itself anew, without resumption",
  expect: ["authenticated", "authenticated"],
  mayReceive: "probe",
  start: (scene) => {
    const tls = { ...only(protocol), ticketKeys: randomBytes(48), sessionIdContext: "shared" };
    return thenAnother(scene, { tls }, { tls });
  },
});

const redirects: Row = {
  id: "redirects-to-an-impostor",
  what: "control: answers the probe with a redirect to another server, which nobody must follow",
  expect: "authenticated",
  mayReceive: "probe",
  start: async (scene) => {
    const impostor = await serve(scene, { certificate: scene.leaf() });
    const location = `Location: https://${HOST}:${impostor.port}/`;
    const genuine = await serve(scene, { answer: (socket) => socket.write(status(302, location)) });
    return {
      ...genuine,
      // A connection to the impostor would show as one too many.
      record: async () => {
        const record = await genuine.record();
        return { ...record, connections: [...record.connections, ...(await impostor.record()).connections] };
      },
      stop: async () => {
        await genuine.stop();
        await impostor.stop();
      },
    };
  },
};

/** No server at all: nothing can have been received. */
const absent = (scene: Scene, at: Partial<StartedServer>): StartedServer => ({
  port: 1,
  server: trusting(scene),
  record: async () => ({ connections: [], application: [], clientCertificates: [], resumed: 0 }),
  stop: async () => {},
  ...at,
});

const refused: Row = {
  id: "connection-refused",
  what: "nobody listens on the port",
  expect: "network.unreachable",
  mayReceive: "nothing",
  start: async (scene) => {
    const recorder = await startRecorder({ port: 1 });
    await recorder.stop();
    return absent(scene, { port: recorder.port });
  },
};

const unresolvable: Row = {
  id: "unresolvable-name",
  what: "the name has no address",
  expect: "network.name-not-found",
  mayReceive: "nothing",
  // RFC 6761 §6.4: names under .invalid never resolve.
  start: async (scene) => absent(scene, { host: "bank.invalid", addresses: null }),
};

const control = (id: string, what: string, start: Row["start"]): Row => ({
  id,
  what: `control: ${what}`,
  expect: "authenticated",
  mayReceive: "probe",
  start,
});

const genuineWith =
  (key: KeyKind) =>
  (protocol: TlsProtocol): Row =>
    control(`genuine-${key}`, `the genuine server with a ${key} key`, (scene) => {
      const certificate = scene.leaf({ key });
      const server = { pins: [certificate.pin], anchors: [scene.root.certificatePem] };
      return serve(scene, { certificate, tls: only(protocol) }, { server });
    });

const controls: readonly Row[] = [
  ...(["p256", "p384", "rsa-2048"] as const).flatMap((key) => inBoth(genuineWith(key))),
  ...inBoth((protocol) =>
    control("backup-key", "the pinned spare key in use", (scene) =>
      serve(scene, { certificate: scene.backup, tls: only(protocol) }),
    ),
  ),
  control("pin-alone", "a pinned leaf without an anchor", (scene) =>
    serve(scene, {}, { server: { pins: [scene.genuine.pin], anchors: [] } }),
  ),
  control("pin-alone-self-signed", "a pinned leaf that nobody else vouches for, without an anchor", (scene) => {
    const certificate = scene.strangeRoot.issue({ names: { dns: [HOST] } });
    return serve(scene, { certificate }, { server: { pins: [certificate.pin], anchors: [] } });
  }),
  control("pinned-issuer", "the issuing authority's key is pinned, and the leaf's is not", (scene) =>
    serve(
      scene,
      { certificate: scene.leaf() },
      { server: { pins: [scene.issuing.pin], anchors: [scene.root.certificatePem] } },
    ),
  ),
  control("pinned-root", "the anchor's own key is pinned", (scene) =>
    serve(
      scene,
      { certificate: scene.leaf() },
      { server: { pins: [scene.root.pin], anchors: [scene.root.certificatePem] } },
    ),
  ),
  control("wildcard", "a wildcard in the left-most label", (scene) => {
    const certificate = scene.leaf({ names: { dns: [`*.${HOST}`] } });
    const server = { pins: [certificate.pin], anchors: [scene.root.certificatePem] };
    return serve(scene, { certificate }, { server, host: `www.${HOST}` });
  }),
  control("extra-certificates", "a stranger's certificate sent along does no harm", (scene) => {
    const chainPem = scene.genuine.chainPem + scene.strangeRoot.certificatePem;
    return serve(scene, { certificate: { ...scene.genuine, chainPem } });
  }),
  control("chain-out-of-order", "the issuers in another order (RFC 8446 §4.4.2 allows it)", (scene) => {
    const certificate = scene.issuing
      .issueAuthority({ subject: "CN=Second Issuing CA" })
      .issue({ names: { dns: [HOST] } });
    const [leaf = "", first = "", second = ""] = certificate.chainPem.split(/(?=-----BEGIN)/);
    const server = { pins: [certificate.pin], anchors: [scene.root.certificatePem] };
    return serve(scene, { certificate: { chainPem: leaf + second + first, keyPem: certificate.keyPem } }, { server });
  }),
  control("probe-path", "the profile's own probe path is asked, and nothing else", (scene) =>
    serve(
      scene,
      { answer: (socket, head) => socket.write(/^[A-Z]+ \/health HTTP/.test(head) ? OK : status(400)) },
      { probe: "/health" },
    ),
  ),
  control("answers-404", "404 to the probe is an answer, not a rejection", (scene) =>
    serve(scene, { answer: (socket) => socket.write(status(404)) }),
  ),
  control("answers-with-body", "an answer to the probe that announces a body", (scene) =>
    serve(scene, { answer: (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n") }),
  ),
];

export const connectionRows: readonly Row[] = [
  ...inBoth(changesCertificate),
  ...inBoth(resumesWithAnotherKey),
  ...inBoth(keepsProving),
  redirects,
  refused,
  unresolvable,
  ...controls,
];
