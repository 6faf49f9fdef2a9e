import { KERBEROS_MECHANISM } from "../../core/beliefs/kerberos.ts";
import { Refusal } from "../../core/refusal.ts";
import type { GssFacts, GssFlag, GssLibraryContext, GssStep } from "./port.ts";

/** One call of the library that establishes a context. */
export interface NativeStep {
  /** Empty when there is none to send. */
  readonly token: Buffer;
  /** The library needs no token of the peer any more. */
  readonly complete: boolean;
}

/** What the library says of an established context. */
export interface NativeFacts extends GssFacts {
  /** Whether the library itself holds it for complete. */
  readonly open: boolean;
}

export interface Protected {
  readonly message: Buffer;
  readonly confidential: boolean;
}

/** A context of GSSAPI or SSPI: the calls alone. Each may throw a Refusal. */
export interface NativeContext {
  step(input: Uint8Array | undefined): NativeStep;
  facts(): NativeFacts;
  wrap(message: Uint8Array, confidential: boolean): Protected;
  /** @throws Refusal `gss.sequence` for what does not verify, is old, comes twice or leaves a gap */
  unwrap(message: Uint8Array): Protected;
  /** Frees all that the library holds for it. Called once. */
  release(): void;
}

/** Every message of NTLM begins so, also inside SPNEGO ([MS-NLMP] §2.2.1). */
const NTLM = Buffer.from("NTLMSSP\0", "latin1");

/** What holds for every context, whichever library makes it: what it returned decides, nothing that was asked for. */
export class SecurityContext implements GssLibraryContext {
  readonly #native: NativeContext;
  readonly #spn: string;
  #stage: "begun" | "established" | "ended" = "begun";
  #released = false;

  /** @param spn the service that was asked for; a context with another one is refused */
  constructor(native: NativeContext, spn: string) {
    this.#native = native;
    this.#spn = spn;
  }

  step(input: Uint8Array | undefined): GssStep {
    if (this.#stage !== "begun") throw new Refusal("server.token-invalid", { fault: "a token after the last" });
    // Whatever is thrown below is the end of it.
    this.#stage = "ended";
    const { token, complete } = this.#native.step(input);
    if (token.includes(NTLM)) throw wrongMechanism("NTLM");
    const facts = complete ? this.#accept(this.#native.facts()) : undefined;
    this.#stage = complete ? "established" : "begun";
    return { ...(token.length === 0 ? {} : { token }), ...(facts === undefined ? {} : { facts }) };
  }

  wrap(message: Uint8Array, confidential: boolean): Buffer {
    this.#refuseUnestablished();
    const wrapped = this.#native.wrap(message, confidential);
    if (confidential && !wrapped.confidential) {
      throw new Refusal("gss.protection", { fault: "the message was not encrypted" });
    }
    return wrapped.message;
  }

  unwrap(message: Uint8Array): Protected {
    this.#refuseUnestablished();
    return this.#native.unwrap(message);
  }

  dispose(): void {
    if (this.#released) return;
    this.#released = true;
    this.#stage = "ended";
    this.#native.release();
  }

  #refuseUnestablished(): void {
    if (this.#stage === "established") return;
    throw new Refusal("gss.protection", { fault: "the context is not complete", expected: "a complete context" });
  }

  #accept({ open, ...facts }: NativeFacts): GssFacts {
    if (!open) throw new Refusal("server.no-mutual-token", { fault: "the context is not complete" });
    if (facts.mechanism !== KERBEROS_MECHANISM) throw wrongMechanism(facts.mechanism);
    if (facts.target !== this.#spn) throw rewritten(facts.target, this.#spn);
    return facts;
  }
}

/** Flags among the bits that a library returned. */
export function flagsIn(bits: number, table: Readonly<Record<GssFlag, number>>): readonly GssFlag[] {
  return (Object.entries(table) as [GssFlag, number][]).filter(([, bit]) => (bits & bit) !== 0).map(([flag]) => flag);
}

/** Bits that ask a library for these flags. */
export function bitsOf(flags: readonly GssFlag[], table: Readonly<Record<GssFlag, number>>): number {
  return flags.reduce((bits, flag) => bits | table[flag], 0);
}

export function rewritten(value: string, expected: string): Refusal {
  return new Refusal("kerberos.rewritten", { value, fault: "the library rewrote the service's name", expected });
}

export function wrongMechanism(value: string): Refusal {
  return new Refusal("server.mechanism", { value, fault: "another mechanism", expected: "Kerberos 5" });
}
