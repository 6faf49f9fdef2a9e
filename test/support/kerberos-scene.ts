/** A realm, a certificate and a client for the tests of Kerberos; each test starts the servers that it needs. */
import { once } from "node:events";
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from "node:http";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Channel, ChannelOpener } from "../../app/auth/channel.ts";
import type { GssPort } from "../../app/auth/gss/port.ts";
import { negotiateAuthenticator } from "../../app/auth/negotiate.ts";
import { createOpener } from "../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../app/auth/server-certificate.ts";
import type { Expectation } from "../../app/core/expectation.ts";
import type { Profile, Site } from "../../app/core/profile.ts";
import type { ReasonCode } from "../../app/core/reasons.ts";
import { Refusal } from "../../app/core/refusal.ts";
import { createDialer } from "../../app/gateway/dialer.ts";
import type { SiteGateway } from "../../app/gateway/gateway.ts";
import { createSiteGateway } from "../../app/gateway/site-gateway.ts";
import { type Certificate, makeAuthority } from "../realm/certificates.ts";
import { type Kdc, type KdcOptions, startKdc } from "../realm/kerberos/kdc.ts";
import { connectThrough } from "./gateway-scene.ts";
import { gssPort } from "./gss.ts";

export const HOST = "portal.corp.example";
export const REALM = "CORP.EXAMPLE";
export const SERVICE = `HTTP/${HOST}`;
export const PRINCIPAL = `${SERVICE}@${REALM}`;

export const authority = makeAuthority({ subject: "CN=Corp CA" });
/** The genuine server's. */
export const leaf: Certificate = authority.issue({ names: { dns: [HOST] } });
/** Another key for the same name, of the same issuer. */
export const otherLeaf: Certificate = authority.issue({ names: { dns: [HOST] } });

export const startRealm = (options: Partial<KdcOptions> = {}): Promise<Kdc> =>
  startKdc({ realm: REALM, users: { ada: "secret", eve: "secret2" }, services: [SERVICE], ...options });

/** `enforced` is the statement that the acceptor enforces bindings, with neither pin nor anchor. */
export interface Wanted {
  readonly principal?: string;
  readonly pins?: Expectation["server"]["pins"];
  readonly binding?: "unknown" | "enforced";
  readonly delegate?: boolean;
  /** For `startPortal`: all of the profile's `server`. */
  readonly server?: Site["server"];
  /** For `startPortal`: what else is other in the profile's site. */
  readonly site?: Partial<Site>;
}

export function expectationOf(port: number, wanted: Wanted = {}): Expectation {
  const { principal = PRINCIPAL, pins = [leaf.pin], binding = "unknown", delegate = false } = wanted;
  return {
    site: "portal",
    origin: `https://${HOST}:${port}`,
    host: HOST,
    port,
    addresses: ["127.0.0.1"],
    role: "site",
    server: { pins, anchors: [], service: { principal, binding } },
    client: { method: "kerberos", delegate, probe: "/" },
  };
}

export const openerFor = (gss: GssPort): ChannelOpener =>
  createOpener({
    dialer: createDialer(),
    clock: Date.now,
    gss,
    authenticators: [serverCertificateAuthenticator(), negotiateAuthenticator({ gss })],
  });

export const open = (gss: GssPort, to: Expectation): Promise<Channel> =>
  openerFor(gss).open(to, new AbortController().signal);

/** The refusal of an attempt. @throws Error when there is none */
export async function refusalOf(attempt: Promise<Channel>): Promise<Refusal> {
  try {
    (await attempt).destroy();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("the channel was authenticated");
}

/** The reason for which an attempt was refused, or `none`. @throws what is no Refusal */
export async function codeOf(attempt: Promise<unknown>): Promise<ReasonCode | "none"> {
  try {
    await attempt;
    return "none";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** A port that is shut down when `use` is over. */
export async function withGss<T>(
  env: NodeJS.ProcessEnv,
  use: (gss: GssPort) => Promise<T>,
  options: { readonly timeout?: number; readonly workers?: number } = {},
): Promise<T> {
  const gss = gssPort(env, options);
  try {
    return await use(gss);
  } finally {
    gss.dispose();
  }
}

/** One request on a channel, read to its end. */
export async function ask(channel: Channel, path = "/"): Promise<{ readonly status: number; readonly body: string }> {
  const request = channel.request({ path });
  request.end();
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, body: await bodyOf(answer) };
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Portal {
  /** `portal.corp.example:port`, as a page would name it. */
  readonly authority: string;
  readonly gateway: SiteGateway;
  readonly channels: readonly Channel[];
  readonly refusals: readonly Refusal[];
  /** TLS inside a tunnel, as the page speaks it. */
  page(): Promise<TLSSocket>;
  fetch(options: {
    readonly path?: string;
    readonly method?: string;
    readonly headers?: OutgoingHttpHeaders;
    readonly body?: string;
  }): Promise<Answer>;
  close(): Promise<void>;
}

/** The site's gateway in front of a server on `port`. */
export async function startPortal(gss: GssPort, port: number, wanted: Wanted = {}): Promise<Portal> {
  const authorityName = `${HOST}:${port}`;
  const { pins = [leaf.pin], binding, delegate = false } = wanted;
  const site: Site = {
    id: "portal",
    name: "Corporate portal",
    origins: [`https://${authorityName}`],
    addresses: ["127.0.0.1"],
    server: wanted.server ?? {
      pins,
      anchors: [],
      spn: { class: "HTTP", realm: REALM, port: false },
      ...(binding === "enforced" ? { binding } : {}),
    },
    client: { method: "kerberos", delegate, probe: "/" },
    subresources: [],
    ...wanted.site,
  };
  const profile: Profile = {
    version: 1,
    serial: 1,
    organization: "Example Corp",
    sites: [site],
    hostile: [],
    unlisted: "refuse",
  };
  const gateway = await createSiteGateway({ profile, site, opener: openerFor(gss) });
  const refusals: Refusal[] = [];
  const channels: Channel[] = [];
  gateway.on("refused", ({ refusal }) => refusals.push(refusal));
  gateway.on("authenticated", ({ channel }) => channels.push(channel));
  const page = async () => {
    const { socket, status, head } = await connectThrough(gateway, authorityName);
    if (status !== 200) throw new Error(`CONNECT was answered ${head}`);
    const tls = connectTls({
      socket,
      ca: gateway.certificate,
      servername: HOST,
      checkServerIdentity: () => undefined,
      ALPNProtocols: ["http/1.1"],
    });
    tls.on("error", () => {});
    await once(tls, "secureConnect");
    return tls;
  };
  return {
    authority: authorityName,
    gateway,
    channels,
    refusals,
    page,
    async fetch({ path = "/", method = "GET", headers = {}, body }) {
      const socket = await page();
      try {
        const request = httpRequest({
          createConnection: () => socket,
          path,
          method,
          headers: { host: authorityName, ...headers },
        });
        request.end(body);
        const [answer] = (await once(request, "response")) as [IncomingMessage];
        return { status: answer.statusCode ?? 0, headers: answer.headers, body: await bodyOf(answer) };
      } finally {
        socket.destroy();
      }
    },
    close: () => gateway.close(),
  };
}
