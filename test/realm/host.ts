/**
 * Runs the servers of the table in a plain Node process, so that a client under Electron's BoringSSL meets the very
 * servers that one under OpenSSL meets. Started by realm.ts; ends with the process that started it.
 */

import type { StartedServer } from "./impostors/row.ts";
import { impostors } from "./impostors.ts";
import type { Call, Reply } from "./realm.ts";
import { makeScene } from "./scene.ts";

const scene = makeScene();
const running = new Map<number, StartedServer>();
let lastHandle = 0;

function started(handle: number): StartedServer {
  const server = running.get(handle);
  if (server === undefined) {
    throw new Error(`${handle}: no such server`);
  }
  return server;
}

async function start(id: string): Promise<unknown> {
  const row = impostors.find((one) => one.id === id);
  if (row === undefined) {
    throw new Error(`${id}: no such row`);
  }
  const server = await row.start(scene);
  lastHandle += 1;
  running.set(lastHandle, server);
  const { port, host, addresses, server: expected, probe, method, identity = scene.identity } = server;
  const pem = identity === null ? null : { chainPem: identity.chainPem, keyPem: identity.keyPem };
  return { handle: lastHandle, port, host, addresses, server: expected, probe, method, identity: pem };
}

async function perform(call: Call): Promise<unknown> {
  switch (call.method) {
    case "start":
      return await start(call.id);
    case "next":
      return await started(call.handle).next?.();
    case "record":
      return await started(call.handle).record();
    case "stop": {
      const server = started(call.handle);
      running.delete(call.handle);
      return await server.stop();
    }
  }
}

process.on("message", (message: { sequence: number; call: Call }) => {
  const reply = (answer: Omit<Reply, "sequence">): void => {
    process.send?.({ sequence: message.sequence, ...answer } satisfies Reply);
  };
  perform(message.call).then(
    (value) => reply({ value }),
    (error: unknown) => reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

process.on("disconnect", () => {
  // Stop the servers of other programs too; whatever hangs must not keep this process alive.
  setTimeout(() => process.exit(), 2_000).unref();
  Promise.allSettled([...running.values()].map((server) => server.stop())).finally(() => process.exit());
});
