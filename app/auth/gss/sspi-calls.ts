/** SSPI: its statuses as refusals, its memory, and the logged-on user's credential. */
import { Refusal } from "../../core/refusal.ts";
import type { GssCredential, GssMechanism } from "./port.ts";
import {
  endAt,
  handle,
  identityWithPackages,
  namesAt,
  type SecBuffers,
  type SspiFunctions,
  TIME_STAMP_SIZE,
} from "./sspi-library.ts";
import { SEC_E_OK, sspiName, sspiReason } from "./sspi-status.ts";

const PACKAGES: Readonly<Record<GssMechanism, string>> = { krb5: "Kerberos", spnego: "Negotiate" };
/** For Negotiate: everything but NTLM. That it was Kerberos in the end is checked when the context is complete. */
const WITHOUT_NTLM = identityWithPackages("!ntlm");

const OUTBOUND = 2;
const CREDENTIAL_NAMES = 1;

export class Sspi {
  readonly functions: SspiFunctions;

  constructor(functions: SspiFunctions) {
    this.functions = functions;
  }

  /** @throws Refusal, always */
  refuse(status: number, doing: string): never {
    throw new Refusal(sspiReason(status), { value: sspiName(status), fault: `${doing} failed` });
  }

  /** Refuses a token of the server. @throws Refusal, always */
  refuseToken(status: number): never {
    const reason = sspiReason(status);
    throw new Refusal(reason === "kerberos.library" ? "server.token-invalid" : reason, {
      value: sspiName(status),
      fault: "verifying the server's token failed",
    });
  }

  /** The logged-on user's credential for a package, the caller's to free. */
  acquire(mechanism: GssMechanism): { readonly credential: Buffer; readonly expiry: Buffer } {
    const credential = handle();
    const expiry = Buffer.alloc(TIME_STAMP_SIZE);
    const status = this.functions.acquireCredentials(
      null,
      PACKAGES[mechanism],
      OUTBOUND,
      null,
      mechanism === "spnego" ? WITHOUT_NTLM.identity : null,
      null,
      null,
      credential,
      expiry,
    );
    if (status !== SEC_E_OK) this.refuse(status, "finding the user's credential");
    return { credential, expiry };
  }

  credential(): GssCredential {
    const { credential, expiry } = this.acquire("krb5");
    try {
      const value = Buffer.alloc(16);
      const status = this.functions.credentialAttribute(credential, CREDENTIAL_NAMES, value);
      if (status !== SEC_E_OK) this.refuse(status, "reading the user's credential");
      const { names, pointers } = namesAt(value);
      this.free(pointers[0]);
      const principal = names[0] ?? "";
      return { principal, realm: realmOf(principal), expires: endAt(expiry, 0, Date.now()) };
    } finally {
      this.functions.freeCredentials(credential);
    }
  }

  /** Takes the bytes out of memory of the library and gives it back. */
  take(buffers: SecBuffers, index: number): Buffer {
    const bytes = buffers.bytes(index);
    this.free(buffers.foreign(index));
    return bytes;
  }

  free(pointer: unknown): void {
    if (pointer !== null) this.functions.freeBuffer(pointer);
  }
}

/** Of `ada@CORP.EXAMPLE`, or of `CORP\ada`. */
function realmOf(principal: string): string {
  const at = principal.lastIndexOf("@");
  return at >= 0 ? principal.slice(at + 1) : (principal.split("\\", 1)[0] ?? "");
}
