import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { flagsNeeded } from "../../core/beliefs/gss-channel.ts";
import { KERBEROS_MECHANISM } from "../../core/beliefs/kerberos.ts";
import type { Evidence, Fingerprint } from "../../core/evidence.ts";
import type { ChannelExpectation, GssTransport } from "../../core/expectation.ts";
import { Refusal } from "../../core/refusal.ts";
import type { GssContext, GssFacts, GssPort } from "../gss/port.ts";
import { type FrameSource, framed } from "./frames.ts";

/** Octets of one token; an AP-REQ with a large ticket has some ten thousand. */
export const MAXIMUM_TOKEN = 65_536;
/** Tokens of the service; Kerberos needs one (RFC 4121 §4.1). */
const MAXIMUM_ROUNDS = 4;

/** The exchange of tokens that begins a connection, and what it made sure of. */
export class GssExchange {
  readonly context: GssContext;
  readonly #principal: string;
  readonly #transport: GssTransport;
  readonly #transcript = createHash("sha256");
  readonly #first: Buffer;

  private constructor(context: GssContext, principal: string, transport: GssTransport, first: Buffer) {
    this.context = context;
    this.#principal = principal;
    this.#transport = transport;
    this.#first = first;
  }

  /** Gets the ticket and makes our first token, before anybody is dialled. @throws Refusal `kerberos.*`, `server.spn-*` */
  static async begin(gss: GssPort, to: ChannelExpectation): Promise<GssExchange> {
    const { service } = to.server;
    if (service === undefined || to.transport === undefined) {
      throw new Refusal("spn.invalid", { value: to.origin, fault: "no service name was composed for this site" });
    }
    const context = gss.initiate({
      spn: service.principal,
      // Kerberos itself: there is nothing to negotiate, and nobody who could negotiate it away.
      mechanism: "krb5",
      flags: ["mutual", "integrity", "confidentiality", "replay", "sequence"],
    });
    try {
      const { token, facts } = await context.step();
      if (token === undefined || facts !== undefined) {
        throw new Refusal("kerberos.library", { fault: "the library asks for no answer of the service" });
      }
      return new GssExchange(context, service.principal, to.transport, token);
    } catch (error) {
      context.dispose();
      throw error;
    }
  }

  /** SHA-256 of our first token. */
  get fingerprint(): Fingerprint {
    return createHash("sha256").update(this.#first).digest("hex");
  }

  /**
   * Sends our tokens and verifies the service's, until both sides are complete.
   * @throws Refusal `server.*`, `gss.*`, `client.rejected`
   */
  async complete(transport: Duplex, source: FrameSource): Promise<GssFacts> {
    this.#give(transport, this.#first);
    for (let round = 0; round < MAXIMUM_ROUNDS; round += 1) {
      const answer = await source.next();
      if (answer === undefined) throw endedEarly();
      this.#transcript.update(framed(answer));
      const { token, facts } = await this.context.step(answer);
      if (token !== undefined) this.#give(transport, token);
      if (facts !== undefined) return this.#accept(facts);
    }
    throw new Refusal("server.token-invalid", { fault: "the exchange does not end", expected: "Kerberos' two tokens" });
  }

  /** @param status the service's answer to the first request inside */
  evidence(
    facts: GssFacts,
    status: number,
    { channel, site, origin }: ChannelExpectation,
    at: number,
  ): readonly Evidence[] {
    const { expires, initiator, target: principal, mechanism, flags } = facts;
    const about = { channel, site, origin, at, expires, exchange: this.fingerprint };
    const protection = flags.includes("confidentiality") ? "confidentiality" : "integrity";
    const transcript = this.#transcript.copy().digest("hex");
    return [
      { ...about, kind: "kerberos.ticket", principal, initiator },
      { ...about, kind: "kerberos.mutual", principal, mechanism, flags },
      { ...about, kind: "gss.protection", protection, flags, transcript },
      { ...about, kind: "kerberos.accepted", status },
    ];
  }

  #give(transport: Duplex, token: Buffer): void {
    const frame = framed(token);
    this.#transcript.update(frame);
    transport.write(frame);
  }

  /** The returned flags decide, never those asked for. */
  #accept(facts: GssFacts): GssFacts {
    const { mechanism, flags, target } = facts;
    if (mechanism !== KERBEROS_MECHANISM) {
      throw new Refusal("server.mechanism", { value: mechanism, fault: "another mechanism", expected: "Kerberos 5" });
    }
    if (target !== this.#principal) {
      throw new Refusal("kerberos.rewritten", { value: target, fault: "another service", expected: this.#principal });
    }
    const value = flags.join(", ");
    if (!flags.includes("mutual")) {
      throw new Refusal("server.no-mutual-token", { value, fault: "no mutual flag was returned" });
    }
    const wanting = flagsNeeded(this.#transport.protection).filter((flag) => !flags.some((one) => one === flag));
    if (wanting.length > 0) {
      throw new Refusal("gss.protection", { value, fault: `the context lacks ${wanting.join(", ")}` });
    }
    return facts;
  }
}

/** A service that turns a token down may just hang up. */
function endedEarly(): Refusal {
  return new Refusal("client.rejected", {
    value: "connection closed",
    fault: "the service ended the connection instead of answering the user's ticket",
    expected: "the service's token (AP-REP)",
  });
}
