/** Runs the commands under plain Node: `node --import tsx test/support/command.ts check …`. */
import { runCommand } from "../../app/cli/run-command.ts";

process.exitCode = await runCommand(process.argv.slice(2), process);
