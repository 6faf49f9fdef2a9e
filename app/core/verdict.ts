import { derivationsOf, derive, premisesFor, premisesUnder } from "./beliefs/derive.ts";
import type { Fact } from "./beliefs/facts.ts";
import { type Goal, goalsFor } from "./beliefs/goals.ts";
import { printFormula } from "./beliefs/print.ts";
import { castOf } from "./beliefs/vocabulary.ts";
import { contradiction, inLifetime, type Wanting, wanting } from "./beliefs/wanting.ts";
import type { ChannelId, Evidence } from "./evidence.ts";
import type { ChannelExpectation } from "./expectation.ts";
import type { ReasonCode } from "./reasons.ts";

/** One step of a derivation: a formula, the rule that gave it, and what it rests on. */
export interface Derivation {
  /** BAN formula in print form, e.g. `C believes C <-K:ch1-> S`. */
  readonly formula: string;
  /** The same in words a person understands. */
  readonly sentence: string;
  readonly rule: string;
  /** `evidence` rests on a record, `assumption` on a declared premise, `derived` on `from`. */
  readonly basis: "evidence" | "assumption" | "derived";
  /** For an assumption: who states it (a standard with its section, or the profile). */
  readonly source?: string;
  readonly evidence?: Evidence;
  readonly from: readonly Derivation[];
}

/** A goal that this kind of site does not require, shown as such and never as derived. */
export interface OpenGoal {
  readonly formula: string;
  readonly sentence: string;
  readonly why: string;
}

export interface Authenticated {
  readonly kind: "authenticated";
  readonly channel: ChannelId;
  readonly goals: readonly Derivation[];
  readonly notRequired: readonly OpenGoal[];
  /** Earliest expiry of what the derivation rests on, milliseconds since the epoch. */
  readonly lapsesAt: number;
}

export interface Refused {
  readonly kind: "refused";
  readonly channel: ChannelId;
  readonly code: ReasonCode;
  /** The first goal that could not be derived. */
  readonly missing: { readonly formula: string; readonly sentence: string };
  /** What was wanting for it, for IT. */
  readonly fault: string;
}

export type Verdict = Authenticated | Refused;

/**
 * The one place where trust is decided: derives the goals that this kind of site requires from the evidence that
 * counts (of this channel, site and origin, within its lifetime) and the declared premises. Pure.
 * @param now milliseconds since the epoch.
 */
export function decide(evidence: readonly Evidence[], expectation: ChannelExpectation, now: number): Verdict {
  const ours = evidence.filter((record) => isAbout(record, expectation));
  const live = ours.filter((record) => inLifetime(record, now));
  const { facts, derived, missing } = derive(premisesFor(live, expectation, now), expectation);
  const against = contradiction(ours);
  if (against !== undefined) return refused(expectation, missing ?? goalsFor(expectation).required[0], against);
  if (missing === undefined) return authenticated(expectation, derived, () => goalsAgain(live, expectation, now));
  return refused(expectation, missing, wanting(missing.name, facts, ours, expectation, now));
}

function isAbout({ channel, site, origin }: Evidence, to: ChannelExpectation): boolean {
  return channel === to.channel && site === to.site && origin === to.origin;
}

function authenticated(
  to: ChannelExpectation,
  derived: readonly Fact[],
  explain: () => readonly Derivation[],
): Authenticated {
  const lifetimes = premisesUnder(derived).flatMap((premise) =>
    premise.basis === "evidence" ? [premise.evidence.expires] : [],
  );
  let goals: readonly Derivation[] | undefined;
  return {
    kind: "authenticated",
    channel: to.channel,
    /** Derived anew when first looked at: most channels are used and never explained, and trees are large. */
    get goals() {
      goals ??= explain();
      return goals;
    },
    notRequired: goalsFor(to).notRequired.map(({ goal, why }) => ({ ...show(goal), why })),
    lapsesAt: Math.min(...lifetimes),
  };
}

function goalsAgain(live: readonly Evidence[], to: ChannelExpectation, now: number): readonly Derivation[] {
  return derivationsOf(derive(premisesFor(live, to, now), to).derived, castOf(to));
}

function refused(to: ChannelExpectation, goal: Goal, { code, fault }: Wanting): Refused {
  return { kind: "refused", channel: to.channel, code, missing: show(goal), fault };
}

function show({ formula, sentence }: Goal): { readonly formula: string; readonly sentence: string } {
  return { formula: printFormula(formula), sentence };
}
