/**
 * A bank for end-to-end tests: a real nginx that demands client certificates, a program behind it for what nginx does
 * not do itself, and a recorder in front, which can put another server in nginx's place.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import { type CertificateOptions, CLIENT_LEAF } from "../../realm/certificates.ts";
import { type Nginx, startNginx } from "../../realm/nginx.ts";
import { makePkcs12 } from "../../realm/pkcs12.ts";
import { type Recorder, startRecorder } from "../../realm/recorder.ts";
import { CLIENT_ISSUER, HOST, makeScene } from "../../realm/scene.ts";
import { type Server, startTlsServer } from "../../realm/servers.ts";
import { accountPage, workerPage, workerScript } from "./portal-pages.ts";

export const PASSPHRASE = "Schlüssel 1";
export const MEGABYTE = 1024 * 1024;

/** What the program behind nginx saw. */
export interface Backend {
  /** Ends of the download that never ends, by the client. */
  cancelled: number;
}

export interface Portal {
  readonly origin: string;
  readonly profile: string;
  readonly backend: Backend;
  /** Of the server that is in its place now. */
  requests(): ReturnType<Nginx["requests"]>;
  /** A PKCS#12 file with a new identity of the bank's clients' authority, or of another. */
  identity(subject: string, options?: CertificateOptions & { readonly stranger?: boolean }): string;
  /** Takes nginx away, which ends its connections, and puts a server of another key under the same name there. */
  impersonate(): Promise<Server>;
  /** The genuine server again. */
  restore(): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder where profile and identities are written */
export async function startPortal(folder: string): Promise<Portal> {
  const scene = makeScene();
  const backend: Backend = { cancelled: 0 };
  const program = await startProgram(backend);
  const { port: programPort } = program.address() as AddressInfo;
  const genuine = () =>
    startNginx({
      certificate: scene.genuine,
      clientAuthorityPem: scene.clientAuthority.certificatePem,
      files: {
        "index.html": accountPage,
        "worker.html": workerPage,
        "worker.js": workerScript,
        "big.bin": Buffer.alloc(100 * MEGABYTE, "Countersign "),
      },
      configuration: locations(programPort),
    });
  let nginx = await genuine();
  let impostor: Server | undefined;
  const recorder: Recorder = await startRecorder(nginx);
  const profile = join(folder, "portal.json");
  const origin = `https://${HOST}:${recorder.port}`;
  writeFileSync(profile, JSON.stringify(profileOf(origin, [scene.genuine.pin], scene.root.certificatePem)));
  return {
    origin,
    profile,
    backend,
    requests: () => nginx.requests(),
    identity: (subject, { stranger = false, ...options } = {}) => {
      const authority = stranger ? scene.otherClientAuthority : scene.clientAuthority;
      const certificate = authority.issue({ ...CLIENT_LEAF, subject, ...options });
      const file = join(mkdtempSync(join(folder, "identity-")), "identity.p12");
      writeFileSync(file, makePkcs12(certificate, { passphrase: PASSPHRASE, name: subject }));
      return file;
    },
    impersonate: async () => {
      await nginx.stop();
      impostor = await startTlsServer({
        certificate: scene.leaf(),
        clientAuthorityPem: scene.clientAuthority.certificatePem,
      });
      recorder.redirect(impostor.backend);
      return impostor;
    },
    restore: async () => {
      nginx = await genuine();
      recorder.redirect(nginx);
      await impostor?.stop();
      impostor = undefined;
    },
    stop: async () => {
      await recorder.stop();
      await impostor?.stop();
      await nginx.stop();
      program.closeAllConnections();
      await new Promise((resolve) => program.close(resolve));
    },
  };
}

/** The bank, whose server and clients are both known, and two sites that nobody opens. */
function profileOf(origin: string, pins: readonly string[], anchor: string) {
  const server = { pins, anchors: [anchor] };
  return {
    version: 1,
    serial: 7,
    organization: "Example Bank",
    sites: [
      {
        id: "bank",
        name: "Online banking",
        origins: [origin],
        addresses: ["127.0.0.1"],
        server,
        client: { method: "certificate", issuer: CLIENT_ISSUER, probe: "/whoami" },
      },
      {
        id: "approval",
        name: "Payment approval",
        origins: ["https://approve.bank.example"],
        server,
        client: { method: "form" },
      },
      { id: "mail", name: "Secure mail", origins: ["https://mail.bank.example"], server, client: { method: "form" } },
    ],
    hostile: ["https://evil.test/", `${origin}/flagged`],
    unlisted: "refuse",
  };
}

function locations(port: number): string {
  const through = `proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; proxy_buffering off;`;
  return `
    absolute_redirect off;
    location = /socket { ${through} proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
    location = /sink { ${through} proxy_request_buffering off; }
    location = /endless { ${through} }
    location = /account.html { try_files /index.html =404; }`;
}

/** Echoes WebSocket messages, digests what is sent to `/sink`, and starts a download at `/endless`. */
async function startProgram(backend: Backend): Promise<HttpServer> {
  const program = createServer((request, response) => {
    if (request.url === "/sink") digest(request, response);
    else endless(response, backend);
  });
  const sockets = new WebSocketServer({ server: program });
  sockets.on("connection", (socket) => {
    socket.on("message", (message, binary) => socket.send(message, { binary }));
  });
  await new Promise<void>((resolve) => program.listen(0, "127.0.0.1", resolve));
  return program;
}

function digest(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash("sha256");
  let octets = 0;
  request.on("data", (chunk: Buffer) => {
    octets += chunk.length;
    hash.update(chunk);
  });
  request.on("end", () => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ octets, sha256: hash.digest("hex") }));
  });
}

/** One of ten megabytes, and then silence. */
function endless(response: ServerResponse, backend: Backend): void {
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-disposition": 'attachment; filename="statement.pdf"',
    "content-length": 10_000_000,
  });
  response.write(Buffer.alloc(1_000_000));
  response.on("close", () => {
    backend.cancelled += 1;
  });
}
