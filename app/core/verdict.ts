import type { ChannelId, Evidence } from "./evidence.ts";
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
}

export type Verdict = Authenticated | Refused;
