import { KERBEROS_MECHANISM } from "../../core/beliefs/kerberos.ts";
import { Refusal } from "../../core/refusal.ts";
import type { GssFlag, InitiateOptions } from "./port.ts";
import {
  bitsOf,
  flagsIn,
  type NativeContext,
  type NativeFacts,
  type NativeStep,
  type Protected,
  wrongMechanism,
} from "./security-context.ts";
import type { Sspi } from "./sspi-calls.ts";
import {
  BUFFER,
  channelBindings,
  endAt,
  handle,
  namesAt,
  packageAt,
  place,
  SecBuffers,
  type Sizes,
  sizesAt,
  TIME_STAMP_SIZE,
} from "./sspi-library.ts";
import { SEC_E_OK, SEC_I_CONTINUE_NEEDED } from "./sspi-status.ts";

/** ISC_REQ_* and ISC_RET_*, which are the same bits (sspi.h). */
const FLAG_BITS: Readonly<Record<GssFlag, number>> = {
  delegate: 0x1,
  mutual: 0x2,
  replay: 0x4,
  sequence: 0x8,
  confidentiality: 0x10,
  integrity: 0x1_0000,
};
const ALLOCATE_MEMORY = 0x100;
const NETWORK_REPRESENTATION = 0;

/** SECPKG_ATTR_* */
const ATTRIBUTE = { sizes: 0, lifespan: 2, packageInfo: 10, negotiationInfo: 12, nativeNames: 13 } as const;

/** SECQOP_WRAP_NO_ENCRYPT */
const SIGN_ONLY = 0x8000_0001;

/** A context of SSPI as initiator. */
export class SspiContext implements NativeContext {
  readonly #sspi: Sspi;
  readonly #options: InitiateOptions;
  readonly #credential: Buffer;
  readonly #context = handle();
  readonly #bindings: Buffer | undefined;
  /** The library holds a context for us. */
  #begun = false;
  #complete = false;
  /** As last returned. */
  #attributes = 0;
  #sizes: Sizes | undefined;
  /** Referenced here so that its memory outlives the call. */
  #given: SecBuffers | undefined;

  constructor(sspi: Sspi, options: InitiateOptions) {
    this.#sspi = sspi;
    this.#options = options;
    this.#bindings = options.channelBindings === undefined ? undefined : channelBindings(options.channelBindings);
    this.#credential = sspi.acquire(options.mechanism).credential;
  }

  step(input: Uint8Array | undefined): NativeStep {
    const { spn, flags } = this.#options;
    this.#given = this.#inputs(input);
    const output = new SecBuffers({ type: BUFFER.token });
    const attributes = [0];
    const status = this.#sspi.functions.initializeContext(
      this.#credential,
      this.#begun ? this.#context : null,
      spn,
      bitsOf(flags, FLAG_BITS) | ALLOCATE_MEMORY,
      0,
      NETWORK_REPRESENTATION,
      this.#given?.descriptor ?? null,
      0,
      this.#context,
      output.descriptor,
      attributes,
      Buffer.alloc(TIME_STAMP_SIZE),
    );
    const token = this.#sspi.take(output, 0);
    // Anything else that is no error wants more of us than Kerberos ever does.
    if (status !== SEC_E_OK && status !== SEC_I_CONTINUE_NEEDED) this.#refuse(status, input !== undefined);
    this.#begun = true;
    this.#attributes = attributes[0] ?? 0;
    this.#complete = status === SEC_E_OK;
    return { token, complete: this.#complete };
  }

  #inputs(input: Uint8Array | undefined): SecBuffers | undefined {
    const buffers = [
      ...(input === undefined ? [] : [{ type: BUFFER.token, memory: Buffer.from(input) }]),
      ...(this.#bindings === undefined ? [] : [{ type: BUFFER.channelBindings, memory: this.#bindings }]),
    ];
    return buffers.length === 0 ? undefined : new SecBuffers(...buffers);
  }

  #refuse(status: number, verifying: boolean): never {
    if (verifying) return this.#sspi.refuseToken(status);
    return this.#sspi.refuse(status, "getting a ticket");
  }

  facts(): NativeFacts {
    const { client, server } = this.#nativeNames();
    const { spn } = this.#options;
    return {
      flags: flagsIn(this.#attributes, FLAG_BITS),
      mechanism: this.#mechanism(),
      initiator: client,
      // Windows compares names without regard to case, and may leave out the realm that was asked for.
      target: sameService(server, spn) ? spn : server,
      expires: endAt(this.#attribute(ATTRIBUTE.lifespan, 2 * TIME_STAMP_SIZE), TIME_STAMP_SIZE, Date.now()),
      open: this.#complete,
    };
  }

  /** @returns the object identifier of Kerberos @throws Refusal `server.mechanism` for any other package */
  #mechanism(): string {
    const negotiated = this.#options.mechanism === "spnego";
    const value = this.#attribute(negotiated ? ATTRIBUTE.negotiationInfo : ATTRIBUTE.packageInfo, 16);
    const { name, pointer } = packageAt(value);
    this.#sspi.free(pointer);
    if (name !== "Kerberos") throw wrongMechanism(name);
    return KERBEROS_MECHANISM;
  }

  #nativeNames(): { readonly client: string; readonly server: string } {
    const { names, pointers } = namesAt(this.#attribute(ATTRIBUTE.nativeNames, 16));
    for (const pointer of pointers) this.#sspi.free(pointer);
    return { client: names[0] ?? "", server: names[1] ?? "" };
  }

  #attribute(attribute: number, size: number): Buffer {
    const value = Buffer.alloc(size);
    const status = this.#sspi.functions.contextAttribute(this.#context, attribute, value);
    if (status !== SEC_E_OK) this.#sspi.refuse(status, `reading attribute ${attribute} of the context`);
    return value;
  }

  /** Token, data and padding, one after the other, are what GSS_Wrap gives (RFC 4121 §4.2.6.2). */
  wrap(message: Uint8Array, confidential: boolean): Protected {
    this.#sizes ??= sizesAt(this.#attribute(ATTRIBUTE.sizes, place("SecPkgContext_Sizes").length));
    const buffers = new SecBuffers(
      { type: BUFFER.token, memory: Buffer.alloc(this.#sizes.cbSecurityTrailer) },
      { type: BUFFER.data, memory: Buffer.from(message) },
      { type: BUFFER.padding, memory: Buffer.alloc(this.#sizes.cbBlockSize) },
    );
    const qop = confidential ? 0 : SIGN_ONLY;
    const status = this.#sspi.functions.encrypt(this.#context, qop, buffers.descriptor, 0);
    if (status !== SEC_E_OK) this.#sspi.refuse(status, "wrapping a message");
    return {
      message: Buffer.concat([buffers.bytes(0), buffers.bytes(1), buffers.bytes(2)]),
      confidential: confidential && (this.#attributes & FLAG_BITS.confidentiality) !== 0,
    };
  }

  unwrap(message: Uint8Array): Protected {
    // What is decrypted lies in the place of what was encrypted.
    const buffers = new SecBuffers(
      { type: BUFFER.stream, memory: Buffer.from(message) },
      { type: BUFFER.data, memory: Buffer.alloc(0) },
    );
    const qop = [0];
    const status = this.#sspi.functions.decrypt(this.#context, buffers.descriptor, 0, qop);
    if (status !== SEC_E_OK) {
      throw new Refusal("gss.sequence", { fault: "the message does not verify, or not in its order" });
    }
    return { message: buffers.bytes(1), confidential: qop[0] !== SIGN_ONLY };
  }

  release(): void {
    if (this.#begun) this.#sspi.functions.deleteContext(this.#context);
    this.#sspi.functions.freeCredentials(this.#credential);
  }
}

function sameService(told: string, asked: string): boolean {
  const [one, other] = [told.toLowerCase(), asked.toLowerCase()];
  return one === other || (!one.includes("@") && one === other.slice(0, other.lastIndexOf("@")));
}
