import type { Evidence } from "../evidence.ts";
import type { ChannelExpectation } from "../expectation.ts";
import type { Derivation } from "../verdict.ts";
import { declaredPremises } from "./declared.ts";
import { close, type Derived, type Fact, type Facts, type Premise } from "./facts.ts";
import { type Goal, goalsFor } from "./goals.ts";
import { premisesFrom } from "./premises.ts";
import { type Cast, inWords, printFormula, sentence } from "./print.ts";
import { BAN_RULES } from "./rules.ts";

/** Everything the derivation may start from. Of two records for one premise the one that lives longer counts. */
export function premisesFor(live: readonly Evidence[], to: ChannelExpectation, now: number): readonly Premise[] {
  const longestFirst = live.toSorted((one, other) => other.expires - one.expires);
  return [...longestFirst.flatMap((record) => premisesFrom(record, to, now)), ...declaredPremises(live, to)];
}

export interface Conclusion {
  readonly facts: Facts;
  /** The required goals that were derived, in order, up to the first that was not. */
  readonly derived: readonly Fact[];
  readonly missing: Goal | undefined;
}

/** Draws every conclusion from the premises and looks for the goals that this kind of site requires. */
export function derive(premises: readonly Premise[], to: ChannelExpectation): Conclusion {
  const facts = close(premises, BAN_RULES);
  const derived: Fact[] = [];
  for (const goal of goalsFor(to).required) {
    const fact = facts.of(goal.formula);
    if (fact === undefined) return { facts, derived, missing: goal };
    derived.push(fact);
  }
  return { facts, derived, missing: undefined };
}

/** The trees of facts, ready to be shown. A fact that several steps rest on is one object in all of them. */
export function derivationsOf(facts: readonly Fact[], cast: Cast): readonly Derivation[] {
  const shown = new Map<Fact, Derivation>();
  const show = (fact: Fact): Derivation => {
    const known = shown.get(fact);
    if (known !== undefined) return known;
    const derivation = "premise" in fact ? showPremise(fact.premise) : showStep(fact, fact.from.map(show), cast);
    shown.set(fact, derivation);
    return derivation;
  };
  return facts.map(show);
}

function showPremise(premise: Premise): Derivation {
  const shown = { formula: printFormula(premise.formula), sentence: premise.sentence, from: [] };
  return premise.basis === "evidence"
    ? { ...shown, rule: "checked", basis: "evidence", evidence: premise.evidence }
    : { ...shown, rule: "declared", basis: "assumption", source: premise.source };
}

function showStep({ formula, rule }: Derived, from: readonly Derivation[], cast: Cast): Derivation {
  const words = sentence(inWords(formula, cast));
  return {
    formula: printFormula(formula),
    sentence: words,
    rule: `${rule.name} (${rule.cites})`,
    basis: "derived",
    from,
  };
}

/** The premises that facts rest on. */
export function premisesUnder(facts: readonly Fact[]): readonly Premise[] {
  const seen = new Set<Fact>();
  const found: Premise[] = [];
  const visit = (fact: Fact): void => {
    if (seen.has(fact)) return;
    seen.add(fact);
    if ("premise" in fact) found.push(fact.premise);
    else fact.from.forEach(visit);
  };
  facts.forEach(visit);
  return found;
}
