/**
 * The functions of the system's GSSAPI library (RFC 2744) and the structures they take: MIT Kerberos or Heimdal on
 * Linux, GSS.framework (Apple's Heimdal) on macOS.
 */
import koffi from "koffi";
import { Refusal } from "../../core/refusal.ts";
import { copy } from "./native-memory.ts";

/** Tried in this order; the first that loads is used. Fixed names: the environment does not choose. */
const LIBRARIES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ["libgssapi_krb5.so.2", "libgssapi.so.3"],
  darwin: ["/System/Library/Frameworks/GSS.framework/GSS"],
};

type KoffiLibrary = ReturnType<typeof koffi.load>;
export type Pointer = unknown;
/** A place for one pointer that the library hands out. */
export type Out = [Pointer | null];

/** gss_buffer_desc */
export interface Data {
  readonly length: number | bigint;
  readonly value: Pointer | Uint8Array | null;
}

/** gss_OID_desc */
export interface Oid {
  readonly length: number;
  readonly elements: Pointer | Uint8Array | null;
}

/**
 * Octets to which members are aligned. Apple's header packs its structures to two on x86-64 and nowhere else; MIT and
 * Heimdal on Linux leave them as the compiler does.
 */
export function structureAlignment(platform: NodeJS.Platform, architecture: string): 2 | 8 {
  return platform === "darwin" && architecture === "x64" ? 2 : 8;
}

/** Members of the structures in their order. `gss_buffer_desc` is the same everywhere. */
export function structures(alignment: 2 | 8) {
  const aligned = (type: string): string | [number, string] => (alignment === 2 ? [2, type] : type);
  return {
    gss_buffer_desc: { length: "size_t", value: "void *" },
    gss_OID_desc: { length: "uint32_t", elements: aligned("void *") },
    gss_channel_bindings_desc: {
      initiator_addrtype: "uint32_t",
      initiator_address: aligned("gss_buffer_desc"),
      acceptor_addrtype: "uint32_t",
      acceptor_address: aligned("gss_buffer_desc"),
      application_data: aligned("gss_buffer_desc"),
    },
  };
}

for (const [name, members] of Object.entries(structures(structureAlignment(process.platform, process.arch)))) {
  koffi.struct(name, members);
}

/** @param names tried in this order @throws Refusal `kerberos.library` */
export function loadGssapi(names: readonly string[] = LIBRARIES[process.platform] ?? []): GssapiFunctions {
  const faults: string[] = [];
  for (const name of names) {
    try {
      return bind(koffi.load(name));
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

export type GssapiFunctions = ReturnType<typeof bind>;

export const EMPTY: Data = { length: 0, value: null };

export function data(bytes: Uint8Array): Data {
  return { length: bytes.length, value: bytes };
}

/** @param hex contents of the identifier's DER */
export function oid(hex: string): Oid {
  const elements = Buffer.from(hex, "hex");
  return { length: elements.length, elements };
}

/** GSS_C_AF_UNSPEC: the type is hashed along, and both sides take 0 where they bind by the channel's data (RFC 5801 §5.1). */
const NO_ADDRESS = 0;

/** gss_channel_bindings_desc; null for none. */
export function bindings(applicationData: Uint8Array | undefined) {
  if (applicationData === undefined) return null;
  return {
    initiator_addrtype: NO_ADDRESS,
    initiator_address: EMPTY,
    acceptor_addrtype: NO_ADDRESS,
    acceptor_address: EMPTY,
    application_data: data(applicationData),
  };
}

/** The text form of an object identifier (X.690 §8.19) at a gss_OID of the library. */
export function dotted(pointer: Pointer): string {
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
