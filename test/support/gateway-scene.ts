/**
 * A gateway with its real opener, in front of origin servers of the test's own making. The servers run in the test's
 * process; certificates are made for the run. Everything ends with `close`.
 */
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Channel, ChannelOpener } from "../../app/auth/channel.ts";
import { createOpener } from "../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../app/auth/server-certificate.ts";
import type { Profile, Site } from "../../app/core/profile.ts";
import type { Refusal } from "../../app/core/refusal.ts";
import { createDialer } from "../../app/gateway/dialer.ts";
import type { SiteGateway } from "../../app/gateway/gateway.ts";
import { type ChannelLimits, defaultLimits, type GatewayLimits } from "../../app/gateway/limits.ts";
import { createSiteGateway, type SiteGatewayOptions } from "../../app/gateway/site-gateway.ts";
import { makeAuthority } from "../realm/certificates.ts";

/** How long a test waits for what ought to come at once before it fails, milliseconds. */
const PATIENCE = 5_000;

export const HOST = "bank.example";
export const CDN = "cdn.example";

const root = makeAuthority({ subject: "CN=Bank Root CA,O=Example Bank" });
const leaf = root.issue({ names: { dns: [HOST] } });
const cdnLeaf = root.issue({ names: { dns: [CDN] } });
const certificateOf = { [HOST]: leaf, [CDN]: cdnLeaf } as const;

export interface Origin {
  readonly port: number;
  /** Connections that have finished their handshake. */
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** An HTTPS server with the pinned certificate of `host`. */
export async function startHttpOrigin(
  listener: RequestListener,
  options: { readonly host?: typeof HOST | typeof CDN; readonly prepare?: (server: HttpsServer) => void } = {},
): Promise<Origin> {
  const { keyPem: key, chainPem: cert } = certificateOf[options.host ?? HOST];
  const server = createHttpsServer({ key, cert, keepAliveTimeout: 0, requestTimeout: 0, noDelay: true }, listener);
  options.prepare?.(server);
  return listening(server);
}

/** A TLS server with the pinned certificate that says what the test tells it to. */
export async function startRawOrigin(onConnection: (socket: TLSSocket) => void): Promise<Origin> {
  const server = createTlsServer({ key: leaf.keyPem, cert: leaf.chainPem, noDelay: true }, (socket) => {
    socket.on("error", () => {});
    onConnection(socket);
  });
  return listening(server);
}

async function listening(server: HttpsServer | ReturnType<typeof createTlsServer>): Promise<Origin> {
  const sockets = new Set<Socket>();
  server.on("secureConnection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  server.listen({ port: 0, host: "127.0.0.1", backlog: 2048 });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface SceneOptions {
  readonly origin: Origin;
  readonly cdn?: Origin;
  readonly cdnQuery?: boolean;
  readonly hostile?: readonly string[];
  readonly lists?: SiteGatewayOptions["hostile"];
  readonly limits?: Partial<Omit<GatewayLimits, "channels">> & { readonly channels?: Partial<ChannelLimits> };
  readonly relays?: SiteGatewayOptions["relays"];
  readonly opener?: ChannelOpener;
  /** Instead of the site's own parts, e.g. for a server with another certificate. */
  readonly site?: Partial<Site>;
}

export interface GatewayScene {
  readonly gateway: SiteGateway;
  readonly profile: Profile;
  /** `bank.example:port`, as a page would name it. */
  readonly authority: string;
  readonly refused: readonly { readonly host: string; readonly url?: string; readonly refusal: Refusal }[];
  readonly channels: readonly Channel[];
  /** The next refusal, also one that has already come and was not taken. */
  nextRefusal(): Promise<Refusal>;
  /** A tunnel that the gateway has answered with 200. */
  tunnel(authority?: string): Promise<Socket>;
  /** TLS inside a tunnel, as the page speaks it: the gateway's certificate and nothing else is accepted. */
  page(protocol: "h2" | "http/1.1", authority?: string): Promise<TLSSocket>;
  http2(authority?: string): Promise<ClientHttp2Session>;
  close(): Promise<void>;
}

export function profileOf(
  options: Omit<SceneOptions, "origin"> & { readonly origin: { readonly port: number } },
): Profile {
  const { origin, cdn, hostile } = options;
  const site: Site = {
    id: "bank",
    name: "Online banking",
    origins: [`https://${HOST}:${origin.port}`],
    addresses: ["127.0.0.1"],
    server: { pins: [leaf.pin], anchors: [] },
    client: { method: "form" },
    subresources:
      cdn === undefined
        ? []
        : [
            {
              origin: `https://${CDN}:${cdn.port}`,
              addresses: ["127.0.0.1"],
              server: { pins: [cdnLeaf.pin], anchors: [] },
              query: options.cdnQuery ?? false,
            },
          ],
    ...options.site,
  };
  return {
    version: 1,
    serial: 1,
    organization: "Example Bank",
    sites: [site],
    hostile: hostile ?? [],
    unlisted: "refuse",
  };
}

/** The opener of the application, for sites whose own form is the client's proof. */
export const realOpener = (): ChannelOpener =>
  createOpener({ dialer: createDialer(), authenticators: [serverCertificateAuthenticator()], clock: Date.now });

export async function startGateway(options: SceneOptions): Promise<GatewayScene> {
  const profile = profileOf(options);
  const [site] = profile.sites;
  if (site === undefined) throw new Error("the profile has no site");
  const gateway = await createSiteGateway({
    profile,
    site,
    opener: options.opener ?? realOpener(),
    limits: { ...options.limits, channels: { ...defaultLimits.channels, ...options.limits?.channels } },
    ...(options.relays === undefined ? {} : { relays: options.relays }),
    ...(options.lists === undefined ? {} : { hostile: options.lists }),
  });
  const refused: { host: string; url?: string; refusal: Refusal }[] = [];
  const channels: Channel[] = [];
  let taken = 0;
  let wake = () => {};
  gateway.on("refused", (event) => {
    refused.push(event);
    wake();
  });
  gateway.on("authenticated", ({ channel }) => channels.push(channel));
  const opened = new Set<{ destroy(): unknown }>();
  const authority = `${HOST}:${options.origin.port}`;

  const tunnel = async (target = authority) => {
    const { socket, status } = await connectThrough(gateway, target);
    opened.add(socket);
    if (status !== 200) throw new Error(`CONNECT ${target} was answered ${status}`);
    return socket;
  };
  const page = async (protocol: "h2" | "http/1.1", target = authority) => {
    const socket = connectTls({
      socket: await tunnel(target),
      ca: gateway.certificate,
      servername: target.split(":")[0] ?? "",
      // The certificate names no host; that it is this very certificate is what counts.
      checkServerIdentity: (_, { fingerprint256 }) =>
        fingerprint256.replaceAll(":", "").toLowerCase() === gateway.certificateFingerprint
          ? undefined
          : new Error("another certificate than the gateway's"),
      ALPNProtocols: [protocol],
    });
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    return socket;
  };
  return {
    gateway,
    profile,
    authority,
    refused,
    channels,
    async nextRefusal() {
      const patience = setTimeout(() => wake(), PATIENCE);
      if (refused.length === taken)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      clearTimeout(patience);
      const event = refused[taken];
      if (event === undefined) throw new Error("nothing was refused");
      taken += 1;
      return event.refusal;
    },
    tunnel,
    page,
    async http2(target = authority) {
      const socket = await page("h2", target);
      const session = connectHttp2(`https://${target}`, { createConnection: () => socket });
      session.on("error", () => {});
      opened.add(session);
      return session;
    },
    async close() {
      for (const one of opened) one.destroy();
      await gateway.close();
      await options.origin.close();
      await options.cdn?.close();
    },
  };
}

/** Sends a CONNECT with the session's credentials. */
export async function connectThrough(
  gateway: Pick<SiteGateway, "port" | "credentials">,
  authority: string,
): Promise<{ readonly socket: Socket; readonly status: number; readonly head: string }> {
  const { username, password } = gateway.credentials;
  const token = Buffer.from(`${username}:${password}`).toString("base64");
  const socket = connectTcp({ port: gateway.port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nProxy-Authorization: Basic ${token}\r\n\r\n`);
  const head = await readHead(socket);
  return { socket, status: Number(head.split(" ")[1]), head };
}

/** Reads up to the empty line that ends a head; an early end gives what came. */
export function readHead(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const done = () => {
      socket.off("data", onData);
      socket.off("close", done);
      socket.pause();
      resolve(text);
    };
    const onData = (bytes: Buffer) => {
      text += bytes.toString("latin1");
      if (text.includes("\r\n\r\n")) done();
    };
    socket.on("data", onData);
    socket.once("close", done);
  });
}

/** Everything until the connection ends. */
export async function readAll(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => pieces.push(bytes));
  if (!socket.destroyed) await once(socket, "close");
  return Buffer.concat(pieces).toString("latin1");
}
