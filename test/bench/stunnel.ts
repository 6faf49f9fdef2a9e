/** Two chained stunnels: one ends the page's TLS, the other is the TLS client that shows the user's certificate. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTaken, withFreePort } from "../realm/ports.ts";
import { type ServerProcess, startProcess } from "../realm/process.ts";
import type { PortalFacts } from "./portal.ts";

export interface StunnelPair {
  /** Where the page's TLS goes. */
  readonly port: number;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

const COMMON = [
  "foreground = yes",
  "syslog = no",
  "debug = warning",
  "socket = l:TCP_NODELAY=1",
  "socket = r:TCP_NODELAY=1",
];

async function startOne(
  directory: string,
  name: string,
  port: number,
  lines: readonly string[],
): Promise<ServerProcess> {
  const file = join(directory, `${name}.conf`);
  const service = [`[${name}]`, `accept = 127.0.0.1:${port}`, ...lines];
  writeFileSync(file, [...COMMON, ...service, ""].join("\n"));
  return await startProcess("/usr/bin/stunnel", [file], () => isTaken(port));
}

export async function startStunnelPair(portal: PortalFacts): Promise<StunnelPair> {
  const directory = mkdtempSync(join(tmpdir(), "countersign-stunnel-"));
  const write = (name: string, content: string) => {
    const path = join(directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const identity = write("identity.pem", portal.identity.chainPem + portal.identity.keyPem);
  const server = write("server.pem", portal.serverPem.chainPem + portal.serverPem.keyPem);
  const root = write("root.pem", portal.rootPem);
  const outward = await withFreePort(async (port) => {
    const checks = [`CAfile = ${root}`, "verifyChain = yes", `checkHost = ${portal.host}`, `sni = ${portal.host}`];
    const lines = ["client = yes", `connect = 127.0.0.1:${portal.port}`, `cert = ${identity}`, ...checks];
    return { port, process: await startOne(directory, "outward", port, lines) };
  });
  const inward = await withFreePort(async (port) => {
    const lines = [`connect = 127.0.0.1:${outward.port}`, `cert = ${server}`];
    return { port, process: await startOne(directory, "inward", port, lines) };
  });
  return {
    port: inward.port,
    pids: [inward.process.pid, outward.process.pid],
    async stop() {
      await inward.process.stop();
      await outward.process.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
