/**
 * Lets one process at a time write to the keystore: the app and a command may be at it together. Held by something
 * that the operating system itself releases when the process dies, so that no lock can be left behind.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal } from "../core/refusal.ts";

/** Runs `work` alone among all processes of this user. @throws Refusal `keystore.refused` when it has waited too long */
export type WriterLock = <T>(work: () => Promise<T>) => Promise<T>;

const RETRY_MS = 20;

/** Ends the hold. */
type Release = () => Promise<void>;

/** @param timeLimit milliseconds to wait for another writer; a write takes well under a second */
export function createWriterLock(service: string, { timeLimit = 15_000 } = {}): WriterLock {
  const take = process.platform === "darwin" ? () => takeFile(lockFile(service)) : () => takeName(lockName(service));
  return async (work) => {
    const release = await waitFor(take, timeLimit);
    try {
      return await work();
    } finally {
      await release();
    }
  };
}

async function waitFor(take: () => Promise<Release | undefined>, timeLimit: number): Promise<Release> {
  for (let waited = 0; waited < timeLimit; waited += RETRY_MS) {
    const release = await take();
    if (release !== undefined) return release;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  throw new Refusal("keystore.refused", {
    fault: `Another program has been changing the keystore for more than ${timeLimit / 1000} s`,
  });
}

/** One per user and service. Not from os.userInfo(), which fails for a user without an entry in /etc/passwd. */
const lockId = (service: string): string =>
  createHash("sha256")
    .update(JSON.stringify([process.getuid?.() ?? process.env.USERNAME, service]))
    .digest("hex");

/** Linux: the abstract namespace of unix(7), which needs no file. Windows: a named pipe, which only one may create. */
function lockName(service: string): string {
  const name = `countersign-keystore-${lockId(service).slice(0, 32)}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : `\0${name}`;
}

/** @returns undefined while another holds it */
function takeName(name: string): Promise<Release | undefined> {
  const server = createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(unavailable(error));
    });
    server.listen(name, () => resolve(() => new Promise((closed) => server.close(() => closed()))));
  });
}

/** macOS: open(2) locks the file (O_EXLOCK); its temporary directory belongs to the user alone. */
const lockFile = (service: string): string => join(tmpdir(), `countersign-keystore-${lockId(service).slice(0, 32)}`);

const O_EXLOCK = 0x20;

async function takeFile(path: string): Promise<Release | undefined> {
  try {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK, 0o600);
    return () => file.close();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined;
    throw unavailable(error);
  }
}

const unavailable = (cause: unknown): Refusal =>
  new Refusal("keystore.refused", { fault: "The lock that keeps two writers apart cannot be taken" }, { cause });
