/** The commands without a window. Knows nothing of Electron: the shell gives it words, streams and the proxy. */
import { explain } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import { type Command, parseCommand, USAGE, UsageError } from "./arguments.ts";
import { check } from "./check.ts";
import { fetchOnce } from "./fetch.ts";
import { exportImpostors, listImpostors, removeImpostor } from "./hostile.ts";
import { type CommandIo, type CommandParts, commandParts, EXIT, print } from "./io.ts";
import { importIdentities, listIdentities, removeIdentity } from "./keystore.ts";
import { validateProfile } from "./profile.ts";
import { ticket } from "./ticket.ts";

/**
 * Runs one command to its end.
 * @param argv the command word and what follows it.
 * @returns the exit code: 0 authenticated or done, 10 refused, 11 hostile, 2 usage or invalid profile.
 */
export async function runCommand(
  argv: readonly string[],
  io: CommandIo,
  parts: CommandParts = commandParts(),
): Promise<number> {
  // A reader that closes the pipe is no fault; without a listener it would end the process.
  io.stdout.on("error", () => {});
  try {
    return await run(parseCommand(argv), io, parts);
  } catch (error) {
    if (error instanceof UsageError) {
      await print(io.stderr, `countersign: ${error.message}\n\n${USAGE}`);
      return EXIT.usage;
    }
    if (!(error instanceof Refusal)) throw error;
    await print(io.stderr, refusalText(error));
    return error.code.startsWith("profile.") ? EXIT.usage : EXIT.refused;
  }
}

function run(command: Command, io: CommandIo, parts: CommandParts): Promise<number> {
  switch (command.kind) {
    case "help":
      return print(io.stdout, USAGE).then(() => EXIT.done);
    case "check":
      return check(command, io, parts);
    case "fetch":
      return fetchOnce(command, io, parts);
    case "keystore import":
      return importIdentities(command, io, parts);
    case "keystore list":
      return listIdentities(command, io, parts);
    case "keystore remove":
      return removeIdentity(command, io, parts);
    case "hostile list":
      return listImpostors(command, io, parts);
    case "hostile remove":
      return removeImpostor(command, io, parts);
    case "hostile export":
      return exportImpostors(command, io, parts);
    case "ticket":
      return ticket(command, io, parts);
    case "profile validate":
      return validateProfile(command, io);
  }
}

function refusalText(refusal: Refusal): string {
  const { code, title, message, remedy, it } = explain(refusal);
  return `countersign: ${title} (${code})\n${message}\nWhat to do: ${remedy}\nFor IT: ${it}\n`;
}
