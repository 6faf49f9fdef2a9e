/** An impostor with a key of its own that passes every decrypted octet on to the genuine server, and back. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { ServerCredentials } from "../nginx.ts";

export interface RelayingImpostor {
  readonly port: number;
  /** Decrypted octets of clients, latin1. */
  received(): string;
  /** Decrypted octets of the genuine server, latin1. */
  answered(): string;
  stop(): Promise<void>;
}

export async function startRelayingImpostor(
  certificate: ServerCredentials,
  genuine: number,
): Promise<RelayingImpostor> {
  let received = "";
  let answered = "";
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert: certificate.chainPem, key: certificate.keyPem }, (client) => {
    const upstream = connect({ port: genuine, host: "127.0.0.1", rejectUnauthorized: false });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.once("close", () => {
        sockets.delete(one);
        other.end();
      });
    }
    client.on("data", (octets: Buffer) => {
      received += octets.toString("latin1");
      upstream.write(octets);
    });
    upstream.on("data", (octets: Buffer) => {
      answered += octets.toString("latin1");
      client.write(octets);
    });
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    received: () => received,
    answered: () => answered,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
