/**
 * Whether a server verifies the client's proof that it asks for. Nothing on a channel can show that, so it is tried:
 * over channels on which the server has proved its key, with no certificate and with one that nobody issued.
 */
import type { Authenticator, Credentials, UnprovenChannel } from "../auth/authenticator.ts";
import { probe } from "../auth/certificate.ts";
import { factsOf } from "../auth/channel-refusal.ts";
import { createOpener, type OpenerParts } from "../auth/opener.ts";
import { serverCertificateAuthenticator } from "../auth/server-certificate.ts";
import type { Expectation } from "../core/expectation.ts";
import { isRejection } from "../core/probe-answer.ts";
import { Refusal } from "../core/refusal.ts";
import { foreignCertificate } from "./foreign-certificate.ts";

export interface OfferResult {
  readonly outcome: "refused" | "accepted" | "inconclusive";
  /** The server's answer, or what kept it from being heard. */
  readonly how: string;
}

export interface ServerVerifies {
  readonly answer: "yes" | "no" | "not tested";
  readonly withoutCertificate: OfferResult;
  readonly foreignCertificate: OfferResult;
}

type OfferParts = Pick<OpenerParts, "dialer" | "clock" | "limits">;

/** Offers our absence and a foreign certificate, one after the other. Both attempts end without a verdict. */
export async function serverVerifies(
  to: Expectation,
  parts: OfferParts,
  signal: AbortSignal,
): Promise<ServerVerifies | undefined> {
  if (to.client.method !== "certificate") return undefined;
  const without = await offer(undefined, to, parts, signal);
  const foreign = await offer(await foreignCertificate(to.client.issuer, parts.clock()), to, parts, signal);
  return { answer: answerOf([without, foreign]), withoutCertificate: without, foreignCertificate: foreign };
}

/** One acceptance is enough for "no"; "yes" needs both refusals to have been heard. */
export function answerOf(offers: readonly Pick<OfferResult, "outcome">[]): ServerVerifies["answer"] {
  if (offers.some(({ outcome }) => outcome === "accepted")) return "no";
  return offers.every(({ outcome }) => outcome === "refused") ? "yes" : "not tested";
}

async function offer(
  credentials: Credentials | undefined,
  to: Expectation,
  parts: OfferParts,
  signal: AbortSignal,
): Promise<OfferResult> {
  let heard: OfferResult | undefined;
  const offering: Authenticator = {
    method: "offer",
    applies: () => true,
    credentials: async () => credentials,
    async prove(channel, _now, during) {
      heard = await answerTo(channel, during);
      // No evidence: whatever the server answered, this channel is never authenticated.
      return [];
    },
  };
  const opener = createOpener({ ...parts, authenticators: [serverCertificateAuthenticator(), offering] });
  try {
    const channel = await opener.open(to, signal);
    channel.destroy();
    throw new Error("a channel without the client's proof was authenticated");
  } catch (error) {
    return heard ?? endedEarly(error);
  }
}

async function answerTo(channel: UnprovenChannel, signal: AbortSignal): Promise<OfferResult> {
  try {
    const status = await probe(channel, signal);
    return { outcome: isRejection(status) ? "refused" : "accepted", how: `HTTP ${status}` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const outcome = error.code === "client.rejected" ? "refused" : "inconclusive";
    return { outcome, how: error.detail.value ?? error.detail.fault };
  }
}

/** What ended an attempt before the probe: a refusal of ours by the server only once our flight has left. */
function endedEarly(error: unknown): OfferResult {
  if (!(error instanceof Refusal)) throw error;
  const left = factsOf(error)?.steps.some(({ name }) => name === "released second flight") === true;
  const byServer = ["tls.handshake", "client.rejected", "network.closed"].includes(error.code);
  const how = `${error.code}: ${error.detail.fault}`;
  return { outcome: left && byServer ? "refused" : "inconclusive", how };
}
