/** A real TLS server for end-to-end tests of the shell, with a profile that knows it: its own site has two origins. */
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { type Authority, type Certificate, makeAuthority } from "../../realm/certificates.ts";

export interface Visit {
  readonly method: string;
  readonly host: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Promise<string>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Scene {
  /** e.g. `https://bank.scene.test:8443` */
  readonly origin: string;
  /** The site's second origin, on the same server. */
  readonly login: string;
  /** The profile, as a file. */
  readonly profile: string;
  /** What is in that file. */
  readonly sites: unknown;
  /** Every request but the empty ones that open a channel. */
  readonly visits: readonly Visit[];
  /** Answers of the test's own, by path; `/` and unknown paths get a plain page. */
  readonly answers: Map<string, Answer>;
  /** Puts an impostor in the server's place: right name, right dates, another key. */
  impersonate(): Promise<void>;
  /** Puts something in the server's place that takes connections and never says a word. */
  stall(): Promise<void>;
  /** Takes the server away: nobody answers at its address. */
  leave(): Promise<void>;
  /** Puts the genuine server back. */
  restore(): Promise<void>;
  stop(): Promise<void>;
}

const HOSTS = { bank: "bank.scene.test", login: "login.scene.test" } as const;

/** @param folder where the profile is written */
export async function startScene(folder: string): Promise<Scene> {
  const authority = makeAuthority({ subject: "CN=Scene CA" });
  const genuine = leaf(authority);
  const visits: Visit[] = [];
  const answers = new Map<string, Answer>();
  const handle: Answer = (request, response) => {
    if (request.method !== "HEAD") visits.push(visitOf(request));
    const answer = answers.get(new URL(request.url ?? "/", "https://any").pathname) ?? plainPage;
    answer(request, response);
  };
  let { close, port } = await listen(genuine, handle, 0);
  const origin = `https://${HOSTS.bank}:${port}`;
  const login = `https://${HOSTS.login}:${port}`;
  const profile = join(folder, "scene.json");
  const sites = profileOf([origin, login], genuine.pin);
  writeFileSync(profile, JSON.stringify(sites, undefined, 2));
  const replace = async (certificate: Certificate) => {
    await close();
    ({ close, port } = await listen(certificate, handle, port));
  };
  return {
    origin,
    login,
    profile,
    sites,
    visits,
    answers,
    impersonate: () => replace(leaf(authority)),
    stall: async () => {
      await close();
      ({ close, port } = await listenSilently(port));
    },
    leave: () => close(),
    restore: () => replace(genuine),
    stop: () => close(),
  };
}

function leaf(authority: Authority): Certificate {
  return authority.issue({ subject: `CN=${HOSTS.bank}`, names: { dns: Object.values(HOSTS) } });
}

function profileOf(origins: readonly string[], pin: string) {
  return {
    version: 1,
    serial: 3,
    organization: "Scene",
    sites: [
      {
        id: "scene",
        name: "Scene bank",
        origins,
        addresses: ["127.0.0.1"],
        server: { pins: [pin] },
        client: { method: "form" },
      },
    ],
    hostile: ["https://evil.test/"],
    unlisted: "refuse",
  };
}

async function listen(certificate: Certificate, handle: Answer, port: number) {
  const server = createServer({ key: certificate.keyPem, cert: certificate.chainPem }, handle);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { close, port: (server.address() as AddressInfo).port };
}

async function listenSilently(port: number) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { close, port };
}

function visitOf(request: IncomingMessage): Visit {
  const { method = "", url = "", headers } = request;
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  const body = new Promise<string>((resolve) => request.once("close", () => resolve(Buffer.concat(chunks).toString())));
  return { method, host: headers.host ?? "", url, headers, body };
}

/** A page with its path as title and heading and one field. */
export const plainPage: Answer = (request, response) => {
  const path = new URL(request.url ?? "/", "https://any").pathname;
  html(response, `<title>Page ${path}</title><h1>Page ${path}</h1><input id="field">`);
};

export function html(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(text);
}

/** For tests that compare what a file holds after a download. */
export function contentOf(file: string): Buffer {
  return readFileSync(file);
}
