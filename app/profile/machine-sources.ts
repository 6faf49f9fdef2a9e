import { policyDirectorySource } from "./policy-directory.ts";
import type { ProfileSource } from "./source.ts";

/** Where this machine's profile may be, in order of precedence, for windows and commands alike. */
export function machineSources(): readonly ProfileSource[] {
  return [policyDirectorySource()];
}
