/** Whether the user is signed in where sites rest on it: a sign-in that is gone ends them, a new one opens them again. */
import type { GssCredential } from "../auth/gss/port.ts";
import type { ReasonCode } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";

/** What says that there is no sign-in; anything else says that it cannot be known just now. */
export const NOT_SIGNED_IN: ReadonlySet<ReasonCode> = new Set(["kerberos.no-ticket", "kerberos.ticket-expired"]);

/** Ends of one sign-in, told in whole seconds, differ by no more, milliseconds. */
const SAME = 2000;

export interface TicketWatchHost {
  /** Whether any site that is open rests on the sign-in, or waits for one. */
  needed(): boolean;
  /** @throws Refusal `kerberos.*` */
  credential(): Promise<GssCredential>;
  /** There is no sign-in. Called with each look that finds none. */
  missing(why: Refusal): void;
  /** There is a sign-in that was not there at the last look. */
  found(): void;
}

/** Looks when it is told to; two looks at the same time are one. */
export class TicketWatch {
  readonly #host: TicketWatchHost;
  #known: GssCredential | undefined;
  #looking = false;

  constructor(host: TicketWatchHost) {
    this.#host = host;
  }

  async look(): Promise<void> {
    if (this.#looking || !this.#host.needed()) return;
    this.#looking = true;
    try {
      const credential = await this.#host.credential();
      const before = this.#known;
      this.#known = credential;
      if (before === undefined || !same(before, credential)) this.#host.found();
    } catch (error) {
      if (!(error instanceof Refusal) || !NOT_SIGNED_IN.has(error.code)) return;
      this.#known = undefined;
      this.#host.missing(error);
    } finally {
      this.#looking = false;
    }
  }
}

function same(one: GssCredential, other: GssCredential): boolean {
  return one.principal === other.principal && Math.abs(one.expires - other.expires) < SAME;
}
