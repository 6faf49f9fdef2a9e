import { createHash } from "node:crypto";
import { KERBEROS_MECHANISM } from "../core/beliefs/kerberos.ts";
import type { Fingerprint } from "../core/evidence.ts";
import { isRejection } from "../core/probe-answer.ts";
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
}

/** One AP-REQ and its AP-REP: our token with a request, the server's with its answer. */
export class NegotiateExchange implements RequestPass {
  readonly authorization: string;
  /** SHA-256 of our token. */
  readonly fingerprint: Fingerprint;
  readonly #context: GssContext;
  readonly #principal: string;
  #facts: GssFacts | undefined;

  private constructor(context: GssContext, principal: string, token: Buffer) {
    this.#context = context;
    this.#principal = principal;
    this.authorization = negotiate(token);
    this.fingerprint = createHash("sha256").update(token).digest("hex");
  }

  /** Gets the ticket and makes our token. @throws Refusal `kerberos.*`, `server.spn-*` */
  static async begin({ gss, principal, delegate, binding }: ExchangeOptions): Promise<NegotiateExchange> {
    const context = gss.initiate({
      spn: principal,
      mechanism: "spnego",
      flags: ["mutual", "integrity", "replay", "sequence", ...(delegate ? (["delegate"] as const) : [])],
      ...(binding === undefined ? {} : { channelBindings: binding }),
    });
    try {
      const { token, facts } = await context.step();
      if (token === undefined || facts !== undefined) {
        throw new Refusal("kerberos.library", { fault: "the library asks for no answer of the server" });
      }
      return new NegotiateExchange(context, principal, token);
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
      if (isRejection(status)) throw rejected(status, answerToken(fields));
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
    return facts;
  }
}

function rejected(status: number, token: Buffer | undefined): Refusal {
  const again = status === 401 && token !== undefined;
  return new Refusal("client.rejected", {
    value: `HTTP ${status}`,
    fault: again ? "the server asks for another token" : "the server does not accept the user's ticket",
    expected: "an answer that is no rejection",
  });
}
