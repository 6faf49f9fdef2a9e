import type { Derivation } from "../verdict.ts";
import { type Formula, same } from "./formula.ts";

/** A formula that holds without being derived: checked evidence, or a declared premise with who states it. */
export type Premise = { readonly formula: Formula; readonly sentence: string } & (
  | { readonly basis: "evidence"; readonly evidence: NonNullable<Derivation["evidence"]> }
  | { readonly basis: "assumption"; readonly source: string }
);

/** What holds, and why: a premise, or a rule applied to other facts. */
export type Fact = Given | Derived;

export interface Given {
  readonly formula: Formula;
  readonly premise: Premise;
}

export interface Derived {
  readonly formula: Formula;
  readonly rule: Rule;
  readonly from: readonly Fact[];
}

/** Takes a conclusion and the facts it rests on. */
export type Conclude = (formula: Formula, from: readonly Fact[]) => void;

/** One rule of the logic. */
export interface Rule {
  readonly name: string;
  /** Where BAN states it. */
  readonly cites: string;
  /** Concludes what follows from `fact` and others; `facts` has everything known so far, `fact` included. */
  apply(fact: Fact, facts: Facts, conclude: Conclude): void;
}

/** What somebody does with a formula of which kind, e.g. `believes public-key`; the kind alone of other formulas. */
export type Shape = `${"believes" | "sees" | "said" | "controls" | "fresh"} ${Formula["kind"]}` | Formula["kind"];

function shapeOf(formula: Formula): Shape {
  switch (formula.kind) {
    case "believes":
    case "sees":
    case "said":
    case "controls":
    case "fresh":
      return `${formula.kind} ${formula.what.kind}`;
    default:
      return formula.kind;
  }
}

/** A set of facts, found by shape. Keeps the first derivation of each formula, which is among the shortest. */
export class Facts implements Iterable<Fact> {
  readonly #all: Fact[] = [];
  readonly #byShape = new Map<Shape, Fact[]>();

  /** @returns whether it was new. */
  add(fact: Fact): boolean {
    const shape = shapeOf(fact.formula);
    const alike = this.#byShape.get(shape);
    if (alike === undefined) this.#byShape.set(shape, [fact]);
    else if (alike.some(({ formula }) => same(formula, fact.formula))) return false;
    else alike.push(fact);
    this.#all.push(fact);
    return true;
  }

  of(formula: Formula): Fact | undefined {
    return this.shaped(shapeOf(formula)).find((fact) => same(fact.formula, formula));
  }

  shaped(shape: Shape): readonly Fact[] {
    return this.#byShape.get(shape) ?? [];
  }

  [Symbol.iterator](): Iterator<Fact> {
    return this.#all.values();
  }
}

/** Applies the rules until nothing new follows. Ends because the rules' closure is finite (rules.ts). */
export function close(premises: readonly Premise[], rules: readonly Rule[]): Facts {
  const facts = new Facts();
  const waiting: Fact[] = premises.map((premise) => ({ formula: premise.formula, premise }));
  const applied = rules.map((rule) => {
    const conclude: Conclude = (formula, from) => waiting.push({ formula, rule, from });
    return { rule, conclude };
  });
  for (const fact of waiting) {
    if (!facts.add(fact)) continue;
    for (const { rule, conclude } of applied) rule.apply(fact, facts, conclude);
  }
  return facts;
}
