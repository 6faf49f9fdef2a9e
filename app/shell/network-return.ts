/** After sleep, and when the network is back: when to ask again for what was refused for want of it. */

/**
 * Waits between the attempts after each sign of a network, milliseconds: addresses, routes and name servers come one
 * after another, and a sign may be the first of several.
 */
const ATTEMPTS = [0, 2000, 5000, 10_000, 20_000] as const;

export interface NetworkReturnHost {
  /** @returns whether something still waits for the network */
  again(): Promise<boolean>;
}

export class NetworkReturn {
  readonly #host: NetworkReturnHost;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: NetworkReturnHost) {
    this.#host = host;
  }

  /** There may be a network now. */
  sign(): void {
    this.#attempt(0);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #attempt(index: number): void {
    clearTimeout(this.#timer);
    const wait = ATTEMPTS[index];
    if (wait === undefined) return;
    this.#timer = setTimeout(() => {
      void this.#host.again().then((waiting) => {
        if (waiting) this.#attempt(index + 1);
      });
    }, wait);
  }
}
