import { connect, createServer, type Socket } from "node:net";
import { RecordReader, type TlsRecord } from "../../../app/auth/tls-records.ts";

const HANDSHAKE = 22;
const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const CLIENT_HELLO = 1;

/** A TCP relay that tells at any moment what the client has sent, while the connection lives. */
export interface Wiretap {
  readonly port: number;
  connections(): number;
  /** All that the clients have sent. */
  sent(): Buffer;
  /** Number of ClientHello messages when the clients sent nothing else but alerts in clear; undefined when they did. */
  hellosAlone(): number | undefined;
  stop(): Promise<void>;
}

export async function startWiretap(port: number): Promise<Wiretap> {
  const sent: Buffer[][] = [];
  const sockets: Socket[] = [];
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const octets: Buffer[] = [];
    const server = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    sent.push(octets);
    sockets.push(client, server);
    client.on("data", (chunk: Buffer) => octets.push(chunk));
    client.pipe(server).pipe(client);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections: () => sent.length,
    sent: () => Buffer.concat(sent.flat()),
    hellosAlone: () => {
      const records = sent.flatMap((octets) => new RecordReader().push(Buffer.concat(octets)));
      const hellos = records.filter(({ type, fragment }) => type === HANDSHAKE && fragment[0] === CLIENT_HELLO);
      const idle = ({ type, fragment }: TlsRecord) =>
        type === CHANGE_CIPHER_SPEC || (type === ALERT && fragment.length === 2);
      const others = records.filter((one) => !hellos.includes(one) && !idle(one));
      return others.length === 0 ? hellos.length : undefined;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
