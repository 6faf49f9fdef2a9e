/** Proofs of the origins that answer for a page's frames, asked for one at a time each, and why one was refused. */
import type { Outcome, SiteGateway } from "../gateway/gateway.ts";

/** An origin that was refused is asked again after this long at the earliest, milliseconds. */
const AGAIN_AFTER = 5000;

export interface FrameProofsHost {
  readonly gateway: Pick<SiteGateway, "prove">;
  /** Whether the origin is one of the site's own. */
  owns(origin: string): boolean;
  proven(origin: string, lapsesAt: number): void;
  changed(): void;
}

export class FrameProofs {
  readonly #host: FrameProofsHost;
  readonly #underWay = new Set<string>();
  readonly #refusedAt = new Map<string, number>();

  constructor(host: FrameProofsHost) {
    this.#host = host;
  }

  /** Asks for the proof of this origin unless that is under way, was refused just now, or can never be given. */
  ask(origin: string | undefined, now = Date.now()): void {
    if (origin === undefined || !this.#host.owns(origin) || this.#underWay.has(origin)) return;
    if (now - (this.#refusedAt.get(origin) ?? Number.NEGATIVE_INFINITY) < AGAIN_AFTER) return;
    this.#underWay.add(origin);
    void this.#host.gateway.prove(origin).then((outcome) => this.#answered(origin, outcome));
  }

  /** The user asks again: earlier refusals do not stand in the way. */
  forget(): void {
    this.#refusedAt.clear();
  }

  #answered(origin: string, outcome: Outcome): void {
    this.#underWay.delete(origin);
    if (outcome.kind === "authenticated") {
      this.#refusedAt.delete(origin);
      this.#host.proven(origin, outcome.channel.verdict.lapsesAt);
    } else this.#refusedAt.set(origin, Date.now());
    this.#host.changed();
  }
}
