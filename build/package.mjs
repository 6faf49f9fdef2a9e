/** Builds the unpacked folder of this system under release/, with the fuses set. Arguments go on to electron-builder. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildWhenStale } from "./bundle.mjs";
import { electron, root } from "./electron-command.mjs";

buildWhenStale();
const runtime = electron();
const words = process.argv.length > 2 ? process.argv.slice(2) : ["--dir"];
if (runtime.source !== "official") {
  console.log(`package: Electron ${runtime.version} (${runtime.source}): for development only, not for release`);
  words.push(`--config.electronDist=${runtime.folder}`, `--config.electronVersion=${runtime.version}`);
}
const builder = join(root, "node_modules/electron-builder/cli.js");
const answer = spawnSync(process.execPath, [builder, "--publish=never", ...words], { cwd: root, stdio: "inherit" });
process.exit(answer.status ?? 1);
