import { createHash } from "node:crypto";
import { KERBEROS_MECHANISM } from "../core/beliefs/kerberos.ts";
import type { Fingerprint } from "../core/evidence.ts";
import { isRejection } from "../core/probe-answer.ts";
import type { ReasonCode } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import type { RequestPass } from "./channel.ts";
import type { GssContext, GssFacts, GssPort } from "./gss/port.ts";
import { answerToken, negotiate } from "./negotiate-token.ts";

export interface ExchangeOptions {
  readonly gss: GssPort;
  readonly principal: string;
  readonly delegate: boolean;
  /** Application data of the channel binding, where one is defined for the server's certificate. */
  readonly binding: Buffer | undefined;
  /** Who proved themselves on this channel before; another user's ticket does not count on it. */
  readonly initiator?: string;
}

/** One AP-REQ and its AP-REP: our token with a request, the server's with its answer. */
export class NegotiateExchange implements RequestPass {
  readonly authorization: string;
  /** SHA-256 of our token. */
  readonly fingerprint: Fingerprint;
  readonly #context: GssContext;
  readonly #principal: string;
  readonly #initiator: string | undefined;
  #facts: GssFacts | undefined;

  private constructor(context: GssContext, { principal, initiator }: ExchangeOptions, token: Buffer) {
    this.#context = context;
    this.#principal = principal;
    this.#initiator = initiator;
    this.authorization = negotiate(token);
    this.fingerprint = createHash("sha256").update(token).digest("hex");
  }

  /** Gets the ticket and makes our token. @throws Refusal `kerberos.*`, `server.spn-*` */
  static async begin(options: ExchangeOptions): Promise<NegotiateExchange> {
    const { gss, principal, delegate, binding, initiator } = options;
    const context = gss.initiate({
      spn: principal,
      mechanism: "spnego",
      flags: ["mutual", "integrity", "replay", "sequence", ...(delegate ? (["delegate"] as const) : [])],
      ...(binding === undefined ? {} : { channelBindings: binding }),
      ...(initiator === undefined ? {} : { initiator }),
    });
    try {
      const { token, facts } = await context.step();
      if (token === undefined || facts !== undefined) {
        throw new Refusal("kerberos.library", { fault: "the library asks for no answer of the server" });
      }
      return new NegotiateExchange(context, options, token);
    } catch (error) {
      context.dispose();
      throw error;
    }
  }

  /** What the library returned for the complete context; undefined before `verify`. */
  get facts(): GssFacts | undefined {
    return this.#facts;
  }

  async verify(status: number, fields: readonly string[]): Promise<void> {
    try {
      if (status === 401 || status === 407) throw await this.#rejection(status, fields);
      const token = answerToken(fields);
      if (token === undefined) {
        const fault = "the answer carries no token of the server";
        throw new Refusal("server.no-mutual-token", {
          value: `HTTP ${status}`,
          fault,
          expected: "WWW-Authenticate: Negotiate",
        });
      }
      const { token: another, facts } = await this.#context.step(token);
      if (facts === undefined || another !== undefined) {
        throw new Refusal("server.token-invalid", { fault: "the exchange does not end with the server's token" });
      }
      this.#facts = this.#accept(facts);
    } finally {
      this.#context.dispose();
    }
  }

  /**
   * As `verify`, for the request that asks for nothing but to be let in: its answer must also be no rejection.
   * @throws Refusal `client.rejected` among others
   */
  async verifyAccepted(status: number, fields: readonly string[]): Promise<void> {
    if (!isRejection(status)) return this.verify(status, fields);
    try {
      throw await this.#rejection(status, fields);
    } finally {
      this.#context.dispose();
    }
  }

  /** A server that turns our token down may say why with a token of its own; nobody vouches for what it says. */
  async #rejection(status: number, fields: readonly string[]): Promise<Refusal> {
    const token = errorToken(fields);
    if (token instanceof Refusal) return token;
    if (token === undefined) return rejected(status, "the server does not accept the user's ticket");
    const reason = await this.#context.step(token).catch((error: unknown) => error);
    const told = reason instanceof Refusal && TOLD_BY_ACCEPTORS.has(reason.code);
    return told ? reason : rejected(status, "the server asks for another token");
  }

  abandon(): void {
    this.#context.dispose();
  }

  /** The returned flags decide, never those asked for. */
  #accept(facts: GssFacts): GssFacts {
    if (facts.mechanism !== KERBEROS_MECHANISM) {
      throw new Refusal("server.mechanism", {
        value: facts.mechanism,
        fault: "another mechanism",
        expected: "Kerberos 5",
      });
    }
    if (!facts.flags.includes("mutual")) {
      throw new Refusal("server.no-mutual-token", {
        value: facts.flags.join(", "),
        fault: "no mutual flag was returned",
      });
    }
    if (facts.target !== this.#principal) {
      throw new Refusal("kerberos.rewritten", {
        value: facts.target,
        fault: "another service",
        expected: this.#principal,
      });
    }
    if (this.#initiator !== undefined && facts.initiator !== this.#initiator) {
      throw new Refusal("kerberos.other-user", {
        value: facts.initiator,
        fault: "another user's ticket than the one that opened this channel",
        expected: this.#initiator,
      });
    }
    return facts;
  }
}

/** What a KRB-ERROR of the acceptor can mean (RFC 4120 §7.5.9); each is a refusal as good as another. */
const TOLD_BY_ACCEPTORS: ReadonlySet<ReasonCode> = new Set([
  "server.key-version",
  "server.keytab",
  "kerberos.clock-skew",
  "kerberos.ticket-expired",
]);

function errorToken(fields: readonly string[]): Buffer | Refusal | undefined {
  try {
    return answerToken(fields);
  } catch (error) {
    return error instanceof Refusal && error.code === "server.mechanism" ? error : undefined;
  }
}

function rejected(status: number, fault: string): Refusal {
  return new Refusal("client.rejected", {
    value: `HTTP ${status}`,
    fault,
    expected: "an answer that is no rejection",
  });
}
