/**
 * The rules of BAN (formula.ts), each citing its place. A rule says what follows from a new fact together with those
 * known before. No rule builds a conjunction or a message of its own, so their closure is finite.
 */
import type { Conclude, Fact, Facts, Rule, Shape } from "./facts.ts";
import {
  type Believes,
  believes,
  encrypted,
  type Formula,
  fresh,
  type Means,
  type Sees,
  said,
  same,
  sees,
  signed,
} from "./formula.ts";

type Held<K extends "believes" | "sees", W extends Formula["kind"]> = Fact & {
  readonly formula: (K extends "sees" ? Sees : Believes) & { readonly what: Extract<Formula, { kind: W }> };
};

/** Facts that say that somebody believes, or sees, a formula of one kind. */
interface Pattern<F extends Fact> {
  readonly shape: Shape;
  matches(fact: Fact): fact is F;
}

function pattern<K extends "believes" | "sees", W extends Formula["kind"]>(kind: K, what: W): Pattern<Held<K, W>> {
  const matches = (fact: Fact): fact is Held<K, W> => fact.formula.kind === kind && fact.formula.what.kind === what;
  return { shape: `${kind} ${what}`, matches };
}

/** Draws conclusions from every pair of facts of these two shapes that the new fact is part of. */
function ofPairs<A extends Fact, B extends Fact>(
  [first, second]: readonly [Pattern<A>, Pattern<B>],
  draw: (one: A, other: B, conclude: Conclude) => void,
): Rule["apply"] {
  return (fact, facts, conclude) => {
    if (first.matches(fact)) {
      for (const other of facts.shaped(second.shape)) if (second.matches(other)) draw(fact, other, conclude);
    }
    if (second.matches(fact)) {
      for (const other of facts.shaped(first.shape)) if (first.matches(other)) draw(other, fact, conclude);
    }
  };
}

const believesPublicKey = pattern("believes", "public-key");
const believesSharedKey = pattern("believes", "shared-key");
const believesSaid = pattern("believes", "said");
const believesBelieves = pattern("believes", "believes");
const believesFresh = pattern("believes", "fresh");
const believesControls = pattern("believes", "controls");
const believesMeans = pattern("believes", "means");
const seesSigned = pattern("sees", "signed");
const seesEncrypted = pattern("sees", "encrypted");

/** P believes K is Q's public key, P sees X signed with it: P believes Q said X. */
const messageMeaningPublic: Rule = {
  name: "message meaning, public key",
  cites: "BAN §2.2",
  apply: ofPairs([believesPublicKey, seesSigned], (key, message, conclude) => {
    const { who, what: owner } = key.formula;
    const { what } = message.formula;
    if (message.formula.who !== who || what.public !== owner.public) return;
    conclude(believes(who, said(owner.of, what.what)), [key, message]);
  }),
};

/** P believes P and Q share K, P sees X under K (and X is not P's own): P believes Q said X. */
const messageMeaningShared: Rule = {
  name: "message meaning, shared key",
  cites: "BAN §2.2",
  apply: ofPairs([believesSharedKey, seesEncrypted], (key, message, conclude) => {
    const { who, what: shared } = key.formula;
    const { what } = message.formula;
    if (message.formula.who !== who || what.secret !== shared.secret) return;
    if (who === shared.a) conclude(believes(who, said(shared.b, what.what)), [key, message]);
    if (who === shared.b) conclude(believes(who, said(shared.a, what.what)), [key, message]);
  }),
};

/** P believes X is fresh and that Q said X: P believes Q believes X. */
const nonceVerification: Rule = {
  name: "nonce verification",
  cites: "BAN §2.2",
  apply: ofPairs([believesFresh, believesSaid], (isFresh, statement, conclude) => {
    const { who, what: utterance } = statement.formula;
    if (isFresh.formula.who !== who || !same(isFresh.formula.what.what, utterance.what)) return;
    conclude(believes(who, believes(utterance.who, utterance.what)), [isFresh, statement]);
  }),
};

/** P believes that Q controls X and that Q believes X: P believes X. */
const jurisdiction: Rule = {
  name: "jurisdiction",
  cites: "BAN §2.2",
  apply: ofPairs([believesControls, believesBelieves], (competence, held, conclude) => {
    const { who, what: control } = competence.formula;
    const { what: belief } = held.formula;
    if (held.formula.who !== who || belief.who !== control.who || !same(belief.what, control.what)) return;
    conclude(believes(who, control.what), [competence, held]);
  }),
};

/** A formula is fresh when a part of it is; asked only of what somebody said. */
const freshness: Rule = {
  name: "freshness",
  cites: "BAN §2.2",
  apply: ofPairs([believesFresh, believesSaid], (isFresh, statement, conclude) => {
    const { who, what: utterance } = statement.formula;
    if (isFresh.formula.who !== who || utterance.what.kind !== "conjunction") return;
    const { left, right } = utterance.what;
    const part = isFresh.formula.what.what;
    if (same(part, left) || same(part, right)) conclude(believes(who, fresh(utterance.what)), [isFresh]);
  }),
};

/** Who sees or believes two things sees or believes each; so does anybody of whom P believes it. */
const components: Rule = {
  name: "components",
  cites: "BAN §2.2",
  apply(fact, _facts, conclude) {
    const { formula } = fact;
    if (formula.kind !== "sees" && formula.kind !== "believes") return;
    const { kind, who, what } = formula;
    if (what.kind === "conjunction") {
      for (const part of [what.left, what.right])
        conclude(kind === "sees" ? sees(who, part) : believes(who, part), [fact]);
    }
    if (kind !== "believes" || (what.kind !== "said" && what.kind !== "believes")) return;
    if (what.what.kind !== "conjunction") return;
    const hold = what.kind === "said" ? said : believes;
    for (const part of [what.what.left, what.what.right]) conclude(believes(who, hold(what.who, part)), [fact]);
  },
};

/**
 * Reads a message as the formula it stands for, once everything that the reading depends on holds. "A message m can be
 * read as X if whoever gets m may deduce that its sender believed X" is BAN's condition; each reading is a declared
 * premise with its source.
 */
const reading: Rule = {
  name: "reading",
  cites: "BAN §2.3",
  apply(fact, facts, conclude) {
    for (const premise of facts.shaped(believesMeans.shape)) {
      if (!believesMeans.matches(premise)) continue;
      const { who, what: means } = premise.formula;
      const enables = fact === premise || means.given.some((formula) => same(formula, fact.formula));
      if (!enables && reread(fact.formula, who, means) === undefined) continue;
      const given = allOf(means.given, facts);
      if (given === undefined) continue;
      for (const message of enables ? facts : [fact]) {
        const formula = reread(message.formula, who, means);
        if (formula !== undefined) conclude(formula, [message, premise, ...given]);
      }
    }
  },
};

/** The facts for all these formulas, or undefined when one is missing. */
function allOf(formulas: readonly Formula[], facts: Facts): readonly Fact[] | undefined {
  const found: Fact[] = [];
  for (const formula of formulas) {
    const fact = facts.of(formula);
    if (fact === undefined) return undefined;
    found.push(fact);
  }
  return found;
}

/** The formula with the message replaced by its meaning, where `who` received it or believes somebody said it. */
function reread(formula: Formula, who: string, { message, meaning }: Means): Formula | undefined {
  if ((formula.kind !== "sees" && formula.kind !== "believes") || formula.who !== who) return undefined;
  const { kind, what } = formula;
  if (kind === "believes") {
    return what.kind === "said" && same(what.what, message) ? believes(who, said(what.who, meaning)) : undefined;
  }
  if (what.kind === "signed" && same(what.what, message)) return sees(who, signed(meaning, what.public));
  if (what.kind === "encrypted" && same(what.what, message)) return sees(who, encrypted(meaning, what.secret));
  return undefined;
}

export const BAN_RULES: readonly Rule[] = [
  reading,
  messageMeaningPublic,
  messageMeaningShared,
  freshness,
  nonceVerification,
  components,
  jurisdiction,
];
