/**
 * Leaving a page that would rather not be left.
 *
 * The engine wants to know at once whether it may go on, and the whole program, the gateway included, would stand still
 * while a user thinks. So it is told yes, and the request for the next document is held before a byte of it has left:
 * the page stays in the view, whole and as it was. "Leave" lets the request go, with whatever form it carries; "stay"
 * ends it.
 */
export interface DepartureHost {
  /** @returns whether the user wants to leave */
  ask(): Promise<boolean>;
  /** The page is left for the document of this address. */
  leave(url: string): void;
  /** Ends the document under way. */
  stay(): void;
}

/** Lets a request of the engine go on, or ends it. */
export type Hold = (go: boolean) => void;

interface Open {
  url: string | undefined;
  held: Hold | undefined;
}

export class Departure {
  readonly #host: DepartureHost;
  #open: Open | undefined;

  constructor(host: DepartureHost) {
    this.#host = host;
  }

  /** The page has said that it would rather not be left. */
  begin(): void {
    this.#open ??= { url: undefined, held: undefined };
  }

  /** A document is under way. @returns whether it waits for the user's answer */
  started(url: string): boolean {
    const open = this.#open;
    if (!open) return false;
    const first = open.url === undefined;
    open.url = url;
    if (first) void this.#host.ask().then((leave) => this.#answered(open, leave));
    return true;
  }

  /** The engine is about to ask for a document. @returns whether the request is held */
  hold(request: Hold): boolean {
    if (!this.#open) return false;
    this.#open.held?.(false);
    this.#open.held = request;
    return true;
  }

  /** There is nothing to decide any more: the page is shut, or the document has come without a request. */
  end(): void {
    const held = this.#open?.held;
    this.#open = undefined;
    held?.(false);
  }

  #answered(open: Open, leave: boolean): void {
    if (this.#open !== open) return;
    this.#open = undefined;
    if (leave && open.url !== undefined) this.#host.leave(open.url);
    else this.#host.stay();
    open.held?.(leave);
  }
}
