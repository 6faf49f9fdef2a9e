/**
 * The functions of Windows' `secur32.dll` (sspi.h) and the structures they take, for 64-bit systems: `unsigned long` has
 * 32 bits there, and strings are UTF-16.
 */
import koffi from "koffi";
import { Refusal } from "../../core/refusal.ts";
import { copy } from "./native-memory.ts";

const LIBRARIES = ["secur32.dll"] as const;

/** Status of every function, HRESULT as an unsigned number. */
export type Status = number;

koffi.struct("SecBuffer", { cbBuffer: "uint32_t", BufferType: "uint32_t", pvBuffer: "void *" });
koffi.struct("SecBufferDesc", { ulVersion: "uint32_t", cBuffers: "uint32_t", pBuffers: "void *" });
koffi.struct("SEC_CHANNEL_BINDINGS", {
  dwInitiatorAddrType: "uint32_t",
  cbInitiatorLength: "uint32_t",
  dwInitiatorOffset: "uint32_t",
  dwAcceptorAddrType: "uint32_t",
  cbAcceptorLength: "uint32_t",
  dwAcceptorOffset: "uint32_t",
  cbApplicationDataLength: "uint32_t",
  dwApplicationDataOffset: "uint32_t",
});
koffi.struct("SEC_WINNT_AUTH_IDENTITY_EXW", {
  Version: "uint32_t",
  Length: "uint32_t",
  User: "void *",
  UserLength: "uint32_t",
  Domain: "void *",
  DomainLength: "uint32_t",
  Password: "void *",
  PasswordLength: "uint32_t",
  Flags: "uint32_t",
  PackageList: "void *",
  PackageListLength: "uint32_t",
});
koffi.struct("SecPkgInfoW", {
  fCapabilities: "uint32_t",
  wVersion: "uint16_t",
  wRPCID: "uint16_t",
  cbMaxToken: "uint32_t",
  Name: "str16",
  Comment: "str16",
});
koffi.struct("SecPkgContext_Sizes", {
  cbMaxToken: "uint32_t",
  cbMaxSignature: "uint32_t",
  cbBlockSize: "uint32_t",
  cbSecurityTrailer: "uint32_t",
});
/** Two strings, or one: SecPkgContext_NativeNamesW, SecPkgCredentials_NamesW. */
koffi.struct("sspi_names", { first: "str16", second: "str16" });

/** SecHandle: two words of the size of a pointer. */
const HANDLE_SIZE = 16;
/** LARGE_INTEGER */
export const TIME_STAMP_SIZE = 8;

/** @param names of the library, where it is not the system's own @throws Refusal `kerberos.library` */
export function loadSspi(names: readonly string[] = LIBRARIES): SspiFunctions {
  const faults: string[] = [];
  for (const name of names) {
    try {
      return bind(koffi.load(name));
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Refusal("kerberos.library", { fault: faults.join("; "), expected: "SSPI (secur32.dll)" });
}

function bind(library: ReturnType<typeof koffi.load>) {
  const define = (declaration: string) => library.func(declaration);
  return {
    acquireCredentials: define(
      "uint32_t AcquireCredentialsHandleW(str16 principal, str16 package, uint32_t use, void *logon, void *identity, " +
        "void *getKey, void *getKeyArgument, void *credential, void *expiry)",
    ),
    freeCredentials: define("uint32_t FreeCredentialsHandle(void *credential)"),
    credentialAttribute: define(
      "uint32_t QueryCredentialsAttributesW(void *credential, uint32_t attribute, void *value)",
    ),
    initializeContext: define(
      "uint32_t InitializeSecurityContextW(void *credential, void *context, str16 target, uint32_t requirements, " +
        "uint32_t reserved1, uint32_t dataRepresentation, void *input, uint32_t reserved2, void *newContext, " +
        "void *output, _Out_ uint32_t *attributes, void *expiry)",
    ),
    deleteContext: define("uint32_t DeleteSecurityContext(void *context)"),
    contextAttribute: define("uint32_t QueryContextAttributesW(void *context, uint32_t attribute, void *value)"),
    freeBuffer: define("uint32_t FreeContextBuffer(void *buffer)"),
    encrypt: define("uint32_t EncryptMessage(void *context, uint32_t qop, void *message, uint32_t sequence)"),
    decrypt: define("uint32_t DecryptMessage(void *context, void *message, uint32_t sequence, _Out_ uint32_t *qop)"),
  };
}

export type SspiFunctions = ReturnType<typeof bind>;

/** SECBUFFER_* of sspi.h. */
export const BUFFER = { data: 1, token: 2, padding: 9, stream: 10, channelBindings: 14 } as const;

export const handle = (): Buffer => Buffer.alloc(HANDLE_SIZE);

/** A place for one structure, in memory that lives as long as it is referenced. */
export const place = (type: string): Buffer => Buffer.alloc(koffi.sizeof(type));

/** A SecBufferDesc with its buffers. Memory of ours is referenced for as long as this object is. */
export class SecBuffers {
  readonly descriptor = place("SecBufferDesc");
  readonly #array: Buffer;
  readonly #memory: readonly (Buffer | undefined)[];

  /** @param buffers with their memory; the library puts its own in the place of what is absent */
  constructor(...buffers: readonly { readonly type: number; readonly memory?: Buffer }[]) {
    const size = koffi.sizeof("SecBuffer");
    this.#memory = buffers.map(({ memory }) => memory);
    this.#array = Buffer.alloc(size * buffers.length);
    buffers.forEach(({ type, memory }, index) => {
      const pvBuffer = memory === undefined || memory.length === 0 ? null : memory;
      koffi.encode(this.#array, index * size, "SecBuffer", {
        cbBuffer: memory?.length ?? 0,
        BufferType: type,
        pvBuffer,
      });
    });
    koffi.encode(this.descriptor, "SecBufferDesc", { ulVersion: 0, cBuffers: buffers.length, pBuffers: this.#array });
  }

  /** A copy of what a buffer holds now. */
  bytes(index: number): Buffer {
    const { cbBuffer, pvBuffer } = this.#at(index);
    if (cbBuffer === 0 || pvBuffer === null) return Buffer.alloc(0);
    return copy(pvBuffer, cbBuffer);
  }

  /** Memory that the library put there, to be given back to it; null for none. */
  foreign(index: number): unknown {
    return this.#memory[index] === undefined ? this.#at(index).pvBuffer : null;
  }

  #at(index: number): { readonly cbBuffer: number; readonly pvBuffer: unknown } {
    return koffi.decode(this.#array, index * koffi.sizeof("SecBuffer"), "SecBuffer");
  }
}

/** SEC_CHANNEL_BINDINGS with the application data behind it; no addresses, as with GSSAPI. */
export function channelBindings(applicationData: Uint8Array): Buffer {
  const head = place("SEC_CHANNEL_BINDINGS");
  koffi.encode(head, "SEC_CHANNEL_BINDINGS", {
    dwInitiatorAddrType: 0,
    cbInitiatorLength: 0,
    dwInitiatorOffset: 0,
    dwAcceptorAddrType: 0,
    cbAcceptorLength: 0,
    dwAcceptorOffset: 0,
    cbApplicationDataLength: applicationData.length,
    dwApplicationDataOffset: head.length,
  });
  return Buffer.concat([head, applicationData]);
}

const IDENTITY_VERSION = 0x200;
/** SEC_WINNT_AUTH_IDENTITY_UNICODE */
const UNICODE = 2;

/** The logged-on user's own credentials, with these packages of Negotiate; `list` is memory that the identity points to. */
export function identityWithPackages(packages: string): { readonly identity: Buffer; readonly list: Buffer } {
  const identity = place("SEC_WINNT_AUTH_IDENTITY_EXW");
  const list = Buffer.from(`${packages}\0`, "utf16le");
  koffi.encode(identity, "SEC_WINNT_AUTH_IDENTITY_EXW", {
    Version: IDENTITY_VERSION,
    Length: identity.length,
    User: null,
    UserLength: 0,
    Domain: null,
    DomainLength: 0,
    Password: null,
    PasswordLength: 0,
    Flags: UNICODE,
    PackageList: list,
    PackageListLength: packages.length,
  });
  return { identity, list };
}

/** Pointers at the beginning of an attribute's value, and the strings that they lead to. */
export function namesAt(value: Buffer): { readonly names: readonly string[]; readonly pointers: readonly unknown[] } {
  const { first, second } = koffi.decode(value, "sspi_names") as { first: string | null; second: string | null };
  return { names: [first ?? "", second ?? ""], pointers: [pointerAt(value, 0), pointerAt(value, 8)] };
}

/** Name of the package that a pointer to SecPkgInfoW leads to. */
export function packageAt(value: Buffer): { readonly name: string; readonly pointer: unknown } {
  const pointer = pointerAt(value, 0);
  if (pointer === null) return { name: "", pointer };
  return { name: (koffi.decode(pointer, "SecPkgInfoW") as { Name: string | null }).Name ?? "", pointer };
}

function pointerAt(value: Buffer, offset: number): unknown {
  return koffi.decode(value, offset, "void *");
}

export interface Sizes {
  readonly cbBlockSize: number;
  readonly cbSecurityTrailer: number;
}

export const sizesAt = (value: Buffer): Sizes => koffi.decode(value, "SecPkgContext_Sizes") as Sizes;

/** Between 1601 and 1970, milliseconds. */
const EPOCH = 11_644_473_600_000n;
const DAY = 86_400_000;

/**
 * The end that a TimeStamp tells: units of 100 ns since 1601 in local time, as SSPI's packages give it. What is more
 * than a day ahead, "never" among it, is bounded by that.
 * @returns milliseconds since the epoch
 */
export function endAt(value: Buffer, offset: number, now: number): number {
  const ticks = value.readBigInt64LE(offset);
  const milliseconds = ticks / 10_000n - EPOCH;
  if (milliseconds >= BigInt(now + 2 * DAY)) return now + DAY;
  if (milliseconds <= 0n) return 0;
  const wall = new Date(Number(milliseconds));
  const local = new Date(
    wall.getUTCFullYear(),
    wall.getUTCMonth(),
    wall.getUTCDate(),
    wall.getUTCHours(),
    wall.getUTCMinutes(),
    wall.getUTCSeconds(),
  );
  return Math.min(local.getTime(), now + DAY);
}
