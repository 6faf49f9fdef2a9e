/** A TCP service on Debian's python3-gssapi that wraps every message, and errs where it is told to. */
import { fileURLToPath } from "node:url";
import { startProcess } from "../process.ts";

const PROGRAM = fileURLToPath(new URL("socket_service.py", import.meta.url));

export interface SocketServiceOptions {
  readonly keytab: string;
  /** KRB5_CONFIG of the realm. */
  readonly env: Readonly<Record<string, string>>;
  /** What it does wrong, as socket_service.py names it. */
  readonly fault?: string;
  /** After how many good answers. */
  readonly after?: number;
  /** Whether its messages are encrypted and not only signed. Default true. */
  readonly encrypts?: boolean;
  /** Neither tokens nor wrapping: the same service over plain TCP, for comparison. */
  readonly bare?: boolean;
}

export interface SocketService {
  readonly port: number;
  /** Requests that it unwrapped, as `METHOD path`, with the octets of their content. */
  requests(): readonly { readonly request: string; readonly body: number }[];
  /** Whom it let in. */
  users(): readonly string[];
  /** Whether anybody handed it a ticket to act with. */
  delegated(): boolean;
  /** Messages of clients that were signed and not encrypted. */
  signed(): number;
  /** Faults of the program itself; none is expected. */
  broken(): readonly string[];
  stop(): Promise<void>;
}

const eventsIn = (output: string): readonly Record<string, unknown>[] =>
  output
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

export async function startSocketService({ env, ...settings }: SocketServiceOptions): Promise<SocketService> {
  const server = await startProcess(
    "/usr/bin/python3",
    ["-B", PROGRAM, JSON.stringify(settings)],
    async (standardOutput) => eventsIn(standardOutput()).length > 0,
    { PATH: "/usr/bin:/bin", ...env },
  );
  const events = () => eventsIn(server.standardOutput());
  return {
    port: Number(events()[0]?.port),
    requests: () =>
      events().flatMap(({ request, body }) => (typeof request === "string" ? [{ request, body: Number(body) }] : [])),
    users: () => events().flatMap(({ user }) => (typeof user === "string" ? [user] : [])),
    delegated: () => events().some(({ delegated }) => delegated === true),
    signed: () => events().filter((event) => "signed" in event).length,
    broken: () => events().flatMap(({ broken }) => (typeof broken === "string" ? [broken] : [])),
    stop: () => server.stop(),
  };
}
