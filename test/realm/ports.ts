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

/** Whether somebody listens on the port, without connecting to it. */
export async function isTaken(port: number): Promise<boolean> {
  const server = await bind(port);
  if (server !== undefined) {
    await close(server);
  }
  return server === undefined;
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
