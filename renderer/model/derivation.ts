import type { DerivationView } from "../../app/ipc/contract.ts";

/** A step of a derivation with a key that is unique in its forest. */
export interface DerivationNode {
  readonly key: string;
  readonly step: DerivationView;
  readonly children: readonly DerivationNode[];
}

/** Gives each step a key from its place, e.g. `1.0.2`: formulas may occur more than once. */
export function derivationForest(goals: readonly DerivationView[], prefix = ""): readonly DerivationNode[] {
  return goals.map((step, index) => {
    const key = prefix === "" ? String(index) : `${prefix}.${index}`;
    return { key, step, children: derivationForest(step.from, key) };
  });
}

/** Keys of all steps that rest on others. */
export function branchKeys(forest: readonly DerivationNode[]): readonly string[] {
  return forest.flatMap((node) => (node.children.length === 0 ? [] : [node.key, ...branchKeys(node.children)]));
}

/** What the goals rest on: distinct facts that were checked and distinct assumptions that somebody states. */
export function foundations(goals: readonly DerivationView[]): {
  readonly facts: number;
  readonly assumptions: number;
} {
  const facts = new Set<string>();
  const assumptions = new Set<string>();
  const visit = (step: DerivationView): void => {
    if (step.basis === "evidence") facts.add(step.formula);
    if (step.basis === "assumption") assumptions.add(step.formula);
    for (const premise of step.from) visit(premise);
  };
  for (const goal of goals) visit(goal);
  return { facts: facts.size, assumptions: assumptions.size };
}

/** What a step rests on, in words for its mark. */
export function basisWord(basis: DerivationView["basis"]): string {
  switch (basis) {
    case "evidence":
      return "Checked";
    case "assumption":
      return "Assumed";
    case "derived":
      return "Derived";
  }
}
