import type { Derivation } from "../verdict.ts";
import type { Formula } from "./formula.ts";

/** A formula that holds without being derived: checked evidence, or a declared premise with who states it. */
export type Premise = { readonly formula: Formula; readonly sentence: string } & (
  | { readonly basis: "evidence"; readonly evidence: NonNullable<Derivation["evidence"]> }
  | { readonly basis: "assumption"; readonly source: string }
);

/** What holds, and why: a premise, or a rule applied to other facts. */
export type Fact =
  | { readonly formula: Formula; readonly premise: Premise }
  | { readonly formula: Formula; readonly rule: Rule; readonly from: readonly Fact[] };

/** A conclusion and the facts it rests on. */
export interface Step {
  readonly formula: Formula;
  readonly from: readonly Fact[];
}

/** One rule of the logic. */
export interface Rule {
  readonly name: string;
  /** Where BAN states it. */
  readonly cites: string;
  apply(facts: Facts): Iterable<Step>;
}

/** A set of facts by formula. Keeps the first derivation of each, which is among the shortest. */
export class Facts implements Iterable<Fact> {
  readonly #byKey = new Map<string, Fact>();

  add(fact: Fact): void {
    if (!this.#byKey.has(fact.formula.key)) this.#byKey.set(fact.formula.key, fact);
  }

  of(formula: Formula): Fact | undefined {
    return this.#byKey.get(formula.key);
  }

  get size(): number {
    return this.#byKey.size;
  }

  [Symbol.iterator](): Iterator<Fact> {
    return this.#byKey.values();
  }
}

/** Applies the rules until nothing new follows. Ends because the rules' closure is finite (rules.ts). */
export function close(premises: readonly Premise[], rules: readonly Rule[]): Facts {
  const facts = new Facts();
  for (const premise of premises) facts.add({ formula: premise.formula, premise });
  for (let before = -1; before !== facts.size; ) {
    before = facts.size;
    for (const rule of rules) {
      for (const { formula, from } of [...rule.apply(facts)]) facts.add({ formula, rule, from });
    }
  }
  return facts;
}
