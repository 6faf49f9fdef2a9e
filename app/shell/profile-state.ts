/** Looks for the profile and puts what came of it into the interface's terms. */
import { explain } from "../core/reasons.ts";
import { fileSource } from "../profile/file.ts";
import { loadProfile } from "../profile/load.ts";
import { machineSources } from "../profile/machine-sources.ts";
import type { ProfileState } from "./state.ts";

/** @param file development only: a file that stands in for the policy of this machine */
export async function profileState(file: string | undefined): Promise<ProfileState> {
  const load = await loadProfile(file === undefined ? machineSources() : [fileSource(file)]);
  if (load.kind !== "invalid") return load;
  const problems = load.problems.map(({ path, value, expected }) => `${path}: ${value}; expected ${expected}`);
  return { kind: "invalid", error: explain(load.refusal), problems };
}
