import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { ServerCredentials } from "./nginx.ts";
import { isTaken, withFreePort } from "./ports.ts";
import { startProcess } from "./process.ts";

/** A server in this process or of another program, and what it says it received. */
export interface Server {
  readonly backend: { readonly port: number } | { readonly path: string };
  application(): readonly string[];
  clientCertificates(): readonly string[];
  resumed(): number;
  stop(): Promise<void>;
}

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
export const status = (code: number, ...headers: readonly string[]): string =>
  [`HTTP/1.1 ${code} Status`, "Content-Length: 0", ...headers, "", ""].join("\r\n");

export interface TlsServerOptions {
  readonly certificate: ServerCredentials;
  /** PEM: whose clients the server believes. */
  readonly clientAuthorityPem: string;
  /** For node:tls; the least that is needed to make the fault. */
  readonly tls?: TlsOptions;
  readonly staple?: Buffer;
  /** Called with each complete request head. Default: 200 to a believed client, 400 to any other. */
  readonly answer?: (socket: TLSSocket, head: string, transport: Socket | undefined) => void;
  /** Called with each line of the NSS key log. */
  readonly onKeylog?: (line: string) => void;
  /** Called when the handshake is over. */
  readonly onSecure?: (socket: TLSSocket) => void;
}

const answerAsDemanded = (socket: TLSSocket): void => {
  socket.write(socket.authorized ? OK : status(400));
};

/** A TLS server that asks for a certificate and answers each request head; wrong in one way where told. */
export async function startTlsServer(options: TlsServerOptions): Promise<Server> {
  const received: { text: string }[] = [];
  const clientCertificates: string[] = [];
  const sockets = new Set<TLSSocket>();
  const transports = new Map<number | undefined, Socket>();
  let resumed = 0;
  const server = createServer({
    key: options.certificate.keyPem,
    cert: options.certificate.chainPem,
    ca: options.clientAuthorityPem,
    requestCert: true,
    rejectUnauthorized: false,
    ...options.tls,
  });
  if (options.staple !== undefined) {
    server.on("OCSPRequest", (_certificate, _issuer, answer) => answer(null, options.staple ?? Buffer.alloc(0)));
  }
  server.on("connection", (transport) => transports.set(transport.remotePort, transport));
  server.on("tlsClientError", () => {});
  server.on("keylog", (line: Buffer) => options.onKeylog?.(line.toString("latin1")));
  server.on("secureConnection", (socket) => {
    const record = { text: "" };
    received.push(record);
    let head = "";
    sockets.add(socket);
    resumed += socket.isSessionReused() ? 1 : 0;
    const peer = socket.getPeerX509Certificate();
    if (peer !== undefined) {
      clientCertificates.push(peer.fingerprint256.replaceAll(":", "").toLowerCase());
    }
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (octets: Buffer) => {
      record.text += octets.toString("latin1");
      head += octets.toString("latin1");
      for (let end = head.indexOf("\r\n\r\n"); end >= 0; end = head.indexOf("\r\n\r\n")) {
        const one = head.slice(0, end);
        head = head.slice(end + 4);
        (options.answer ?? answerAsDemanded)(socket, one, transports.get(socket.remotePort));
      }
    });
    options.onSecure?.(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    backend: { port: (server.address() as AddressInfo).port },
    application: () => received.map(({ text }) => text).filter((text) => text !== ""),
    clientCertificates: () => clientCertificates,
    resumed: () => resumed,
    stop: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface SServerOptions {
  readonly certificate: ServerCredentials;
  readonly clientAuthorityPem: string;
  /** More words of the command line, e.g. `-tls1_2`. */
  readonly words: readonly string[];
}

/** `openssl s_server`. It answers no request; with `-quiet`, all it prints is what it decrypts. */
export async function startSServer(options: SServerOptions): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), "countersign-s_server-"));
  const file = (name: string, content: string): string => {
    const path = join(directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const [leaf = "", ...issuers] = options.certificate.chainPem.split(/(?=-----BEGIN)/);
  const certificate = ["-cert", file("leaf.pem", leaf)];
  const chain = issuers.length === 0 ? [] : ["-cert_chain", file("chain.pem", issuers.join(""))];
  const key = ["-key", file("key.pem", options.certificate.keyPem)];
  const clients = ["-CAfile", file("clients.pem", options.clientAuthorityPem)];
  const started = withFreePort(async (port) => {
    const listen = ["s_server", "-accept", `127.0.0.1:${port}`, "-quiet"];
    const words = [...listen, ...certificate, ...chain, ...key, ...clients, ...options.words];
    const server = await startProcess("openssl", words, () => isTaken(port));
    return {
      backend: { port },
      application: () => [server.standardOutput()].filter((text) => text !== ""),
      clientCertificates: () => [],
      resumed: () => 0,
      stop: async () => {
        await server.stop();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  });
  started.catch(() => rmSync(directory, { recursive: true, force: true }));
  return await started;
}
