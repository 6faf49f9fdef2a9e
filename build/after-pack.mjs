/**
 * Finishes the packed folder. On Linux the executable becomes a small launcher in front of Electron: without a display
 * Electron ends before any code of ours runs unless its command line names the headless platform.
 */
import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const launcher = (electron) => `#!/bin/sh
# A bare first word is a command and runs without a display; anything else opens the window.
here=$(dirname "$(readlink -f "$0")")
case "\${1-}" in
  "" | -* | *:*) exec "$here/${electron}" "$@" ;;
  *) exec "$here/${electron}" --ozone-platform=headless --disable-gpu --log-level=3 "$@" ;;
esac
`;

let fuses;

/** @param {import("electron-builder").AfterPackContext} context */
export default async function afterPack(context) {
  const { packager, appOutDir, electronPlatformName } = context;
  const resources = packager.getResourcesDir(appOutDir);
  rmSync(join(resources, "default_app.asar"), { force: true });
  if (electronPlatformName !== "linux") return;

  // electron-builder would set the fuses after this hook, in a file of the launcher's name.
  fuses ??= packager.config.electronFuses;
  if (!fuses) throw new Error("electron-builder.yml must name the fuses");
  await packager.addElectronFuses(context, await packager.generateFuseConfig(fuses));
  packager.config.electronFuses = null;

  const name = packager.executableName;
  const electron = `${name}-electron`;
  if (existsSync(join(appOutDir, electron))) throw new Error(`${electron} is there already`);
  renameSync(join(appOutDir, name), join(appOutDir, electron));
  writeFileSync(join(appOutDir, name), launcher(electron));
  chmodSync(join(appOutDir, name), 0o755);
}
