import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Evidence } from "../core/evidence.ts";
import type { ChannelExpectation, Expectation } from "../core/expectation.ts";
import { Refusal } from "../core/refusal.ts";
import { decide } from "../core/verdict.ts";
import type { Authenticator, Credentials } from "./authenticator.ts";
import { certificateFacts } from "./certificate-facts.ts";
import type { Channel, ChannelFacts, HandshakeStep, RequestGuard, Timings } from "./channel.ts";
import { ChannelConnection } from "./channel-connection.ts";
import { nextChannelId } from "./channel-id.ts";
import { ChannelRefusal } from "./channel-refusal.ts";
import { showsIdentity } from "./client-flight.ts";
import { handshakeEvidence } from "./handshake-evidence.ts";
import { HeldConnection } from "./held-connection.ts";
import type { OpenerTools } from "./opener.ts";
import { type Phase, Phases, timedOut } from "./phase.ts";
import { ProvedChannel } from "./proved-channel.ts";
import type { HeldHandshake } from "./tap.ts";

/** The one attempt to open one channel. */
export class Opening {
  readonly #tools: OpenerTools;
  #to: ChannelExpectation;
  readonly #phases: Phases;
  readonly #signal: AbortSignal;
  readonly #authenticators: readonly Authenticator[];
  readonly #evidence: Evidence[] = [];
  readonly #steps: HandshakeStep[] = [];
  readonly #timings: Timings = {};
  #began = performance.now();
  #credentials: Credentials | undefined;
  #transport: Duplex | undefined;
  #tls: HeldConnection | undefined;
  #connection: ChannelConnection | undefined;
  #held: HeldHandshake | undefined;
  #guard: RequestGuard | undefined;

  constructor(tools: OpenerTools, to: Expectation, signal: AbortSignal) {
    this.#tools = tools;
    this.#to = { ...to, channel: nextChannelId() };
    this.#phases = new Phases(signal);
    this.#signal = signal;
    this.#authenticators = tools.authenticators.filter((authenticator) => authenticator.applies(this.#to));
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
    await this.#findCredentials();
    await this.#locate();
    const secureContext = this.#tools.contexts.for(this.#credentials);
    this.#began = performance.now();
    this.#phases.begin(this.#phaseOf("open"));
    const transport = await this.#phase("dial", (signal) => this.#tools.dialer.dial(this.#to, signal), discardLate);
    this.#transport = transport;
    const tls = new HeldConnection({
      transport,
      host: this.#to.host,
      secureContext,
      provesClient: this.#credentials !== undefined,
      step: (from, name, note) => this.#step(from, name, note),
    });
    this.#tls = tls;
    const held = await this.#phase("handshake", () => tls.held()).catch((error) => this.#nameFault(tls, error));
    this.#held = held;
    this.#judge(held, tls);
    await this.#phase("handshake", () => tls.release(held));
    this.#connection = new ChannelConnection(tls.socket, this.#to, tls);
    this.#recordHandshake(held);
    await this.#prove(this.#connection, held);
    return await this.#conclude(this.#connection);
  }

  async #findCredentials(): Promise<void> {
    try {
      for (const authenticator of this.#authenticators) {
        this.#credentials ??= await authenticator.credentials?.(this.#to, this.#tools.clock());
      }
    } catch (error) {
      if (error instanceof Refusal) throw error;
      const fault = error instanceof Error ? error.message : String(error);
      throw new Refusal("client.identity-unsupported", { fault, expected: "an identity that can be used" });
    }
    if (this.#signal.aborted) throw new Refusal("verdict.cancelled", { fault: "given up before the dial" });
  }

  /** Where a directory names the service: asks it, before anybody is dialled. */
  async #locate(): Promise<void> {
    if (this.#to.server.lookup === undefined) return;
    const { expectation, evidence } = await this.#phase("locate", (signal) =>
      this.#tools.locator.locate(this.#to, signal),
    );
    this.#to = expectation;
    this.#evidence.push(evidence);
  }

  /**
   * The TLS library has standards of its own and says little when it turns a server down. Our judgement of what the
   * server showed so far may know the reason; it can only replace one refusal by another.
   */
  #nameFault(tls: HeldConnection, error: unknown): never {
    const { shown } = tls;
    if (shown === undefined || !(error instanceof Refusal) || error.code !== "tls.handshake") throw error;
    for (const authenticator of this.#authenticators) {
      try {
        authenticator.judgeServer?.(shown, this.#to, this.#tools.clock());
      } catch (fault) {
        if (fault instanceof Refusal && fault.code.startsWith("server.")) throw fault;
      }
    }
    throw error;
  }

  /** Nothing of ours but the ClientHello has left; what is found wanting here never will. */
  #judge(held: HeldHandshake, tls: HeldConnection): void {
    const began = performance.now();
    const { impostors } = this.#tools;
    const now = this.#tools.clock();
    const address = this.#transport instanceof Socket ? this.#transport.remoteAddress : undefined;
    const server = { flight: held.server, verified: tls.verifiedLeaf, to: this.#to, address, now };
    try {
      for (const authenticator of this.#authenticators) {
        this.#evidence.push(...(authenticator.judgeServer?.(held.server, this.#to, now) ?? []));
      }
      impostors?.passed(server, this.#evidence);
    } catch (error) {
      throw error instanceof Refusal && impostors ? impostors.refused(server, error) : error;
    }
    this.#refuseWrongFlight(held);
    this.#timings.judge = performance.now() - began;
    this.#step("client", "judged the server");
    const phase = this.#phaseOf("judge");
    if (this.#timings.judge > phase.limit) throw timedOut(phase);
  }

  /** What the TLS library is about to show must be what was decided on: this identity, signed for, or nothing. */
  #refuseWrongFlight({ client, server }: HeldHandshake): void {
    const offered = server.certificateRequested ? this.#credentials : undefined;
    if (offered === undefined && client.certificates.length > 0) {
      throw new Refusal("client.identity-unsupported", { fault: "an identity that was not offered would be shown" });
    }
    if (offered !== undefined && !showsIdentity(client, offered.facts.fingerprint)) {
      throw new Refusal("client.identity-unsupported", {
        value: `${offered.key.asymmetricKeyType ?? "unknown"} key`,
        fault: "the TLS library left the identity out: no signature algorithm that the server takes fits its key",
        expected: "a key that can sign for this server",
      });
    }
  }

  /** The handshake is over: the library has verified the server's signature and its Finished. */
  #recordHandshake({ server }: HeldHandshake): void {
    this.#evidence.push(...handshakeEvidence(server, this.#to, this.#tools.clock()));
  }

  async #prove(connection: ChannelConnection, held: HeldHandshake): Promise<void> {
    const identity = this.#credentials?.facts;
    for (const authenticator of this.#authenticators) {
      if (authenticator.prove === undefined) continue;
      const channel = {
        expectation: this.#to,
        flight: held.server,
        sent: held.client,
        ...(identity === undefined ? {} : { identity }),
        evidence: [...this.#evidence],
        request: connection.request.bind(connection),
      };
      const prove = authenticator.prove.bind(authenticator);
      const proof = await this.#phase("probe", (signal) => prove(channel, this.#tools.clock, signal));
      this.#evidence.push(...("evidence" in proof ? proof.evidence : proof));
      if ("guard" in proof) this.#guard = proof.guard;
    }
  }

  async #conclude(connection: ChannelConnection): Promise<Channel> {
    const { clock } = this.#tools;
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
      ...(this.#guard === undefined ? {} : { guard: this.#guard }),
    });
  }

  async #phase<T>(
    name: "locate" | "dial" | "handshake" | "probe",
    work: (signal: AbortSignal) => Promise<T>,
    late?: (value: T) => void,
  ): Promise<T> {
    const began = performance.now();
    try {
      return await this.#phases.run(this.#phaseOf(name), work, late);
    } finally {
      this.#timings[name] = (this.#timings[name] ?? 0) + performance.now() - began;
    }
  }

  #phaseOf(name: Phase["name"]): Phase {
    return { name, limit: this.#tools.limits[name] };
  }

  #step(from: HandshakeStep["from"], name: string, note?: string): void {
    const at = performance.now() - this.#began;
    this.#steps.push(note === undefined ? { from, name, at } : { from, name, at, note });
  }

  #facts(): ChannelFacts {
    const server = this.#held?.server ?? this.#tls?.shown;
    const leaf = server?.certificates[0];
    const alpn = this.#tls?.socket.alpnProtocol;
    const identity = this.#credentials?.facts;
    return {
      ...(server === undefined ? {} : { protocol: server.protocol, cipher: server.cipher }),
      ...(typeof alpn === "string" ? { alpn } : {}),
      ...(leaf === undefined ? {} : shownCertificate(leaf)),
      ...(identity === undefined ? {} : { identity }),
      steps: [...this.#steps],
      timings: { ...this.#timings },
    };
  }

  /** Whatever is thrown refuses the channel; what throws anything but a Refusal has a fault of its own. */
  #unexpected(error: unknown): Refusal {
    const fault = error instanceof Error ? error.message : String(error);
    const code = this.#transport === undefined ? "network.unreachable" : "network.closed";
    return new Refusal(code, { fault, expected: "an open connection" }, { cause: error });
  }

  #discard(why: Refusal): void {
    this.#timings.total = performance.now() - this.#began;
    this.#connection?.destroy(why);
    this.#tls?.destroy(why);
    this.#transport?.destroy();
  }
}

function discardLate(transport: Duplex): void {
  transport.on("error", () => {});
  transport.destroy();
}

/** The certificate may be what was refused, and unreadable. */
function shownCertificate(leaf: Buffer): Pick<ChannelFacts, "serverCertificate"> {
  try {
    return { serverCertificate: certificateFacts(leaf) };
  } catch {
    return {};
  }
}
