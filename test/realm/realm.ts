import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ServerRecord, StartedServer } from "./impostors/row.ts";

/** What host.ts is asked. */
export type Call =
  | { readonly method: "start"; readonly id: string }
  | { readonly method: "next" | "record" | "stop"; readonly handle: number };

export interface Reply {
  readonly sequence: number;
  readonly value?: unknown;
  readonly error?: string;
}

type Described = Pick<StartedServer, "port" | "host" | "addresses" | "server" | "probe" | "method"> & {
  readonly identity: NonNullable<StartedServer["identity"]> | null;
};

/** A server of the table, running in another process. */
export interface RunningRow extends Described {
  next(): Promise<void>;
  record(): Promise<ServerRecord>;
  stop(): Promise<void>;
}

/** The servers of one run. */
export interface Realm {
  start(id: string): Promise<RunningRow>;
  /** Ends every server. */
  close(): Promise<void>;
}

/** The plain Node that runs the tests, also when this process is Electron's. */
const node = (): string =>
  process.versions.electron === undefined ? process.execPath : (process.env.npm_node_execpath ?? "node");

function caller(child: ChildProcess): (call: Call) => Promise<unknown> {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let last = 0;
  child.on("message", (message) => {
    const { sequence, value, error } = message as Reply;
    const call = waiting.get(sequence);
    waiting.delete(sequence);
    if (error === undefined) {
      call?.resolve(value);
    } else {
      call?.reject(new Error(error));
    }
  });
  child.on("exit", (code) => {
    for (const { reject } of waiting.values()) {
      reject(new Error(`the servers' process ended with ${code}`));
    }
  });
  return (call) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      child.send({ sequence: last, call });
    });
}

/** Starts the servers' process; `close` ends it and all it has started. */
export async function startRealm(): Promise<Realm> {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  const child = fork(fileURLToPath(new URL("./host.ts", import.meta.url)), [], {
    execPath: node(),
    execArgv: ["--import", "tsx"],
    env,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const call = caller(child);
  return {
    start: async (id) => {
      const { handle, ...described } = (await call({ method: "start", id })) as Described & { handle: number };
      return {
        ...described,
        next: async () => {
          await call({ method: "next", handle });
        },
        record: async () => (await call({ method: "record", handle })) as ServerRecord,
        stop: async () => {
          await call({ method: "stop", handle });
        },
      };
    },
    close: async () => {
      child.disconnect();
      await once(child, "exit");
    },
  };
}
