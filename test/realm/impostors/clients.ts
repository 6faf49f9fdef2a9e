import type { TlsProtocol } from "../../../app/core/evidence.ts";
import { firstApplicationRecord } from "../half-rtt.ts";
import { startNginx } from "../nginx.ts";
import type { Scene } from "../scene.ts";
import { OK, type Server, startSServer, status, type TlsServerOptions } from "../servers.ts";
import type { MayReceive, Result, Row, StartedServer } from "./row.ts";
import { inBoth, only, record, serve } from "./stage.ts";

/** Genuine in all it proves of itself; wrong in how it takes the client's proof. */
interface Rejection {
  readonly id: string;
  readonly what: string;
  readonly expect?: Result;
  readonly mayReceive?: MayReceive;
  readonly answer: NonNullable<TlsServerOptions["answer"]>;
}

const says = (id: string, what: string, text: string, expect: Result = "client.rejected"): Rejection => ({
  id,
  what,
  expect,
  answer: (socket) => socket.write(text),
});

const rejecting = (code: number): Rejection =>
  says(`answers-${code}`, `takes the certificate and answers the probe ${code}`, status(code));

const rejections: readonly Rejection[] = [
  ...[400, 401, 403, 407, 421, 495, 496, 497, 499, 500, 502, 503, 599].map(rejecting),
  says("early-hints-then-403", "103 Early Hints, then 403", `HTTP/1.1 103 Early Hints\r\n\r\n${status(403)}`),
  says("continue-then-400", "100 Continue, then 400", `HTTP/1.1 100 Continue\r\n\r\n${status(400)}`),
  {
    id: "closes-silently",
    what: "closes after the probe without a word",
    answer: (socket) => socket.end(),
  },
  {
    id: "resets-silently",
    what: "resets the connection after the probe",
    answer: (_socket, _head, transport) => transport?.resetAndDestroy(),
  },
];

const malformed: readonly Rejection[] = [
  says(
    "answer-is-no-http",
    "answers the probe with something that is not HTTP",
    "NOT HTTP AT ALL\r\n\r\n",
    "server.protocol",
  ),
  says(
    "answer-two-lengths",
    "two different Content-Length headers",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "server.protocol",
  ),
  says(
    "answer-length-and-chunked",
    "Content-Length beside chunked coding",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "server.protocol",
  ),
  says(
    "answer-bare-lf",
    "header lines that end in a bare LF",
    "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "server.protocol",
  ),
  says(
    "answer-obs-fold",
    "an obsolete folded header",
    "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "server.protocol",
  ),
  says(
    "answer-nul",
    "a NUL in a header",
    "HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\nContent-Length: 0\r\n\r\n",
    "server.protocol",
  ),
  says(
    "answer-space-before-colon",
    "a space before a header's colon",
    "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
    "server.protocol",
  ),
  says(
    "answer-huge-head",
    "a header of a megabyte",
    `HTTP/1.1 200 OK\r\nX-Huge: ${"a".repeat(1_000_000)}\r\nContent-Length: 0\r\n\r\n`,
    "server.protocol",
  ),
  says(
    "answer-switches-protocol",
    "101 Switching Protocols, which nobody asked for",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    "server.protocol",
  ),
  says("answer-twice", "two answers to one probe", OK + OK, "server.protocol"),
  says(
    "answer-with-a-body",
    "a body behind the answer to HEAD",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "server.protocol",
  ),
  says("answer-cut-short", "half a header, then silence", "HTTP/1.1 200 OK\r\nContent-Le", "network.timeout"),
  says(
    "answers-and-closes",
    "answers well and closes: nothing could be sent on this channel",
    `${status(200, "Connection: close")}`,
    "server.no-keep-alive",
  ),
  says(
    "answers-in-http-1.0",
    "answers in HTTP/1.0, which ends the connection",
    "HTTP/1.0 200 OK\r\n\r\n",
    "server.no-keep-alive",
  ),
  says("answers-408", "says that no request has come", status(408), "server.protocol"),
  says("answers-425", "says that the request came too early", status(425), "server.protocol"),
  says("answers-in-http-0.9", "answers without any header", "<h1>hello</h1>\r\n\r\n", "server.protocol"),
  says("answers-status-199", "only an unknown interim answer", "HTTP/1.1 199 Whatever\r\n\r\n", "network.timeout"),
  says("answers-status-600", "a status beyond those there are", status(600), "client.rejected"),
  says(
    "answers-status-42",
    "a status of two digits",
    "HTTP/1.1 42 Answer\r\nContent-Length: 0\r\n\r\n",
    "server.protocol",
  ),
  { id: "stall-in-probe", what: "never answers the probe", expect: "network.timeout", answer: () => {} },
  {
    id: "endless-continue",
    what: "one interim answer after another, never a final one",
    expect: "network.timeout",
    answer: (socket) => {
      const timer = setInterval(() => socket.write("HTTP/1.1 102 Processing\r\n\r\n"), 20);
      socket.once("close", () => clearInterval(timer));
    },
  },
  {
    id: "head-drop-by-drop",
    what: "an answer's head that comes one octet at a time and never ends",
    expect: "network.timeout",
    answer: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nX-Slow: ");
      const timer = setInterval(() => socket.write("a"), 20);
      socket.once("close", () => clearInterval(timer));
    },
  },
];

const rejectionRow =
  (rejection: Rejection) =>
  (protocol: TlsProtocol): Row => ({
    id: rejection.id,
    what: rejection.what,
    expect: rejection.expect ?? "client.rejected",
    mayReceive: "probe",
    start: (scene) => serve(scene, { tls: only(protocol), answer: rejection.answer }),
  });

const neverAsks = (protocol: TlsProtocol): Row => ({
  id: "never-asks",
  what: "sends no CertificateRequest and answers everybody",
  expect: "client.not-requested",
  mayReceive: "client-hello",
  start: (scene) =>
    serve(scene, { tls: { ...only(protocol), requestCert: false }, answer: (socket) => socket.write(OK) }),
});

const rejectsByAlert = (protocol: TlsProtocol): Row => ({
  id: "rejects-by-alert",
  what: "answers our certificate with an alert (openssl s_server that trusts another authority of clients)",
  expect: "client.rejected",
  mayReceive: "probe",
  start: async (scene) =>
    record(
      scene,
      await startSServer({
        certificate: scene.genuine,
        clientAuthorityPem: scene.otherClientAuthority.certificatePem,
        words: [protocol === "TLSv1.2" ? "-tls1_2" : "-tls1_3", "-Verify", "3", "-verify_return_error"],
      }),
    ),
});

/** nginx says what it received in its log: the octets of each request, and whom it saw. */
async function nginx(scene: Scene, protocol: TlsProtocol, clientAuthorityPem: string): Promise<StartedServer> {
  const running = await startNginx({ certificate: scene.genuine, clientAuthorityPem, protocols: [protocol] });
  const server: Server = {
    backend: { port: running.port },
    application: () =>
      running.requests().map(({ request, host, cookie, authorization }) =>
        [request, `Host: ${host}`, cookie && `Cookie: ${cookie}`, authorization && `Authorization: ${authorization}`]
          .filter((line) => line !== "")
          .concat("", "")
          .join("\r\n"),
      ),
    clientCertificates: () => [],
    resumed: () => running.requests().filter(({ sessionReused }) => sessionReused).length,
    stop: running.stop,
  };
  return record(scene, server);
}

const nginxRejects = (protocol: TlsProtocol): Row => ({
  id: "nginx-400",
  what: "a real nginx that trusts another authority of clients: its handshake succeeds, its answer is 400",
  expect: "client.rejected",
  mayReceive: "probe",
  start: (scene) => nginx(scene, protocol, scene.otherClientAuthority.certificatePem),
});

const nginxAccepts = (protocol: TlsProtocol): Row => ({
  id: "nginx-genuine",
  what: "control: a real nginx with ssl_verify_client on",
  expect: "authenticated",
  mayReceive: "probe",
  start: (scene) => nginx(scene, protocol, scene.clientAuthority.certificatePem),
});

/** Only of TLS 1.2: its server speaks last in the handshake, so that an answer can be there before any request. */
const unsolicited: Row = {
  id: "answers-before-the-request",
  what: "an HTTP answer that comes with the server's Finished, before the probe",
  expect: "server.protocol",
  mayReceive: "probe",
  start: (scene) =>
    serve(
      scene,
      { tls: only("TLSv1.2"), onSecure: (socket) => socket.write(OK), answer: () => {} },
      { recorder: { gather: 40 } },
    ),
};

/** TLS 1.3's Finished of the server is its seventh record. */
const FINISHED = 7;

const answersBeforeProof: Row = {
  id: "answers-before-our-proof",
  what: "an HTTP answer right behind the server's Finished, before it can have seen our certificate (TLS 1.3)",
  expect: "server.protocol",
  mayReceive: "probe",
  start: (scene) => {
    let secret = Buffer.alloc(0);
    const onKeylog = (line: string): void => {
      const [label, , value = ""] = line.trim().split(" ");
      if (label === "SERVER_TRAFFIC_SECRET_0") {
        secret = Buffer.from(value, "hex");
      }
    };
    const tls = { ...only("TLSv1.3"), ciphers: "TLS_AES_128_GCM_SHA256" };
    const inject = (): Buffer => firstApplicationRecord(secret, OK);
    return serve(scene, { tls, onKeylog }, { recorder: { holdAfter: FINISHED, inject, ending: "stall" } });
  },
};

const closesAfterHandshake = (protocol: TlsProtocol): Row => ({
  id: "closes-after-handshake",
  what: "closes as soon as the handshake is over",
  expect: "client.rejected",
  mayReceive: "probe",
  start: (scene) => serve(scene, { tls: only(protocol), onSecure: (socket) => socket.end() }),
});

const otherIssuersListed = (protocol: TlsProtocol): Row => ({
  id: "lists-other-issuers",
  what: "control: its CertificateRequest names other authorities, yet it takes our certificate: the answer decides",
  expect: "authenticated",
  mayReceive: "probe",
  start: (scene) =>
    serve(scene, {
      tls: only(protocol),
      clientAuthorityPem: scene.otherClientAuthority.certificatePem,
      answer: (socket) => socket.write(socket.getPeerX509Certificate() === undefined ? status(400) : OK),
    }),
});

const takesOtherKeys = (protocol: TlsProtocol): Row => ({
  id: "takes-rsa-clients-only",
  what: "asks for a certificate and takes no signature that our key can make",
  expect: "client.identity-unsupported",
  mayReceive: "client-hello",
  start: (scene) => {
    const certificate = scene.leaf({ key: "rsa-2048" });
    const server = { pins: [certificate.pin], anchors: [scene.root.certificatePem] };
    return serve(scene, { certificate, tls: { ...only(protocol), sigalgs: "RSA-PSS+SHA256" } }, { server });
  },
});

/** Servers that never ask who the client is, or do not take its proof, each in their own way. */
export const clientRows: readonly Row[] = [
  ...inBoth(neverAsks),
  ...inBoth(rejectsByAlert),
  ...inBoth(nginxRejects),
  ...[...rejections, ...malformed].flatMap((rejection) => inBoth(rejectionRow(rejection))),
  unsolicited,
  answersBeforeProof,
  ...inBoth(closesAfterHandshake),
  ...inBoth(otherIssuersListed),
  ...inBoth(takesOtherKeys),
  ...inBoth(nginxAccepts),
];
