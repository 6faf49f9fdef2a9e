/**
 * The rules of BAN (formula.ts), each citing its place. A rule says what follows from a new fact together with those
 * known before. No rule builds a conjunction or a message of its own, so their closure is finite.
 */
import type { Fact, Facts, Rule, Shape, Step } from "./facts.ts";
import {
  type Believes,
  believes,
  type Conjunction,
  type Controls,
  type Encrypted,
  encrypted,
  type Formula,
  type Fresh,
  fresh,
  type Means,
  type PublicKey,
  type Said,
  type Sees,
  type SharedKey,
  type Signed,
  said,
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

/** All facts of this shape. */
function* all<F extends Fact>({ shape, matches }: Pattern<F>, facts: Facts): Iterable<F> {
  for (const fact of facts.shaped(shape)) if (matches(fact)) yield fact;
}

/** Every pair of facts of these two shapes that the new fact is part of. */
function* pairs<A extends Fact, B extends Fact>(
  fact: Fact,
  facts: Facts,
  first: Pattern<A>,
  second: Pattern<B>,
): Iterable<readonly [A, B]> {
  if (first.matches(fact)) for (const other of all(second, facts)) yield [fact, other];
  if (second.matches(fact)) for (const other of all(first, facts)) yield [other, fact];
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
  *apply(fact, facts) {
    for (const [key, message] of pairs(fact, facts, believesPublicKey, seesSigned)) {
      const { who, what: owner } = key.formula;
      const { what } = message.formula;
      if (message.formula.who !== who || what.public !== owner.public) continue;
      yield { formula: believes(who, said(owner.of, what.what)), from: [key, message] };
    }
  },
};

/** P believes P and Q share K, P sees X under K (and X is not P's own): P believes Q said X. */
const messageMeaningShared: Rule = {
  name: "message meaning, shared key",
  cites: "BAN §2.2",
  *apply(fact, facts) {
    for (const [key, message] of pairs(fact, facts, believesSharedKey, seesEncrypted)) {
      const { who, what: shared } = key.formula;
      const { what } = message.formula;
      if (message.formula.who !== who || what.secret !== shared.secret) continue;
      if (who === shared.a) yield { formula: believes(who, said(shared.b, what.what)), from: [key, message] };
      if (who === shared.b) yield { formula: believes(who, said(shared.a, what.what)), from: [key, message] };
    }
  },
};

/** P believes X is fresh and that Q said X: P believes Q believes X. */
const nonceVerification: Rule = {
  name: "nonce verification",
  cites: "BAN §2.2",
  *apply(fact, facts) {
    for (const [isFresh, statement] of pairs(fact, facts, believesFresh, believesSaid)) {
      const { who, what: utterance } = statement.formula;
      const { what: nonce } = isFresh.formula;
      if (isFresh.formula.who !== who || nonce.what.key !== utterance.what.key) continue;
      yield { formula: believes(who, believes(utterance.who, utterance.what)), from: [isFresh, statement] };
    }
  },
};

/** P believes that Q controls X and that Q believes X: P believes X. */
const jurisdiction: Rule = {
  name: "jurisdiction",
  cites: "BAN §2.2",
  *apply(fact, facts) {
    for (const [competence, held] of pairs(fact, facts, believesControls, believesBelieves)) {
      const { who, what: control } = competence.formula;
      const { what: belief } = held.formula;
      if (held.formula.who !== who || belief.who !== control.who || belief.what.key !== control.what.key) continue;
      yield { formula: believes(who, control.what), from: [competence, held] };
    }
  },
};

/** A formula is fresh when a part of it is; asked only of what somebody said. */
const freshness: Rule = {
  name: "freshness",
  cites: "BAN §2.2",
  *apply(fact, facts) {
    for (const [isFresh, statement] of pairs(fact, facts, believesFresh, believesSaid)) {
      const { who, what: utterance } = statement.formula;
      const { what: part } = isFresh.formula;
      if (isFresh.formula.who !== who || utterance.what.kind !== "conjunction") continue;
      if (!partsOf(utterance.what).some(({ key }) => key === part.what.key)) continue;
      yield { formula: believes(who, fresh(utterance.what)), from: [isFresh] };
    }
  },
};

/** Who sees or believes two things sees or believes each; so does anybody of whom P believes it. */
const components: Rule = {
  name: "components",
  cites: "BAN §2.2",
  *apply(fact) {
    const { formula } = fact;
    if (formula.kind !== "sees" && formula.kind !== "believes") return;
    const { kind, who, what } = formula;
    if (what.kind === "conjunction") {
      for (const part of partsOf(what)) {
        yield { formula: kind === "sees" ? sees(who, part) : believes(who, part), from: [fact] };
      }
    }
    if (kind === "believes") yield* componentsOfOthers(fact, who, what);
  },
};

function* componentsOfOthers(fact: Fact, who: string, what: Formula): Iterable<Step> {
  if ((what.kind !== "said" && what.kind !== "believes") || what.what.kind !== "conjunction") return;
  for (const part of partsOf(what.what)) {
    const held = what.kind === "said" ? said(what.who, part) : believes(what.who, part);
    yield { formula: believes(who, held), from: [fact] };
  }
}

function partsOf(conjunction: Conjunction): readonly Formula[] {
  return [conjunction.left, conjunction.right];
}

/**
 * Reads a message as the formula it stands for, once everything that the reading depends on holds. "A message m can be
 * read as X if whoever gets m may deduce that its sender believed X" is BAN's condition; each reading is a declared
 * premise with its source.
 */
const reading: Rule = {
  name: "reading",
  cites: "BAN §2.3",
  *apply(fact, facts) {
    for (const premise of all(believesMeans, facts)) {
      const { who, what: means } = premise.formula;
      const given = allOf(means.given, facts);
      if (given === undefined) continue;
      const enables = fact === premise || given.includes(fact);
      for (const message of enables ? facts : [fact]) {
        const formula = reread(message.formula, who, means);
        if (formula !== undefined) yield { formula, from: [message, premise, ...given] };
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
    return what.kind === "said" && what.what.key === message.key ? believes(who, said(what.who, meaning)) : undefined;
  }
  if (what.kind === "signed" && what.what.key === message.key) return sees(who, signed(meaning, what.public));
  if (what.kind === "encrypted" && what.what.key === message.key) return sees(who, encrypted(meaning, what.secret));
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
