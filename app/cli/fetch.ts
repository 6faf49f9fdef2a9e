import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { connect, type TLSSocket } from "node:tls";
import { explain, isHostile } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import type { SiteGateway } from "../gateway/gateway.ts";
import { createSiteGateway } from "../gateway/site-gateway.ts";
import type { Command } from "./arguments.ts";
import { type CommandIo, type CommandParts, EXIT, openerOf, print } from "./io.ts";
import { findTarget, profileFor, type Target, usable } from "./target.ts";

type FetchCommand = Extract<Command, { kind: "fetch" }>;

/**
 * `fetch <url>`: one request through a gateway of its own, as a page's would go. The body goes to standard output or
 * to a file; a redirect is an answer and is not followed.
 */
export async function fetchOnce(command: FetchCommand, io: CommandIo, parts: CommandParts): Promise<number> {
  try {
    const profile = usable(await profileFor(command.profile, parts));
    const target = await findTarget(command.url, profile, parts);
    const gateway = await createSiteGateway({ profile, site: target.site, opener: openerOf(parts, profile) });
    try {
      await exchange(gateway, target, command, io);
    } finally {
      await gateway.close();
    }
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return await report(error, io);
  }
}

async function report(refusal: Refusal, io: CommandIo): Promise<number> {
  const { code, message, remedy, it } = explain(refusal);
  const hostile = isHostile(code);
  const verdict = hostile ? "hostile" : "refused";
  await print(io.stderr, `${verdict} (${code}): ${message}\nWhat to do: ${remedy}\nFor IT: ${it}\n`);
  if (hostile) return EXIT.hostile;
  return code.startsWith("profile.") ? EXIT.usage : EXIT.refused;
}

/** @throws Refusal the gateway's, whenever it falls: before the request, instead of an answer, or in its middle. */
async function exchange(gateway: SiteGateway, target: Target, command: FetchCommand, io: CommandIo): Promise<void> {
  const outcome = await gateway.prove(target.url.origin);
  if (outcome.kind === "refused") throw outcome.refusal;
  let refusal: Refusal | undefined;
  gateway.on("refused", (event) => {
    refusal ??= event.refusal;
  });
  gateway.on("lapsed", (event) => {
    refusal ??= event.refusal;
  });
  try {
    const response = await answer(gateway, target, command);
    if (refusal !== undefined) throw refusal;
    const { statusCode = 0, statusMessage } = response;
    if (statusCode >= 400) await print(io.stderr, `HTTP ${statusCode} ${statusMessage}\n`);
    await writeBody(response, command.output, io);
  } catch (error) {
    if (refusal !== undefined) throw refusal;
    if (error instanceof Refusal) throw error;
    throw new Refusal("network.closed", { fault: error instanceof Error ? error.message : String(error) });
  }
  if (refusal !== undefined) throw refusal;
}

async function answer(gateway: SiteGateway, { url }: Target, command: FetchCommand): Promise<IncomingMessage> {
  const secure = await tunnel(gateway, url);
  const { method, data } = command;
  const body = data === undefined ? undefined : Buffer.from(data);
  const sent = request({
    createConnection: () => secure,
    method,
    path: `${url.pathname}${url.search}`,
    setHost: false,
    headers: {
      host: url.host,
      accept: "*/*",
      "user-agent": "countersign",
      ...(body === undefined
        ? {}
        : { "content-type": "application/x-www-form-urlencoded", "content-length": body.length }),
    },
  });
  sent.end(body);
  return responseTo(sent);
}

function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once("response", resolve);
    sent.once("error", reject);
  });
}

/** CONNECT through the gateway, then TLS that ends in the gateway's own certificate and nobody else's. */
async function tunnel(gateway: SiteGateway, url: URL): Promise<TLSSocket> {
  const authority = `${url.hostname}:${url.port || 443}`;
  const socket = await connectThrough(gateway, authority);
  const secure = connect({
    socket,
    servername: url.hostname,
    ca: gateway.certificate,
    ALPNProtocols: ["http/1.1"],
    // It has no names: what is checked is that it is this very certificate.
    checkServerIdentity: (_host, { fingerprint256 }) =>
      fingerprint256.replaceAll(":", "").toLowerCase() === gateway.certificateFingerprint
        ? undefined
        : new Error("the tunnel does not end in the gateway"),
  });
  await new Promise<void>((resolve, reject) => {
    secure.once("secureConnect", resolve);
    secure.once("error", reject);
  });
  return secure;
}

function connectThrough({ port, credentials }: SiteGateway, authority: string): Promise<Socket> {
  const login = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
  return new Promise((resolve, reject) => {
    const sent = request({
      host: "127.0.0.1",
      port,
      method: "CONNECT",
      path: authority,
      headers: { host: authority, "proxy-authorization": `Basic ${login}` },
    });
    sent.once("connect", ({ statusCode }, socket: Socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      return reject(new Error(`the gateway answered CONNECT with ${statusCode}`));
    });
    sent.once("error", reject);
    sent.end();
  });
}

/** A file appears under its name only once it is whole. */
async function writeBody(response: IncomingMessage, output: string | undefined, io: CommandIo): Promise<void> {
  if (output === undefined) return writeToPipe(response, io.stdout);
  const partial = `${output}.${randomUUID()}.part`;
  try {
    await pipeline(response, createWriteStream(partial, { flags: "wx" }));
    await rename(partial, output);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** A reader that has seen enough (`| head`) ends the command, not the server's good name. */
async function writeToPipe(response: IncomingMessage, to: Writable): Promise<void> {
  try {
    await pipeline(response, to, { end: false });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  }
}
