/** An HTTPS acceptor on Debian's python3-gssapi, which enforces channel bindings and errs where it is told to. */
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServerCredentials } from "../nginx.ts";
import { startProcess } from "../process.ts";

const PROGRAM = fileURLToPath(new URL("acceptor.py", import.meta.url));

export interface AcceptorOptions {
  readonly certificate: ServerCredentials;
  readonly keytab: string;
  /** KRB5_CONFIG of the realm. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether it refuses tokens with another channel binding than its certificate's. Default true. */
  readonly enforces?: boolean;
  readonly mode?: "connection" | "request";
  /** What it does wrong, as acceptor.py names it. */
  readonly fault?: string;
  /** For `later`: after how many tokens. */
  readonly after?: number;
  /** For `swap`: a ticket cache of its own, and the principal to start an exchange with. */
  readonly cache?: string;
  readonly principal?: string;
}

/** One request that the acceptor saw. */
export interface AcceptorRequest {
  readonly request: string;
  /** Octets of its content. */
  readonly body: number;
  /** Names of its header fields. */
  readonly names: readonly string[];
  /** Whom it knew the connection's user to be before. */
  readonly user: string | null;
  readonly token: boolean;
  readonly accepted?: string | null;
  readonly delegated?: boolean;
  readonly error?: string | null;
  /** Its genuine answer, base64, before it did anything wrong. */
  readonly reply?: string;
}

export interface Acceptor {
  readonly port: number;
  requests(): readonly AcceptorRequest[];
  /** Resolves when all that has been answered so far is among `requests`. */
  settled(): Promise<void>;
  /** Faults of the program itself; none is expected. */
  broken(): readonly string[];
  stop(): Promise<void>;
}

const eventsIn = (output: string): readonly Record<string, unknown>[] =>
  output
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

export async function startAcceptor(options: AcceptorOptions): Promise<Acceptor> {
  const { certificate, env, ...settings } = options;
  const directory = mkdtempSync(join(tmpdir(), "countersign-acceptor-"));
  chmodSync(directory, 0o700);
  const files = { certificate: join(directory, "server.pem"), key: join(directory, "server.key") };
  writeFileSync(files.certificate, certificate.chainPem);
  writeFileSync(files.key, certificate.keyPem, { mode: 0o600 });
  const clean = () => rmSync(directory, { recursive: true, force: true });
  try {
    const server = await startProcess(
      "/usr/bin/python3",
      ["-B", PROGRAM, JSON.stringify({ ...settings, ...files })],
      async (standardOutput) => eventsIn(standardOutput()).length > 0,
      { PATH: "/usr/bin:/bin", ...env },
    );
    const events = () => eventsIn(server.standardOutput());
    return {
      port: Number(events()[0]?.port),
      settled: async () => {
        // The program reports in order: once it has told of this connection, it has told of all before.
        const probe = connect({ port: Number(events()[0]?.port), host: "127.0.0.1" });
        await once(probe, "connect");
        const { localPort } = probe;
        probe.destroy();
        while (!events().some(({ peer }) => peer === localPort)) await new Promise((resolve) => setTimeout(resolve, 5));
      },
      requests: () => events().filter((event) => "request" in event) as unknown as readonly AcceptorRequest[],
      broken: () => events().flatMap(({ broken }) => (typeof broken === "string" ? [broken] : [])),
      stop: async () => {
        await server.stop();
        clean();
      },
    };
  } catch (error) {
    clean();
    throw error;
  }
}
