import { explain } from "../core/reasons.ts";
import { fileSource } from "../profile/file.ts";
import { loadProfile, type ProfileLoad } from "../profile/load.ts";
import type { Command } from "./arguments.ts";
import { type CommandIo, EXIT, print, printJson } from "./io.ts";

type ValidateCommand = Extract<Command, { kind: "profile validate" }>;

/** `profile validate <file>`: says what is wrong with a profile, all of it. */
export async function validateProfile({ file, json }: ValidateCommand, io: CommandIo): Promise<number> {
  const load = await loadProfile([fileSource(file)]);
  if (json) await printJson(io.stdout, validationReport(file, load));
  else await print(io.stdout, validationText(file, load));
  return load.kind === "loaded" ? EXIT.done : EXIT.usage;
}

/** What `--json` prints. */
export function validationReport(file: string, load: ProfileLoad) {
  if (load.kind === "loaded") {
    const { organization, serial, sites } = load.profile;
    return { file, valid: true, organization, serial, sites: sites.map(({ id }) => id), problems: [] };
  }
  if (load.kind === "none") return { file, valid: false, code: "profile.missing", problems: [] };
  const { code, message, remedy, it } = explain(load.refusal);
  return { file, valid: false, code, message, remedy, it, problems: load.problems };
}

export function validationText(file: string, load: ProfileLoad): string {
  if (load.kind === "loaded") {
    const { organization, serial, sites } = load.profile;
    return `${file}: valid (${organization}, serial ${serial}, ${sites.length} site${sites.length === 1 ? "" : "s"})\n`;
  }
  if (load.kind === "none") return `${file}: there is no profile\n`;
  if (load.problems.length === 0) return `${file}: ${load.refusal.code}: ${load.refusal.detail.fault}\n`;
  const lines = load.problems.map(({ path, value, expected }) => `  ${path}: ${value}\n    expected: ${expected}`);
  const count = `${lines.length} problem${lines.length === 1 ? "" : "s"}`;
  return `${file}: not valid, ${count}; nothing of it is used\n${lines.join("\n")}\n`;
}
