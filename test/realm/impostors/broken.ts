import { createServer, type Socket } from "node:net";
import type { TlsProtocol } from "../../../app/core/evidence.ts";
import type { RecorderOptions } from "../recorder.ts";
import { type Server, startSServer } from "../servers.ts";
import type { Result, Row } from "./row.ts";
import { only, PROTOCOLS, record, serve, suffix } from "./stage.ts";

/** The server's first flight, one record for each message, as OpenSSL writes it. TLS 1.3's second is a dummy CCS. */
const FLIGHTS: Readonly<Record<TlsProtocol, readonly (readonly [number, string])[]>> = {
  "TLSv1.2": [
    [1, "server-hello"],
    [2, "certificate"],
    [3, "server-key-exchange"],
    [4, "certificate-request"],
  ],
  "TLSv1.3": [
    [1, "server-hello"],
    [3, "encrypted-extensions"],
    [4, "certificate-request"],
    [5, "certificate"],
    [6, "certificate-verify"],
  ],
};

const held = (id: string, what: string, expect: Result, protocol: TlsProtocol, recorder: RecorderOptions): Row => ({
  id: `${id}-${suffix(protocol)}`,
  what,
  expect,
  mayReceive: "client-hello",
  start: (scene) => serve(scene, { tls: only(protocol) }, { recorder }),
});

const truncated: readonly Row[] = PROTOCOLS.flatMap((protocol) => [
  held("cut-at-once", "the connection ends before the ServerHello", "network.closed", protocol, { holdAfter: 0 }),
  ...FLIGHTS[protocol].flatMap(([holdAfter, message]) => [
    held(`cut-after-${message}`, `the connection ends after ${message}`, "network.closed", protocol, { holdAfter }),
    held(
      `cut-in-record-after-${message}`,
      `the connection ends in the record after ${message}`,
      "network.closed",
      protocol,
      {
        holdAfter,
        thenOctets: 7,
      },
    ),
    held(`stall-after-${message}`, `silence after ${message}`, "network.timeout", protocol, {
      holdAfter,
      ending: "stall",
    }),
  ]),
  held("reset-after-server-hello", "the connection is reset after ServerHello", "network.closed", protocol, {
    holdAfter: 1,
    ending: "reset",
  }),
]);

/** TLS 1.2: our proof is out, and the server's Finished does not come. */
const withoutFinished: readonly Row[] = [
  {
    ...held("stall-before-finished", "takes our proof and is silent", "network.timeout", "TLSv1.2", {
      holdAfter: 5,
      ending: "stall",
    }),
    mayReceive: "handshake",
  },
  {
    ...held("cut-before-finished", "takes our proof and closes", "client.rejected", "TLSv1.2", { holdAfter: 5 }),
    mayReceive: "handshake",
  },
];

const tampered = (message: string, tamperWith: number, expect: Result, protocol: TlsProtocol): Row =>
  held(`tampered-${message}`, `a bit of ${message} is flipped on the way`, expect, protocol, { tamperWith });

/** What a machine in the middle can do without any key. */
const inTheMiddle: readonly Row[] = [
  tampered("server-hello", 1, "tls.handshake", "TLSv1.2"),
  tampered("certificate", 2, "server.untrusted", "TLSv1.2"),
  tampered("server-key-exchange", 3, "server.possession", "TLSv1.2"),
  tampered("encrypted-extensions", 3, "tls.handshake", "TLSv1.3"),
  tampered("certificate", 5, "tls.handshake", "TLSv1.3"),
  tampered("certificate-verify", 6, "tls.handshake", "TLSv1.3"),
  tampered("finished", 7, "tls.handshake", "TLSv1.3"),
  // The server's Finished answers ours in TLS 1.2; there is one more record before it, ChangeCipherSpec.
  { ...tampered("finished", 7, "tls.handshake", "TLSv1.2"), mayReceive: "handshake" },
];

const dripping = (protocol: TlsProtocol): Row =>
  held("handshake-drop-by-drop", "a flight that comes one octet at a time", "network.timeout", protocol, {
    segments: { octets: 1, every: 10 },
  });

/** Segments and records say nothing of where messages end. */
const inPieces: readonly Row[] = [
  ...PROTOCOLS.map(
    (protocol): Row => ({
      ...held("segments", "control: everything comes in segments of seven octets", "authenticated", protocol, {
        segments: { octets: 7, every: 0 },
      }),
      mayReceive: "probe",
    }),
  ),
  ...PROTOCOLS.map(
    (protocol): Row => ({
      id: `fragments-${suffix(protocol)}`,
      what: "handshake messages over several records; this server answers no probe, but it is sent one",
      expect: "network.timeout",
      mayReceive: "probe",
      start: async (scene) => {
        const version = protocol === "TLSv1.2" ? "-tls1_2" : "-tls1_3";
        const { certificatePem: clientAuthorityPem } = scene.clientAuthority;
        const words = [version, "-Verify", "3", "-max_send_frag", "512"];
        return record(scene, await startSServer({ certificate: scene.genuine, clientAuthorityPem, words }));
      },
    }),
  ),
];

/** A server that is no TLS server. */
async function plainServer(greet: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    backend: { port: typeof address === "object" && address !== null ? address.port : 0 },
    application: () => [],
    clientCertificates: () => [],
    resumed: () => 0,
    stop: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const plain = (id: string, what: string, expect: Result, greet: (socket: Socket) => void): Row => ({
  id,
  what,
  expect,
  mayReceive: "client-hello",
  start: async (scene) => record(scene, await plainServer(greet)),
});

const onData = (answer: string | Buffer) => (socket: Socket) => {
  socket.on("data", () => socket.end(answer));
};

const notTls: readonly Row[] = [
  plain(
    "plain-http",
    "plain HTTP on the port",
    "tls.not-tls",
    onData("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
  ),
  plain("ssh-banner", "another protocol that greets first", "tls.not-tls", (socket) => {
    socket.write("SSH-2.0-OpenSSH_9.2p1\r\n");
    socket.resume();
  }),
  plain("echo", "an echo service", "tls.handshake", (socket) => socket.pipe(socket)),
  plain("binary-garbage", "octets without meaning", "tls.not-tls", onData(Buffer.alloc(600, 0xa5))),
  plain(
    "oversized-record",
    "a record longer than TLS allows",
    "tls.handshake",
    onData(Buffer.concat([Buffer.from([22, 3, 3, 0xff, 0xff]), Buffer.alloc(70_000)])),
  ),
  plain(
    "alert-at-once",
    "a handshake_failure alert to the ClientHello",
    "tls.handshake",
    onData(Buffer.from([21, 3, 3, 0, 2, 2, 40])),
  ),
  plain("stall-at-accept", "accepts and never says a word", "network.timeout", (socket) => socket.resume()),
  plain("close-at-accept", "accepts and closes at once", "network.closed", (socket) => socket.end()),
];

/** Handshakes that break off or fall silent, and servers that do not speak TLS. */
export const brokenRows: readonly Row[] = [
  ...truncated,
  ...withoutFinished,
  ...inTheMiddle,
  ...PROTOCOLS.map(dripping),
  ...inPieces,
  ...notTls,
];
