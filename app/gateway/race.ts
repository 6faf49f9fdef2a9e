import { connect, isIP, type Socket } from "node:net";

/** One address that could not be connected to, for the refusal's detail. */
export interface FailedAttempt {
  readonly address: string;
  readonly code: string;
}

/** No address answered. */
export class NoConnection extends Error {
  override readonly name = "NoConnection";
  readonly attempts: readonly FailedAttempt[];

  constructor(attempts: readonly FailedAttempt[]) {
    super(attempts.map(({ address, code }) => `${address}: ${code}`).join(", "));
    this.attempts = attempts;
  }
}

/**
 * Connects to the first address that answers (RFC 8305 §5): in the order given, each attempt starts when the one
 * before it has failed or has been under way for `headStart` milliseconds; slow attempts go on until one has won.
 * @param localAddress address of this computer to connect from; only addresses of its family are tried then
 * @throws NoConnection when all have failed; the signal's reason when it is aborted
 */
export function connectToFirst(
  addresses: readonly string[],
  port: number,
  headStart: number,
  signal: AbortSignal,
  localAddress?: string,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = addresses.filter((each) => localAddress === undefined || isIP(each) === isIP(localAddress));
    const from = localAddress === undefined ? {} : { localAddress };
    const attempts = new Set<Socket>();
    const failed: FailedAttempt[] = [];
    let timer: NodeJS.Timeout | undefined;

    const finish = (settle: () => void, winner?: Socket) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      waiting.length = 0;
      for (const attempt of attempts) if (attempt !== winner) attempt.destroy();
      attempts.clear();
      settle();
    };
    const onAbort = () => finish(() => reject(signal.reason));
    const next = () => {
      clearTimeout(timer);
      const address = waiting.shift();
      if (address === undefined) {
        if (attempts.size === 0) finish(() => reject(new NoConnection(failed)));
        return;
      }
      if (waiting.length > 0) timer = setTimeout(next, headStart);
      const attempt = connect({ host: address, port, noDelay: true, ...from });
      attempts.add(attempt);
      attempt.once("connect", () => {
        attempt.removeListener("error", onError);
        finish(() => resolve(attempt), attempt);
      });
      const onError = (error: NodeJS.ErrnoException) => {
        if (!attempts.delete(attempt)) return;
        failed.push({ address, code: error.code ?? "ERROR" });
        next();
      };
      attempt.on("error", onError);
    };

    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    next();
  });
}
