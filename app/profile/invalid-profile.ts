import type { ProfileProblem } from "../core/profile.ts";
import { Refusal } from "../core/refusal.ts";

/** A profile that was read and is wrong: the first problem in a sentence, all of them as a list. */
export class InvalidProfile extends Refusal {
  readonly problems: readonly ProfileProblem[];

  /** @param origin where the document came from, for people. @param problems at least one */
  constructor(origin: string, problems: readonly ProfileProblem[]) {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    const fault = `${first?.path} is ${first?.value}, expected ${first?.expected}${more}`;
    super("profile.invalid", { value: origin, fault });
    this.problems = problems;
  }
}
