/** Type-checks the project, and what knows Electron once more against the types of the development runtime. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const compiler = join(root, "node_modules/typescript/bin/tsc");

for (const project of ["tsconfig.json", "tsconfig.electron-33.json"]) {
  const answer = spawnSync(process.execPath, [compiler, "-p", join(root, project)], { stdio: "inherit" });
  if (answer.status !== 0) {
    console.error(`types: ${project} does not compile`);
    process.exit(1);
  }
}
