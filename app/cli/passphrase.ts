import { open } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { Refusal } from "../core/refusal.ts";
import type { PassphraseSource } from "./arguments.ts";
import { type CommandIo, print } from "./io.ts";

/** Far above what a person or a generator makes. */
const MAX_BYTES = 4096;

/** Gets the passphrase of a PKCS#12 file; one line end at its end does not belong to it. */
export async function readPassphrase(source: PassphraseSource, io: CommandIo): Promise<string> {
  switch (source.from) {
    case "file":
      return withoutLineEnd(await passphraseFile(source.path));
    case "standard input":
      return withoutLineEnd(await allOf(io.stdin));
    case "terminal":
      return io.stdin.isTTY === true ? ask(io) : "";
  }
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

async function passphraseFile(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      return await allOf(file.createReadStream({ autoClose: false }));
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    const fault = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal("keystore.file-unreadable", { value: path, fault, expected: "a passphrase file" }, { cause });
  }
}

async function allOf(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES) {
      throw new Refusal("keystore.file-too-large", {
        value: "passphrase",
        fault: `it is longer than ${MAX_BYTES} bytes`,
        expected: "a passphrase on one line",
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Asks on the terminal without showing what is typed. @throws Refusal when the answer is broken off (^C, ^D) */
async function ask({ stdin, stderr }: CommandIo): Promise<string> {
  await print(stderr, "Passphrase: ");
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: true });
  const brokenOff = new AbortController();
  lines.once("SIGINT", () => brokenOff.abort());
  lines.once("close", () => brokenOff.abort());
  try {
    return await lines.question("", { signal: brokenOff.signal });
  } catch (cause) {
    throw new Refusal("verdict.cancelled", { fault: "no passphrase was entered" }, { cause });
  } finally {
    lines.close();
    await print(stderr, "\n");
  }
}
