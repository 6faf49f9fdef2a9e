import type { Evidence } from "../core/evidence.ts";
import { Refusal } from "../core/refusal.ts";
import type { ChannelFacts } from "./channel.ts";

/** A refusal of a channel, with what was learned of it until then. */
export class ChannelRefusal extends Refusal {
  readonly facts: ChannelFacts;

  constructor(refusal: Refusal, evidence: readonly Evidence[], facts: ChannelFacts) {
    super(refusal.code, refusal.detail, { cause: refusal.cause ?? refusal, evidence });
    this.facts = facts;
  }
}

/** How far a refused channel got; undefined when nothing was dialled. */
export function factsOf(refusal: unknown): ChannelFacts | undefined {
  return refusal instanceof ChannelRefusal ? refusal.facts : undefined;
}
