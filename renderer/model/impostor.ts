import type { ImpostorView } from "../../app/ipc/contract.ts";

/** The sites that a flagged server answered for, as a phrase. */
export function imitatedSites({ appearances }: Pick<ImpostorView, "appearances">): string {
  const names = [...new Set(appearances.map(({ site }) => site))];
  const last = names.pop() ?? "";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}

export function timesSeen({ times }: Pick<ImpostorView, "times">): string {
  if (times === 1) return "Refused once";
  return times === 2 ? "Refused twice" : `Refused ${times} times`;
}
