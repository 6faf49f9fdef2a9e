import type { TLSSocket } from "node:tls";
import { directoryUrl } from "../../core/beliefs/directory.ts";
import type { ChannelId, Evidence, Pin } from "../../core/evidence.ts";
import type { ChannelExpectation, DirectoryLookup } from "../../core/expectation.ts";
import type { ReasonCode } from "../../core/reasons.ts";
import { Refusal } from "../../core/refusal.ts";
import { decide } from "../../core/verdict.ts";
import { certificateFacts } from "../certificate-facts.ts";
import type { Dialer } from "../channel.ts";
import { nextChannelId } from "../channel-id.ts";
import { handshakeEvidence } from "../handshake-evidence.ts";
import { HeldConnection } from "../held-connection.ts";
import { judgeServer } from "../judge-server.ts";
import { SecureContexts } from "../tls-policy.ts";

export interface DirectoryTools {
  readonly dialer: Dialer;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** A TLS connection to a directory that has proved itself, on which nothing has been said yet. */
export interface DirectoryConnection {
  readonly socket: TLSSocket;
  readonly channel: ChannelId;
  /** The key that it proved. */
  readonly key: Pin;
  /** When its proofs run out, milliseconds since the epoch. */
  readonly lapsesAt: number;
}

const contexts = new SecureContexts();

/**
 * Opens TLS to the directory of a site, judges it as strictly as any server (pins, anchors, name, dates; no
 * resumption, no renegotiation) and asks for its verdict before a byte of LDAP is written.
 * @param signal its reason is the Refusal that an attempt given up ends with
 * @throws Refusal `directory.untrusted`, `directory.unreachable`
 */
export async function openDirectory(
  lookup: DirectoryLookup,
  site: string,
  { dialer, clock }: DirectoryTools,
  signal: AbortSignal,
): Promise<DirectoryConnection> {
  const to = expectationOf(lookup, site);
  let tls: HeldConnection | undefined;
  const abort = () => tls?.destroy(signal.reason);
  try {
    const transport = await dialer.dial(to, signal);
    tls = new HeldConnection({
      transport,
      host: to.host,
      secureContext: contexts.for(undefined),
      provesClient: false,
      step: () => {},
      application: "ldap",
    });
    signal.addEventListener("abort", abort, { once: true });
    signal.throwIfAborted();
    return await proved(tls, to, clock);
  } catch (error) {
    tls?.destroy();
    throw named(error, to);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function proved(tls: HeldConnection, to: ChannelExpectation, clock: () => number): Promise<DirectoryConnection> {
  const held = await tls.held();
  const judged = judgeServer(held.server, to, clock());
  await tls.release(held);
  const evidence: readonly Evidence[] = [...judged, ...handshakeEvidence(held.server, to, clock())];
  const verdict = decide(evidence, to, clock());
  if (verdict.kind === "refused") throw new Refusal(verdict.code, { fault: verdict.fault });
  const [leaf] = held.server.certificates;
  if (leaf === undefined) throw new Refusal("server.possession", { fault: "the directory showed no certificate" });
  return { socket: tls.socket, channel: to.channel, key: certificateFacts(leaf).pin, lapsesAt: verdict.lapsesAt };
}

/** Whom the client expects there: known by pins of its own, and never told who the user is. */
function expectationOf(lookup: DirectoryLookup, site: string): ChannelExpectation {
  const { host, port, addresses, pins, anchors } = lookup;
  return {
    channel: nextChannelId(),
    site,
    origin: directoryUrl(lookup),
    host,
    port,
    ...(addresses === undefined ? {} : { addresses }),
    role: "directory",
    server: { pins, anchors },
    client: { method: "none" },
  };
}

/** One code for each thing that IT can do; the details have the cause. */
function named(error: unknown, { origin }: ChannelExpectation): Refusal {
  const cause = error instanceof Refusal ? error : undefined;
  if (cause?.code.startsWith("directory.")) return cause;
  const code: ReasonCode =
    cause === undefined || cause.code.startsWith("network.") ? "directory.unreachable" : "directory.untrusted";
  const fault = error instanceof Error ? error.message : String(error);
  const expected = cause?.detail.expected;
  return new Refusal(
    code,
    {
      value: cause?.detail.value === undefined ? origin : `${origin}: ${cause.detail.value}`,
      fault: cause === undefined ? fault : `${cause.code}: ${cause.detail.fault}`,
      ...(expected === undefined ? {} : { expected }),
    },
    { cause: error, evidence: cause?.evidence ?? [] },
  );
}
