import { connect, type Socket } from "node:net";
import { certificateAuthenticator } from "../../../app/auth/certificate.ts";
import type { Channel, ChannelOpener, Dialer } from "../../../app/auth/channel.ts";
import { createOpener, type OpenerLimits } from "../../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../../app/auth/server-certificate.ts";
import type { ClientExpectation, Expectation } from "../../../app/core/expectation.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { keystoreWith } from "../../realm/keystore.ts";
import { CLIENT_ISSUER, HOST, makeScene, type Scene } from "../../realm/scene.ts";
import { type Server, startTlsServer, type TlsServerOptions } from "../../realm/servers.ts";

export const GENEROUS: OpenerLimits = {
  open: 60_000,
  locate: 30_000,
  dial: 30_000,
  handshake: 30_000,
  judge: 30_000,
  probe: 30_000,
};
export const BY_CERTIFICATE: ClientExpectation = { method: "certificate", issuer: CLIENT_ISSUER, probe: "/" };

/** One bank, one user and a client that dials loopback whatever the name, and remembers its sockets. */
export class Stage {
  readonly scene: Scene = makeScene();
  readonly dialled: Socket[] = [];
  readonly #stops: (() => Promise<void> | void)[] = [];

  /** The bank's own server but for what `change` says; ended by `close`. */
  async serve(change: Partial<TlsServerOptions> = {}): Promise<Server & { readonly port: number }> {
    const { genuine, clientAuthority } = this.scene;
    const server = await startTlsServer({
      certificate: genuine,
      clientAuthorityPem: clientAuthority.certificatePem,
      ...change,
    });
    this.onClose(() => server.stop());
    return { ...server, port: portOf(server) };
  }

  onClose(stop: () => Promise<void> | void): void {
    this.#stops.push(stop);
  }

  expectation(port: number, client: ClientExpectation = BY_CERTIFICATE): Expectation {
    const { genuine, backup, root } = this.scene;
    return {
      site: "bank",
      origin: `https://${HOST}:${port}`,
      host: HOST,
      port,
      role: client.method === "none" ? "subresource" : "site",
      server: {
        pins: [genuine.pin, backup.pin],
        anchors: [{ pem: root.certificatePem, fingerprint: root.fingerprint }],
      },
      client,
    };
  }

  readonly dialer: Dialer = {
    dial: (to) =>
      new Promise((resolve, reject) => {
        const socket = connect(to.port, "127.0.0.1");
        this.dialled.push(socket);
        socket.once("connect", () => resolve(socket));
        socket.once("error", reject);
      }),
  };

  opener(change: Partial<Parameters<typeof createOpener>[0]> = {}): ChannelOpener {
    const keystore = keystoreWith(this.scene.identity);
    return createOpener({
      dialer: this.dialer,
      authenticators: [serverCertificateAuthenticator(), certificateAuthenticator({ keystore })],
      clock: Date.now,
      limits: GENEROUS,
      ...change,
    });
  }

  /** Opens a channel with everything as it should be; ended by `close`. */
  async open(port: number, client?: ClientExpectation, opener = this.opener()): Promise<Channel> {
    const channel = await opener.open(this.expectation(port, client), new AbortController().signal);
    this.onClose(() => channel.destroy());
    return channel;
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
    for (const socket of this.dialled) socket.destroy();
  }
}

export function portOf(server: Pick<Server, "backend">): number {
  if (!("port" in server.backend)) throw new Error("the server has no port");
  return server.backend.port;
}

/** The refusal that ends this; anything else is a fault of the code under test. */
export async function refusalOf(attempt: Promise<unknown>): Promise<Refusal> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
