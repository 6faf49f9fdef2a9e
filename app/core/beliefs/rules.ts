/**
 * The rules of BAN (formula.ts), each citing its place. A rule looks at all facts and gives what follows in one step.
 * No rule builds a conjunction or a message of its own, so their closure is finite.
 */
import type { Fact, Facts, Rule, Step } from "./facts.ts";
import {
  type Believes,
  believes,
  type Conjunction,
  encrypted,
  type Formula,
  fresh,
  type Means,
  said,
  sees,
  signed,
} from "./formula.ts";

/** P believes K is Q's public key, P sees X signed with it: P believes Q said X. */
const messageMeaningPublic: Rule = {
  name: "message meaning, public key",
  cites: "BAN §2.2",
  *apply(facts) {
    for (const key of facts) {
      if (key.formula.kind !== "believes" || key.formula.what.kind !== "public-key") continue;
      const { who, what: owner } = key.formula;
      for (const message of facts) {
        if (message.formula.kind !== "sees" || message.formula.who !== who) continue;
        const { what } = message.formula;
        if (what.kind !== "signed" || what.public !== owner.public) continue;
        yield { formula: believes(who, said(owner.of, what.what)), from: [key, message] };
      }
    }
  },
};

/** P believes P and Q share K, P sees X under K that is not P's own: P believes Q said X. */
const messageMeaningShared: Rule = {
  name: "message meaning, shared key",
  cites: "BAN §2.2",
  *apply(facts) {
    for (const key of facts) {
      if (key.formula.kind !== "believes" || key.formula.what.kind !== "shared-key") continue;
      const { who, what: shared } = key.formula;
      if (who !== shared.a && who !== shared.b) continue;
      const peer = who === shared.a ? shared.b : shared.a;
      for (const message of facts) {
        if (message.formula.kind !== "sees" || message.formula.who !== who) continue;
        const { what } = message.formula;
        if (what.kind !== "encrypted" || what.secret !== shared.secret) continue;
        yield { formula: believes(who, said(peer, what.what)), from: [key, message] };
      }
    }
  },
};

/** P believes X is fresh and that Q said X: P believes Q believes X. */
const nonceVerification: Rule = {
  name: "nonce verification",
  cites: "BAN §2.2",
  *apply(facts) {
    for (const statement of facts) {
      if (statement.formula.kind !== "believes" || statement.formula.what.kind !== "said") continue;
      const { who, what: utterance } = statement.formula;
      const isFresh = facts.of(believes(who, fresh(utterance.what)));
      if (isFresh === undefined) continue;
      yield { formula: believes(who, believes(utterance.who, utterance.what)), from: [isFresh, statement] };
    }
  },
};

/** P believes that Q controls X and that Q believes X: P believes X. */
const jurisdiction: Rule = {
  name: "jurisdiction",
  cites: "BAN §2.2",
  *apply(facts) {
    for (const competence of facts) {
      if (competence.formula.kind !== "believes" || competence.formula.what.kind !== "controls") continue;
      const { who, what: control } = competence.formula;
      const held = facts.of(believes(who, believes(control.who, control.what)));
      if (held !== undefined) yield { formula: believes(who, control.what), from: [competence, held] };
    }
  },
};

/** A formula is fresh when a part of it is; asked only of what somebody said, so that it ends. */
const freshness: Rule = {
  name: "freshness",
  cites: "BAN §2.2",
  *apply(facts) {
    for (const statement of facts) {
      if (statement.formula.kind !== "believes" || statement.formula.what.kind !== "said") continue;
      const { who, what: utterance } = statement.formula;
      if (utterance.what.kind !== "conjunction") continue;
      for (const part of [utterance.what.left, utterance.what.right]) {
        const isFresh = facts.of(believes(who, fresh(part)));
        if (isFresh !== undefined) yield { formula: believes(who, fresh(utterance.what)), from: [isFresh] };
      }
    }
  },
};

/** Who believes, says or sees two things believes, says or sees each; so do those whom P believes to. */
const decomposition: Rule = {
  name: "components",
  cites: "BAN §2.2",
  *apply(facts) {
    for (const fact of facts) yield* componentsOf(fact);
  },
};

function* componentsOf(fact: Fact): Iterable<Step> {
  const { formula } = fact;
  if (formula.kind === "sees" && formula.what.kind === "conjunction") {
    for (const part of parts(formula.what)) yield { formula: sees(formula.who, part), from: [fact] };
  }
  if (formula.kind !== "believes") return;
  if (formula.what.kind === "conjunction") {
    for (const part of parts(formula.what)) yield { formula: believes(formula.who, part), from: [fact] };
  }
  if (formula.what.kind !== "said" && formula.what.kind !== "believes") return;
  const { kind, who, what } = formula.what;
  if (what.kind !== "conjunction") return;
  for (const part of parts(what)) {
    yield { formula: believes(formula.who, kind === "said" ? said(who, part) : believes(who, part)), from: [fact] };
  }
}

function parts(conjunction: Conjunction): readonly Formula[] {
  return [conjunction.left, conjunction.right];
}

/**
 * Reads a message as the formula it stands for, once everything that the reading depends on holds. "A message m can be
 * read as X if whoever gets m may deduce that its sender believed X" is BAN's condition; each reading is a declared
 * premise with its source.
 */
const idealisation: Rule = {
  name: "reading",
  cites: "BAN §2.3",
  *apply(facts) {
    for (const reading of facts) {
      if (reading.formula.kind !== "believes" || reading.formula.what.kind !== "means") continue;
      const { who, what: means } = reading.formula;
      const given = means.given.map((formula) => facts.of(formula));
      if (!given.every((fact) => fact !== undefined)) continue;
      yield* readings(facts, who, means, [reading, ...given]);
    }
  },
};

function* readings(facts: Facts, who: Believes["who"], means: Means, basis: readonly Fact[]): Iterable<Step> {
  for (const fact of facts) {
    const meaning = reread(fact.formula, who, means);
    if (meaning !== undefined) yield { formula: meaning, from: [fact, ...basis] };
  }
}

/** The formula with the message replaced by its meaning, where `who` received it or believes somebody said it. */
function reread(formula: Formula, who: Believes["who"], { message, meaning }: Means): Formula | undefined {
  if (formula.kind === "sees" && formula.who === who) {
    const { what } = formula;
    if (what.kind === "signed" && what.what.key === message.key) return sees(who, signed(meaning, what.public));
    if (what.kind === "encrypted" && what.what.key === message.key) return sees(who, encrypted(meaning, what.secret));
  }
  if (formula.kind !== "believes" || formula.who !== who || formula.what.kind !== "said") return undefined;
  return formula.what.what.key === message.key ? believes(who, said(formula.what.who, meaning)) : undefined;
}

export const BAN_RULES: readonly Rule[] = [
  idealisation,
  messageMeaningPublic,
  messageMeaningShared,
  freshness,
  nonceVerification,
  decomposition,
  jurisdiction,
];
