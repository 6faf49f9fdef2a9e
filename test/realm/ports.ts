import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";

async function bind(port: number): Promise<Server | undefined> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

async function close(server: Server): Promise<number> {
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A port that was free a moment ago, for servers that cannot report one that the system chose. */
export async function freePort(): Promise<number> {
  const server = await bind(0);
  if (server === undefined) {
    throw new Error("the system has no free port");
  }
  return await close(server);
}

/** The state LISTEN in the kernel's table of sockets (proc_net(5)). */
const LISTENS = "0A";

/** Whether somebody listens on the port; neither connects to it nor binds it, which could come before its server. */
export async function isTaken(port: number): Promise<boolean> {
  const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFile(file, "utf8")));
  return tables.some((table) =>
    table.split("\n").some((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      return state === LISTENS && Number.parseInt(local?.split(":")[1] ?? "", 16) === port;
    }),
  );
}

/** Runs `start`, again with another port where another program was faster. */
export async function withFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === 5 || !/address already in use/i.test(String(error))) {
        throw error;
      }
    }
  }
}
