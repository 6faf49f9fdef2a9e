import type { Duplex } from "node:stream";
import type { Evidence } from "../../core/evidence.ts";
import type { ChannelExpectation, Expectation } from "../../core/expectation.ts";
import { isRejection } from "../../core/probe-answer.ts";
import { Refusal } from "../../core/refusal.ts";
import { decide } from "../../core/verdict.ts";
import type { Channel, ChannelFacts, HandshakeStep, Timings } from "../channel.ts";
import { ChannelConnection } from "../channel-connection.ts";
import { nextChannelId } from "../channel-id.ts";
import { ChannelRefusal } from "../channel-refusal.ts";
import type { GssFacts } from "../gss/port.ts";
import { head } from "../negotiate.ts";
import type { OpenerTools } from "../opener.ts";
import { Phases } from "../phase.ts";
import { ProvedChannel } from "../proved-channel.ts";
import { GssExchange, MAXIMUM_TOKEN } from "./exchange.ts";
import { FrameSource } from "./frames.ts";
import { GssStream } from "./stream.ts";

/** The one attempt to open one channel to a service that protects a plain connection by GSSAPI. */
export class GssOpening {
  readonly #tools: OpenerTools;
  #to: ChannelExpectation;
  readonly #phases: Phases;
  readonly #evidence: Evidence[] = [];
  readonly #steps: HandshakeStep[] = [];
  readonly #timings: Timings = {};
  readonly #began = performance.now();
  #exchange: GssExchange | undefined;
  #transport: Duplex | undefined;
  #stream: GssStream | undefined;
  #agreed: GssFacts | undefined;

  constructor(tools: OpenerTools, to: Expectation, signal: AbortSignal) {
    this.#tools = tools;
    this.#to = { ...to, channel: nextChannelId() };
    this.#phases = new Phases(signal);
  }

  /** @throws ChannelRefusal */
  async run(): Promise<Channel> {
    try {
      return await this.#open();
    } catch (error) {
      const refusal = error instanceof Refusal ? error : this.#unexpected(error);
      this.#discard(refusal);
      if (this.#to.server.lookup !== undefined) this.#tools.locator.forget(this.#to.server.lookup);
      throw new ChannelRefusal(refusal, [...this.#evidence, ...refusal.evidence], this.#facts());
    } finally {
      this.#phases.end();
    }
  }

  async #open(): Promise<Channel> {
    const { gss, dialer } = this.#tools;
    if (gss === undefined) throw new Refusal("kerberos.library", { fault: "this program has no process for Kerberos" });
    await this.#locate();
    this.#phases.begin({ name: "open", limit: this.#tools.limits.open });
    const exchange = await this.#phase(
      "handshake",
      () => GssExchange.begin(gss, this.#to),
      (late) => late.context.dispose(),
    );
    this.#exchange = exchange;
    this.#step("client", "made the token (AP-REQ)");
    const transport = await this.#phase("dial", (signal) => dialer.dial(this.#to, signal), discardLate);
    this.#transport = transport;
    const source = new FrameSource(transport, MAXIMUM_TOKEN);
    const facts = await this.#phase("handshake", () => exchange.complete(transport, source));
    this.#agreed = facts;
    this.#step("server", "verified the service's token (AP-REP)");
    const stream = new GssStream({
      transport,
      source,
      context: exchange.context,
      encrypts: facts.flags.includes("confidentiality"),
      acceptsSigned: this.#to.transport?.protection === "integrity",
    });
    this.#stream = stream;
    return this.#prove(new ChannelConnection(stream, this.#to, stream), exchange, facts);
  }

  /** The first request inside: bodiless, and its answer must be no rejection. */
  async #prove(connection: ChannelConnection, exchange: GssExchange, facts: GssFacts): Promise<Channel> {
    const { client } = this.#to;
    if (client.method !== "kerberos")
      throw new Refusal("spn.invalid", { fault: "this transport knows Kerberos alone" });
    const request = connection.request.bind(connection);
    const { statusCode: status = 500 } = await this.#phase("probe", (signal) =>
      head({ request }, client.probe, signal),
    );
    if (isRejection(status)) {
      const fault = "the service does not accept the user";
      throw new Refusal("client.rejected", {
        value: `HTTP ${status}`,
        fault,
        expected: "an answer that is no rejection",
      });
    }
    this.#step("server", "accepted the first request inside");
    const { clock } = this.#tools;
    this.#evidence.push(...exchange.evidence(facts, status, this.#to, clock()));
    if (!connection.open) throw (await connection.ended) ?? connection.whyEnded;
    const verdict = decide(this.#evidence, this.#to, clock());
    if (verdict.kind === "refused") {
      const { formula, sentence } = verdict.missing;
      throw new Refusal(verdict.code, { value: formula, fault: verdict.fault, expected: sentence });
    }
    this.#timings.total = performance.now() - this.#began;
    return new ProvedChannel({
      connection,
      expectation: this.#to,
      verdict,
      evidence: Object.freeze([...this.#evidence]),
      facts: this.#facts(),
      clock,
    });
  }

  async #locate(): Promise<void> {
    if (this.#to.server.lookup === undefined) return;
    const { locator } = this.#tools;
    const { expectation, evidence } = await this.#phase("locate", (signal) => locator.locate(this.#to, signal));
    this.#to = expectation;
    this.#evidence.push(evidence);
  }

  async #phase<T>(
    name: "locate" | "dial" | "handshake" | "probe",
    work: (signal: AbortSignal) => Promise<T>,
    late?: (value: T) => void,
  ): Promise<T> {
    const began = performance.now();
    try {
      return await this.#phases.run({ name, limit: this.#tools.limits[name] }, work, late);
    } finally {
      this.#timings[name] = (this.#timings[name] ?? 0) + performance.now() - began;
    }
  }

  #step(from: HandshakeStep["from"], name: string): void {
    this.#steps.push({ from, name, at: performance.now() - this.#began });
  }

  #facts(): ChannelFacts {
    const flags = this.#agreed?.flags;
    return {
      ...(flags === undefined ? {} : { wrapping: flags.includes("confidentiality") ? "confidentiality" : "integrity" }),
      steps: [...this.#steps],
      timings: { ...this.#timings },
    };
  }

  #unexpected(error: unknown): Refusal {
    const fault = error instanceof Error ? error.message : String(error);
    const code = this.#transport === undefined ? "network.unreachable" : "network.closed";
    return new Refusal(code, { fault, expected: "an open connection" }, { cause: error });
  }

  #discard(why: Refusal): void {
    this.#timings.total = performance.now() - this.#began;
    this.#stream?.destroy(why);
    this.#exchange?.context.dispose();
    this.#transport?.destroy();
  }
}

function discardLate(transport: Duplex): void {
  transport.on("error", () => {});
  transport.destroy();
}
