import { Refusal } from "../../core/refusal.ts";
import { endOf, FLAG_BITS, type Gssapi, MECHANISMS } from "./gssapi-calls.ts";
import { bindings, type Data, data, dotted, EMPTY, type Out, oid, type Pointer } from "./gssapi-library.ts";
import { GSS_S_CONTINUE_NEEDED, isError } from "./kerberos-errors.ts";
import type { InitiateOptions } from "./port.ts";
import {
  bitsOf,
  flagsIn,
  type NativeContext,
  type NativeFacts,
  type NativeStep,
  type Protected,
  rewritten,
} from "./security-context.ts";

/** Supplementary status bits (RFC 2744 §3.9.1). */
const SUPPLEMENTARY: readonly (readonly [number, string])[] = [
  [2, "duplicate token"],
  [4, "old token"],
  [8, "out of sequence"],
  [16, "gap in the sequence"],
];

/** A context of GSSAPI as initiator. */
export class GssapiContext implements NativeContext {
  readonly #gss: Gssapi;
  readonly #options: InitiateOptions;
  readonly #target: Pointer;
  /** Null for the library's default. */
  #credential: Pointer | null = null;
  readonly #context: Out = [null];

  /** @throws Refusal `kerberos.rewritten`, `kerberos.other-user`, before any token is made */
  constructor(gss: Gssapi, options: InitiateOptions) {
    this.#gss = gss;
    this.#options = options;
    this.#target = gss.principal(options.spn);
    try {
      this.#refuseRewritten(gss.canonicalText(this.#target));
      if (options.initiator !== undefined) this.#credential = gss.credentialOf(options.initiator);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  step(input: Uint8Array | undefined): NativeStep {
    const minor = [0];
    const output = {} as Data;
    const major = this.#gss.functions.initContext(
      minor,
      this.#credential,
      this.#context,
      this.#target,
      oid(MECHANISMS[this.#options.mechanism]),
      bitsOf(this.#options.flags, FLAG_BITS),
      0,
      bindings(this.#options.channelBindings),
      input === undefined ? EMPTY : data(input),
      [null],
      output,
      [0],
      [0],
    );
    const token = this.#gss.take(output);
    if (isError(major)) this.#refuse(major, minor[0] ?? 0, input !== undefined);
    return { token, complete: (major & GSS_S_CONTINUE_NEEDED) === 0 };
  }

  /** SPNEGO's layer renumbers the statuses of Kerberos, so that the mechanism itself has to be asked. */
  #refuse(major: number, minor: number, verifying: boolean): never {
    if (verifying) this.#gss.refuseToken(major, minor);
    this.#gss.diagnose(this.#target, this.#options.spn);
    return this.#gss.refuse(major, minor, "getting a ticket");
  }

  facts(): NativeFacts {
    const minor = [0];
    const source: Out = [null];
    const target: Out = [null];
    const lifetime = [0];
    const mechanism: Out = [null];
    const flags = [0];
    const open = [0];
    const { inquireContext } = this.#gss.functions;
    const context = this.#context[0];
    const major = inquireContext(minor, context, source, target, lifetime, mechanism, flags, [0], open);
    this.#gss.check(major, minor[0] ?? 0, "reading the context");
    const [initiator, service] = this.#names(source[0], target[0]);
    return {
      flags: flagsIn(flags[0] ?? 0, FLAG_BITS),
      mechanism: dotted(mechanism[0]),
      initiator,
      target: service,
      expires: endOf(lifetime[0] ?? 0),
      open: open[0] !== 0,
    };
  }

  #names(source: Pointer, target: Pointer): readonly [string, string] {
    return this.#gss.withName(source, (initiator) =>
      this.#gss.withName(target, (service) => [this.#gss.nameText(initiator), this.#gss.nameText(service)] as const),
    );
  }

  wrap(message: Uint8Array, confidential: boolean): Protected {
    const minor = [0];
    const state = [0];
    const output = {} as Data;
    const ask = confidential ? 1 : 0;
    const major = this.#gss.functions.wrap(minor, this.#context[0], ask, 0, data(message), state, output);
    const wrapped = this.#gss.take(output);
    this.#gss.check(major, minor[0] ?? 0, "wrapping a message");
    return { message: wrapped, confidential: state[0] !== 0 };
  }

  unwrap(message: Uint8Array): Protected {
    const minor = [0];
    const state = [0];
    const output = {} as Data;
    const major = this.#gss.functions.unwrap(minor, this.#context[0], data(message), output, state, [0]);
    const plain = this.#gss.take(output);
    if (isError(major)) throw new Refusal("gss.sequence", { fault: "the message does not verify" });
    const fault = SUPPLEMENTARY.find(([bit]) => (major & bit) !== 0)?.[1];
    if (fault !== undefined) throw new Refusal("gss.sequence", { fault });
    return { message: plain, confidential: state[0] !== 0 };
  }

  release(): void {
    if (this.#context[0] !== null) this.#gss.functions.deleteContext([0], this.#context, null);
    if (this.#credential !== null) this.#gss.functions.releaseCredential([0], [this.#credential]);
    this.#gss.functions.releaseName([0], [this.#target]);
  }

  #refuseRewritten(canonical: string): void {
    // Without a realm the library would ask the KDC, or DNS, for one.
    if (canonical === this.#options.spn && !canonical.endsWith("@")) return;
    throw rewritten(canonical, this.#options.spn);
  }
}
