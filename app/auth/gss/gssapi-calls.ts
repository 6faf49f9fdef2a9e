/** GSSAPI (RFC 2744): its statuses as refusals, its names, and the user's credential. */
import type { ReasonCode } from "../../core/reasons.ts";
import { Refusal } from "../../core/refusal.ts";
import { type Data, data, EMPTY, type GssapiFunctions, type Out, oid, type Pointer } from "./gssapi-library.ts";
import { ACCEPTOR_ERRORS, isError, reasonOf, refusesTicket } from "./kerberos-errors.ts";
import { copy } from "./native-memory.ts";
import type { GssCredential, GssFlag, GssMechanism } from "./port.ts";

/** Flag bits (RFC 2744 appendix A). */
export const FLAG_BITS: Readonly<Record<GssFlag, number>> = {
  delegate: 1,
  mutual: 2,
  replay: 4,
  sequence: 8,
  confidentiality: 16,
  integrity: 32,
};

/** DER contents of object identifiers. */
export const MECHANISMS: Readonly<Record<GssMechanism, string>> = {
  krb5: "2a864886f712010202",
  spnego: "2b0601050502",
};
/** GSS_KRB5_NT_PRINCIPAL_NAME (RFC 1964 §2.1.1): no host, so nothing that a resolver could rewrite. */
const PRINCIPAL_NAME = "2a864886f71201020201";

/** What a status that says little is taken for. */
const UNCLEAR: ReadonlySet<ReasonCode> = new Set(["kerberos.library", "server.realm-unreachable"]);

const INITIATE_ONLY = 1;
const INDEFINITE = 0xffff_ffff;

/** The library with its statuses as refusals and its memory accounted for. */
export class Gssapi {
  readonly functions: GssapiFunctions;

  constructor(functions: GssapiFunctions) {
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

  /**
   * Tries the same by Kerberos alone, for its own status.
   * @param spn the service's principal, of which `target` is the name
   * @throws Refusal when that fails too, as it will
   */
  diagnose(target: Pointer, spn: string): void {
    const minor = [0];
    const context: Out = [null];
    const output = {} as Data;
    const mechanism = oid(MECHANISMS.krb5);
    const { initContext, deleteContext } = this.functions;
    const flags = FLAG_BITS.mutual;
    const major = initContext(minor, null, context, target, mechanism, flags, 0, null, EMPTY, [null], output, [0], [0]);
    this.take(output);
    if (context[0] !== null) deleteContext([0], context, null);
    if (!isError(major)) return;
    // Heimdal's statuses for a missing cache and an expired ticket name neither: the credential itself is asked.
    if (UNCLEAR.has(reasonOf(major, minor[0] ?? 0, ""))) this.credential();
    if (refusesTicket(minor[0] ?? 0)) {
      const foreign = !spn.endsWith(`@${this.credential().realm}`);
      throw new Refusal(foreign ? "server.realm-unreachable" : "kerberos.ticket-expired", {
        value: this.#wordsFor(major, minor[0] ?? 0).slice(0, 400),
        fault: foreign ? "the other realm cannot read the ticket that leads to it" : "the KDC cannot read the sign-in",
      });
    }
    this.refuse(major, minor[0] ?? 0, "getting a ticket");
  }

  #wordsFor(major: number, minor: number): string {
    return [this.#describe(major, 1), this.#describe(minor, 2)]
      .filter((text) => text !== "" && text !== "Success")
      .join(": ");
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
    const credential = this.#acquire(null);
    try {
      return this.#inquire(credential);
    } finally {
      this.functions.releaseCredential([0], [credential]);
    }
  }

  /** The credential of this user and nobody else's, the caller's to release. @throws Refusal `kerberos.other-user` */
  credentialOf(principal: string): Pointer {
    const name = this.principal(principal);
    try {
      return this.withName(name, () => this.#acquire(name));
    } catch (error) {
      const signedIn = this.credential().principal;
      if (signedIn === principal) throw error;
      throw new Refusal("kerberos.other-user", {
        value: signedIn,
        fault: "another user's ticket than the one that opened this channel",
        expected: principal,
      });
    }
  }

  #acquire(name: Pointer | null): Pointer {
    const minor = [0];
    const credential: Out = [null];
    const major = this.functions.acquireCredential(minor, name, 0, null, INITIATE_ONLY, credential, null, [0]);
    this.check(major, minor[0] ?? 0, "finding the user's credential");
    return credential[0];
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

/** Lifetimes are whole seconds from this one; an indefinite one is still bounded by a day. */
export function endOf(lifetime: number): number {
  return (Math.floor(Date.now() / 1000) + Math.min(lifetime === INDEFINITE ? 86_400 : lifetime, 86_400)) * 1000;
}
