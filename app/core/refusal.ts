import type { Evidence } from "./evidence.ts";
import type { ReasonCode } from "./reasons.ts";

/** What was found where: the offending value, its fault, what was expected. Never holds secrets. */
export interface RefusalDetail {
  readonly value?: string;
  readonly fault: string;
  readonly expected?: string;
  /** The service's principal, where the refusal is about one: the commands of the remedy then name it. */
  readonly service?: string;
}

/** Thrown wherever a connection or an operation is refused; the code leads to the sentences and the remedy. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ReasonCode;
  readonly detail: RefusalDetail;
  /** What had been established when the refusal fell, for the trust panel and `check`. */
  readonly evidence: readonly Evidence[];

  constructor(
    code: ReasonCode,
    detail: RefusalDetail,
    options: { readonly cause?: unknown; readonly evidence?: readonly Evidence[] } = {},
  ) {
    super(`${code}: ${detail.fault}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = detail;
    this.evidence = options.evidence ?? [];
  }
}
