import { type Profile, type ProfileProblem, parseProfile } from "../core/profile.ts";
import { Refusal } from "../core/refusal.ts";
import { readAnchor } from "./anchor-reader.ts";
import { InvalidProfile } from "./invalid-profile.ts";
import type { ProfileSource } from "./source.ts";

export type ProfileLoad =
  | { readonly kind: "none"; readonly lookedIn: readonly string[] }
  | { readonly kind: "invalid"; readonly refusal: Refusal; readonly problems: readonly ProfileProblem[] }
  | { readonly kind: "loaded"; readonly profile: Profile; readonly origin: string };

/**
 * Asks the sources in order; the first that has a profile decides, also when that profile is wrong: a source further
 * down must not take the place of one that failed.
 */
export async function loadProfile(sources: readonly ProfileSource[]): Promise<ProfileLoad> {
  try {
    for (const source of sources) {
      const found = await source.load();
      if (found !== undefined) return judge(found.document, found.origin);
    }
  } catch (error) {
    if (error instanceof InvalidProfile) return { kind: "invalid", refusal: error, problems: error.problems };
    if (error instanceof Refusal) return { kind: "invalid", refusal: error, problems: [] };
    throw error;
  }
  return { kind: "none", lookedIn: sources.map(({ name }) => name) };
}

function judge(document: unknown, origin: string): ProfileLoad {
  const result = parseProfile(document, readAnchor);
  if (result.ok) return { kind: "loaded", profile: result.profile, origin };
  return { kind: "invalid", refusal: new InvalidProfile(origin, result.problems), problems: result.problems };
}
