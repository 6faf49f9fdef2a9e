import type { Evidence } from "../evidence.ts";
import type { ChannelExpectation } from "../expectation.ts";
import type { Derivation } from "../verdict.ts";
import { declaredPremises } from "./declared.ts";
import { close, type Fact, type Facts, type Premise } from "./facts.ts";
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

/** The tree of a fact, ready to be shown. */
export function derivationOf(fact: Fact, cast: Cast): Derivation {
  const formula = printFormula(fact.formula);
  if (!("premise" in fact)) {
    const words = sentence(inWords(fact.formula, cast));
    const rule = `${fact.rule.name} (${fact.rule.cites})`;
    return {
      formula,
      sentence: words,
      rule,
      basis: "derived",
      from: fact.from.map((part) => derivationOf(part, cast)),
    };
  }
  const { premise } = fact;
  const words = { formula, sentence: premise.sentence, from: [] };
  return premise.basis === "evidence"
    ? { ...words, rule: "checked", basis: "evidence", evidence: premise.evidence }
    : { ...words, rule: "declared", basis: "assumption", source: premise.source };
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
