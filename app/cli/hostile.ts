/** What this machine has learned of impostors: shown, forgotten, handed to IT. */
import { writeFile } from "node:fs/promises";
import type { Impostor } from "../core/impostor.ts";
import { Refusal } from "../core/refusal.ts";
import { impostorExport, type LearnedImpostors } from "../hostile/learned.ts";
import type { Command } from "./arguments.ts";
import { type CommandIo, type CommandParts, EXIT, print, printJson } from "./io.ts";

type CommandOf<K extends Command["kind"]> = Extract<Command, { kind: K }>;

/** `hostile list` */
export async function listImpostors(
  { json }: CommandOf<"hostile list">,
  io: CommandIo,
  parts: CommandParts,
): Promise<number> {
  const { list } = learnedOf(parts);
  if (json) await printJson(io.stdout, list);
  else await print(io.stdout, list.length === 0 ? "no flagged servers\n" : list.map(impostorText).join(""));
  return EXIT.done;
}

/** `hostile remove <key>` */
export async function removeImpostor(
  { key }: CommandOf<"hostile remove">,
  io: CommandIo,
  parts: CommandParts,
): Promise<number> {
  const learned = learnedOf(parts);
  const removed = learned.remove(key);
  await learned.settled();
  await print(removed ? io.stdout : io.stderr, removed ? `removed ${key}\n` : `no flagged server has the key ${key}\n`);
  return removed ? EXIT.done : EXIT.usage;
}

/** `hostile export [-o FILE]` */
export async function exportImpostors(
  { output }: CommandOf<"hostile export">,
  io: CommandIo,
  parts: CommandParts,
): Promise<number> {
  const document = impostorExport(learnedOf(parts).list, parts.clock());
  if (output === undefined) await printJson(io.stdout, document);
  else await writeFile(output, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 }).catch(notWritten);
  return EXIT.done;
}

function learnedOf({ impostors }: CommandParts): LearnedImpostors {
  if (impostors === undefined)
    throw new Refusal("app.file-unwritable", { fault: "this program has no place for data" });
  return impostors();
}

function notWritten(error: unknown): never {
  throw new Refusal("app.file-unwritable", { fault: error instanceof Error ? error.message : String(error) });
}

function impostorText({ key, first, last, times, appearances, evidence }: Impostor): string {
  const { certificate, protocol, message } = evidence;
  return [
    key,
    `  seen:        ${times} time${times === 1 ? "" : "s"}, ${first} to ${last}`,
    ...appearances.map(
      ({ origin, address, site }) => `  answered as: ${origin} (${site})${address ? ` at ${address}` : ""}`,
    ),
    `  proved by:   ${message}, ${protocol}`,
    `  subject:     ${certificate.subject}`,
    `  issuer:      ${certificate.issuer}`,
    `  certificate: ${certificate.fingerprint}`,
    "",
  ].join("\n");
}
