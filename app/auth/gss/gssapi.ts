/**
 * GSSAPI by the system's own library (MIT Kerberos or Heimdal on Linux, GSS.framework on macOS), RFC 2744. Runs in a
 * process of its own, because a call that waits for a KDC blocks its thread and cannot be cancelled.
 */
import koffi from "koffi";
import { Refusal } from "../../core/refusal.ts";
import { ACCEPTOR_ERRORS, GSS_S_CONTINUE_NEEDED, isError, reasonOf } from "./kerberos-errors.ts";
import type {
  GssCredential,
  GssFacts,
  GssFlag,
  GssLibrary,
  GssLibraryContext,
  GssMechanism,
  GssStep,
  InitiateOptions,
} from "./port.ts";

/** Tried in this order; the first that loads is used. Fixed names: the environment does not choose. */
const LIBRARIES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ["libgssapi_krb5.so.2", "libgssapi.so.3"],
  darwin: ["/System/Library/Frameworks/GSS.framework/GSS"],
};

/** Flag bits (RFC 2744 appendix A). */
const FLAG_BITS: Readonly<Record<GssFlag, number>> = {
  delegate: 1,
  mutual: 2,
  replay: 4,
  sequence: 8,
  confidentiality: 16,
  integrity: 32,
};
const FLAGS = Object.entries(FLAG_BITS) as [GssFlag, number][];

/** DER contents of object identifiers. */
const MECHANISMS: Readonly<Record<GssMechanism, string>> = { krb5: "2a864886f712010202", spnego: "2b0601050502" };
/** GSS_KRB5_NT_PRINCIPAL_NAME (RFC 1964 §2.1.1): no host, so nothing that a resolver could rewrite. */
const PRINCIPAL_NAME = "2a864886f71201020201";

/** Supplementary status bits (RFC 2744 §3.9.1). */
const SUPPLEMENTARY: readonly (readonly [number, string])[] = [
  [2, "duplicate token"],
  [4, "old token"],
  [8, "out of sequence"],
  [16, "gap in the sequence"],
];
const INITIATE_ONLY = 1;
const INDEFINITE = 0xffff_ffff;

type KoffiLibrary = ReturnType<typeof koffi.load>;
type Pointer = unknown;
/** A place for one pointer that the library hands out. */
type Out = [Pointer | null];
interface Data {
  readonly length: number | bigint;
  readonly value: Pointer | Uint8Array | null;
}
interface Oid {
  readonly length: number;
  readonly elements: Pointer | Uint8Array | null;
}

koffi.struct("gss_buffer_desc", { length: "size_t", value: "void *" });
koffi.struct("gss_OID_desc", { length: "uint32_t", elements: "void *" });
koffi.struct("gss_channel_bindings_desc", {
  initiator_addrtype: "uint32_t",
  initiator_address: "gss_buffer_desc",
  acceptor_addrtype: "uint32_t",
  acceptor_address: "gss_buffer_desc",
  application_data: "gss_buffer_desc",
});

/** GSS_C_AF_UNSPEC: the type is hashed along, and both sides take 0 where they bind by the channel's data (RFC 5801 §5.1). */
const NO_ADDRESS = 0;
const EMPTY: Data = { length: 0, value: null };

function load(): KoffiLibrary {
  const faults: string[] = [];
  for (const name of LIBRARIES[process.platform] ?? []) {
    try {
      return koffi.load(name);
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Refusal("kerberos.library", {
    fault: faults.join("; ") || `no GSSAPI on ${process.platform}`,
    expected: "MIT Kerberos, Heimdal or GSS.framework",
  });
}

function bind(library: KoffiLibrary) {
  const define = (declaration: string) => library.func(declaration);
  return {
    importName: define(
      "uint32_t gss_import_name(_Out_ uint32_t *minor, gss_buffer_desc *name, gss_OID_desc *type, _Out_ void **out)",
    ),
    canonicalizeName: define(
      "uint32_t gss_canonicalize_name(_Out_ uint32_t *minor, void *name, gss_OID_desc *mech, _Out_ void **out)",
    ),
    displayName: define(
      "uint32_t gss_display_name(_Out_ uint32_t *minor, void *name, _Out_ gss_buffer_desc *out, void *type)",
    ),
    releaseName: define("uint32_t gss_release_name(_Out_ uint32_t *minor, _Inout_ void **name)"),
    initContext: define(
      "uint32_t gss_init_sec_context(_Out_ uint32_t *minor, void *credential, _Inout_ void **context, void *target, " +
        "gss_OID_desc *mech, uint32_t flags, uint32_t time, gss_channel_bindings_desc *bindings, " +
        "gss_buffer_desc *input, _Out_ void **actual, _Out_ gss_buffer_desc *output, _Out_ uint32_t *ret_flags, " +
        "_Out_ uint32_t *lifetime)",
    ),
    inquireContext: define(
      "uint32_t gss_inquire_context(_Out_ uint32_t *minor, void *context, _Out_ void **source, _Out_ void **target, " +
        "_Out_ uint32_t *lifetime, _Out_ void **mech, _Out_ uint32_t *flags, _Out_ int *local, _Out_ int *open)",
    ),
    deleteContext: define("uint32_t gss_delete_sec_context(_Out_ uint32_t *minor, _Inout_ void **context, void *out)"),
    releaseBuffer: define("uint32_t gss_release_buffer(_Out_ uint32_t *minor, _Inout_ gss_buffer_desc *buffer)"),
    wrap: define(
      "uint32_t gss_wrap(_Out_ uint32_t *minor, void *context, int confidential, uint32_t qop, gss_buffer_desc *input, " +
        "_Out_ int *state, _Out_ gss_buffer_desc *output)",
    ),
    unwrap: define(
      "uint32_t gss_unwrap(_Out_ uint32_t *minor, void *context, gss_buffer_desc *input, _Out_ gss_buffer_desc *output, " +
        "_Out_ int *state, _Out_ uint32_t *qop)",
    ),
    acquireCredential: define(
      "uint32_t gss_acquire_cred(_Out_ uint32_t *minor, void *name, uint32_t time, void *mechs, int usage, " +
        "_Out_ void **credential, void *actual, _Out_ uint32_t *lifetime)",
    ),
    inquireCredential: define(
      "uint32_t gss_inquire_cred(_Out_ uint32_t *minor, void *credential, _Out_ void **name, _Out_ uint32_t *lifetime, " +
        "_Out_ int *usage, void *mechs)",
    ),
    releaseCredential: define("uint32_t gss_release_cred(_Out_ uint32_t *minor, _Inout_ void **credential)"),
    displayStatus: define(
      "uint32_t gss_display_status(_Out_ uint32_t *minor, uint32_t status, int type, gss_OID_desc *mech, " +
        "_Inout_ uint32_t *more, _Out_ gss_buffer_desc *out)",
    ),
  };
}

type Functions = ReturnType<typeof bind>;

/** Loads the system's library. @throws Refusal `kerberos.library` */
export function openGssapi(): GssLibrary {
  const gss = new Gssapi(bind(load()));
  return {
    credential: () => gss.credential(),
    initiate: (options) => new Context(gss, options),
  };
}

/** The library with its statuses as refusals and its memory accounted for. */
class Gssapi {
  readonly functions: Functions;

  constructor(functions: Functions) {
    this.functions = functions;
  }

  /** @throws Refusal when the status is an error */
  check(major: number, minor: number, doing: string): void {
    if (isError(major)) this.refuse(major, minor, doing);
  }

  /** @throws Refusal, always */
  refuse(major: number, minor: number, doing: string): never {
    const value = this.#wordsFor(major, minor);
    throw new Refusal(reasonOf(major, minor, value), { value: value.slice(0, 400), fault: `${doing} failed` });
  }

  /**
   * Refuses a token of the server. What its KRB-ERROR says is told apart by the library's words, since SPNEGO's layer
   * renumbers statuses; everything else is a token that does not verify.
   * @throws Refusal, always
   */
  refuseToken(major: number, minor: number): never {
    const words = this.#describe(minor, 2);
    const told = ACCEPTOR_ERRORS.find((error) => this.#describe(error, 2) === words);
    const reason = reasonOf(major, told ?? minor, words);
    throw new Refusal(reason === "kerberos.library" ? "server.token-invalid" : reason, {
      value: this.#wordsFor(major, minor).slice(0, 400),
      fault: "verifying the server's token failed",
    });
  }

  /** Tries the same by Kerberos alone, for its own status. @throws Refusal when that fails too, as it will */
  diagnose(target: Pointer): void {
    const minor = [0];
    const context: Out = [null];
    const output = {} as Data;
    const mechanism = oid(MECHANISMS.krb5);
    const { initContext, deleteContext } = this.functions;
    const flags = FLAG_BITS.mutual;
    const major = initContext(minor, null, context, target, mechanism, flags, 0, null, EMPTY, [null], output, [0], [0]);
    this.take(output);
    if (context[0] !== null) deleteContext([0], context, null);
    this.check(major, minor[0] ?? 0, "getting a ticket");
  }

  #wordsFor(major: number, minor: number): string {
    return [this.#describe(major, 1), this.#describe(minor, 2)].filter((text) => text !== "").join(": ");
  }

  /** Takes the bytes out of a buffer of the library and gives it back. */
  take(buffer: Data): Buffer {
    const length = Number(buffer.length);
    const bytes = length === 0 || buffer.value === null ? Buffer.alloc(0) : copy(buffer.value, length);
    this.functions.releaseBuffer([0], buffer);
    return bytes;
  }

  withName<T>(name: Pointer, use: (name: Pointer) => T): T {
    try {
      return use(name);
    } finally {
      this.functions.releaseName([0], [name]);
    }
  }

  nameText(name: Pointer): string {
    const minor = [0];
    const out = {} as Data;
    this.check(this.functions.displayName(minor, name, out, null), minor[0] ?? 0, "reading a name");
    return this.take(out).toString("utf8");
  }

  /** @returns a name that is the caller's to release */
  principal(text: string): Pointer {
    const minor = [0];
    const out: Out = [null];
    const bytes = Buffer.from(text, "utf8");
    const major = this.functions.importName(minor, data(bytes), oid(PRINCIPAL_NAME), out);
    this.check(major, minor[0] ?? 0, "importing the service's name");
    return out[0];
  }

  /** The name as the mechanism will use it. */
  canonicalText(name: Pointer): string {
    const minor = [0];
    const out: Out = [null];
    const major = this.functions.canonicalizeName(minor, name, oid(MECHANISMS.krb5), out);
    this.check(major, minor[0] ?? 0, "canonicalising the service's name");
    return this.withName(out[0], (canonical) => this.nameText(canonical));
  }

  credential(): GssCredential {
    const minor = [0];
    const credential: Out = [null];
    const lifetime = [0];
    const major = this.functions.acquireCredential(minor, null, 0, null, INITIATE_ONLY, credential, null, lifetime);
    this.check(major, minor[0] ?? 0, "finding the user's credential");
    try {
      return this.#inquire(credential[0]);
    } finally {
      this.functions.releaseCredential([0], credential);
    }
  }

  #inquire(credential: Pointer): GssCredential {
    const minor = [0];
    const name: Out = [null];
    const lifetime = [0];
    const major = this.functions.inquireCredential(minor, credential, name, lifetime, [0], null);
    this.check(major, minor[0] ?? 0, "reading the user's credential");
    return this.withName(name[0], (initiator) => {
      const principal = this.nameText(initiator);
      return { principal, realm: principal.slice(principal.lastIndexOf("@") + 1), expires: endOf(lifetime[0] ?? 0) };
    });
  }

  #describe(status: number, type: 1 | 2): string {
    if (status === 0) return "";
    const out = {} as Data;
    const major = this.functions.displayStatus([0], status >>> 0, type, oid(MECHANISMS.krb5), [0], out);
    // Some of the library's sentences count the zero that ends them.
    return isError(major) ? `status ${status}` : this.take(out).toString("utf8").replace(/\0+$/, "");
  }
}

class Context implements GssLibraryContext {
  readonly #gss: Gssapi;
  readonly #options: InitiateOptions;
  readonly #target: Pointer;
  #context: Out = [null];
  #complete = false;
  #disposed = false;

  constructor(gss: Gssapi, options: InitiateOptions) {
    this.#gss = gss;
    this.#options = options;
    this.#target = gss.principal(options.spn);
    try {
      this.#refuseRewritten(gss.canonicalText(this.#target));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  step(input: Uint8Array | undefined): GssStep {
    if (this.#complete || this.#disposed)
      throw new Refusal("server.token-invalid", { fault: "a token after the last" });
    const minor = [0];
    const output = {} as Data;
    const major = this.#gss.functions.initContext(
      minor,
      null,
      this.#context,
      this.#target,
      oid(MECHANISMS[this.#options.mechanism]),
      flagBits(this.#options.flags),
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
    this.#complete = (major & GSS_S_CONTINUE_NEEDED) === 0;
    return {
      ...(token.length === 0 ? {} : { token }),
      ...(this.#complete ? { facts: this.#facts() } : {}),
    };
  }

  /** SPNEGO's layer renumbers the statuses of Kerberos, so that the mechanism itself has to be asked. */
  #refuse(major: number, minor: number, verifying: boolean): never {
    if (verifying) this.#gss.refuseToken(major, minor);
    this.#gss.diagnose(this.#target);
    return this.#gss.refuse(major, minor, "getting a ticket");
  }

  wrap(message: Uint8Array, confidential: boolean): Buffer {
    const minor = [0];
    const state = [0];
    const output = {} as Data;
    const ask = confidential ? 1 : 0;
    const major = this.#gss.functions.wrap(minor, this.#context[0], ask, 0, data(message), state, output);
    const wrapped = this.#gss.take(output);
    this.#gss.check(major, minor[0] ?? 0, "wrapping a message");
    if (confidential && state[0] === 0) throw new Refusal("gss.protection", { fault: "the message was not encrypted" });
    return wrapped;
  }

  unwrap(message: Uint8Array): { readonly message: Buffer; readonly confidential: boolean } {
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

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#context[0] !== null) this.#gss.functions.deleteContext([0], this.#context, null);
    this.#gss.functions.releaseName([0], [this.#target]);
  }

  #refuseRewritten(canonical: string): void {
    // Without a realm the library would ask the KDC, or DNS, for one.
    if (canonical === this.#options.spn && !canonical.endsWith("@")) return;
    const detail = { value: canonical, fault: "the library rewrote the service's name", expected: this.#options.spn };
    throw new Refusal("kerberos.rewritten", detail);
  }

  #facts(): GssFacts {
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
    const initiator = this.#gss.withName(source[0], (name) => this.#gss.nameText(name));
    const service = this.#gss.withName(target[0], (name) => this.#gss.nameText(name));
    this.#refuseRewritten(service);
    if (open[0] === 0) throw new Refusal("server.no-mutual-token", { fault: "the context is not complete" });
    const returned = flags[0] ?? 0;
    return {
      flags: FLAGS.filter(([, bit]) => (returned & bit) !== 0).map(([flag]) => flag),
      mechanism: dotted(mechanism[0]),
      initiator,
      target: service,
      expires: endOf(lifetime[0] ?? 0),
    };
  }
}

/** By its length and not by an array type, of which koffi would keep one for each call. */
function copy(pointer: Pointer, length: number): Buffer {
  return Buffer.from(koffi.decode(pointer, "uint8_t", length));
}

function data(bytes: Uint8Array): Data {
  return { length: bytes.length, value: bytes };
}

function oid(hex: string): Oid {
  const elements = Buffer.from(hex, "hex");
  return { length: elements.length, elements };
}

function bindings(applicationData: Buffer | undefined) {
  if (applicationData === undefined) return null;
  return {
    initiator_addrtype: NO_ADDRESS,
    initiator_address: EMPTY,
    acceptor_addrtype: NO_ADDRESS,
    acceptor_address: EMPTY,
    application_data: data(applicationData),
  };
}

function flagBits(flags: readonly GssFlag[]): number {
  return flags.reduce((bits, flag) => bits | FLAG_BITS[flag], 0);
}

/** Lifetimes are seconds from now; an indefinite one is still bounded by a day. */
function endOf(lifetime: number): number {
  return Date.now() + Math.min(lifetime === INDEFINITE ? 86_400 : lifetime, 86_400) * 1000;
}

/** The text form of an object identifier's DER content (X.690 §8.19). */
function dotted(pointer: Pointer): string {
  const { length, elements } = koffi.decode(pointer, "gss_OID_desc") as Oid;
  const arcs: number[] = [];
  let value = 0;
  for (const octet of copy(elements, length)) {
    value = value * 128 + (octet & 0x7f);
    if ((octet & 0x80) !== 0) continue;
    arcs.push(value);
    value = 0;
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...rest].join(".");
}
