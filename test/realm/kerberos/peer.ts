/** The acceptor of a security context on Debian's python3-gssapi, without any transport: tokens and messages by hand. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("peer.py", import.meta.url));

/** GSS_C_CHANNEL_BOUND_FLAG of MIT Kerberos 1.19. */
export const CHANNEL_BOUND = 2048;

interface Accepted {
  readonly token: Buffer;
  /** As the acceptor's library returned them. */
  readonly flags: number;
}

interface Message {
  readonly message: Buffer;
  readonly confidential: boolean;
}

export interface Peer {
  /** Takes an initiator's first token; a new context each time. @throws Error with the library's words */
  accept(token: Buffer, binding?: Buffer): Promise<Accepted>;
  wrap(message: Buffer, confidential: boolean): Promise<Message>;
  /** @throws Error with the library's words */
  unwrap(message: Buffer): Promise<Message>;
  stop(): Promise<void>;
}

/** @param env KRB5_CONFIG of the realm */
export function startPeer(keytab: string, env: Readonly<Record<string, string>>): Peer {
  const child: ChildProcess = spawn("/usr/bin/python3", ["-B", PROGRAM, keytab], {
    env: { PATH: "/usr/bin:/bin", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("the peer has no output");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const call = async (request: object): Promise<Record<string, unknown>> => {
    child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value } = await lines.next();
    const reply = JSON.parse(String(value)) as Record<string, unknown>;
    if (typeof reply.error === "string") throw new Error(reply.error);
    return reply;
  };
  const messageOf = ({ message, confidential }: Record<string, unknown>): Message => ({
    message: Buffer.from(String(message), "base64"),
    confidential: confidential === true,
  });
  return {
    async accept(token, binding) {
      const reply = await call({
        kind: "accept",
        token: token.toString("base64"),
        ...(binding === undefined ? {} : { binding: binding.toString("base64") }),
      });
      return { token: Buffer.from(String(reply.token), "base64"), flags: Number(reply.flags) };
    },
    wrap: async (message, confidential) =>
      messageOf(await call({ kind: "wrap", message: message.toString("base64"), confidential })),
    unwrap: async (message) => messageOf(await call({ kind: "unwrap", message: message.toString("base64") })),
    async stop() {
      const ended = once(child, "exit");
      child.stdin?.end();
      await ended;
    },
  };
}
