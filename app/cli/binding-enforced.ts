/**
 * Whether an acceptor enforces channel bindings: it is offered a token that is bound to another certificate than its
 * own. Only over a channel whose pin or anchor holds, and so only for that key: over any other the refusal itself could
 * be forged.
 */
import { randomBytes } from "node:crypto";
import type { Authenticator, UnprovenChannel } from "../auth/authenticator.ts";
import { endPointBinding } from "../auth/end-point.ts";
import type { GssPort } from "../auth/gss/port.ts";
import { head } from "../auth/negotiate.ts";
import { NegotiateExchange } from "../auth/negotiate-exchange.ts";
import { createOpener, type OpenerParts } from "../auth/opener.ts";
import { serverCertificateAuthenticator } from "../auth/server-certificate.ts";
import type { Expectation } from "../core/expectation.ts";
import { isRejection } from "../core/probe-answer.ts";
import { Refusal } from "../core/refusal.ts";

export interface BindingEnforced {
  readonly answer: "yes" | "no" | "not tested";
  /** The acceptor's answer to the wrong binding, or why none was heard. */
  readonly how: string;
}

type Parts = Pick<OpenerParts, "dialer" | "clock"> & { readonly gss: GssPort };

/** @returns undefined for a site without Kerberos */
export async function bindingEnforced(
  to: Expectation,
  parts: Parts,
  signal: AbortSignal,
): Promise<BindingEnforced | undefined> {
  const { service, pins, anchors } = to.server;
  // Without TLS there is nothing to bind to: the key of the exchange itself protects every message.
  if (service === undefined || to.client.method !== "kerberos" || to.transport !== undefined) return undefined;
  if (pins.length === 0 && anchors.length === 0) {
    return { answer: "not tested", how: "without pin or anchor anybody could have answered" };
  }
  let heard: BindingEnforced | undefined;
  const offering: Authenticator = {
    method: "offer",
    applies: () => true,
    async prove(channel, _now, during) {
      heard = await offer(channel, service.principal, parts.gss, during);
      // No evidence: whatever the server answered, this channel is never authenticated.
      return [];
    },
  };
  const authenticators = [serverCertificateAuthenticator(), offering];
  const opener = createOpener({ dialer: parts.dialer, clock: parts.clock, authenticators });
  try {
    const channel = await opener.open(to, signal);
    channel.destroy();
    throw new Error("a channel without the client's proof was authenticated");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return heard ?? { answer: "not tested", how: `${error.code}: ${error.detail.fault}` };
  }
}

/** A hash of no certificate: random, so that no server's can be the same. */
async function offer(
  channel: UnprovenChannel,
  principal: string,
  gss: GssPort,
  signal: AbortSignal,
): Promise<BindingEnforced> {
  const { client } = channel.expectation;
  const binding = endPointBinding(randomBytes(32));
  const exchange = await NegotiateExchange.begin({ gss, principal, delegate: false, binding });
  try {
    const path = client.method === "kerberos" ? client.probe : "/";
    const { statusCode: status = 500 } = await head(channel, path, signal, exchange.authorization);
    return { answer: isRejection(status) ? "yes" : "no", how: `HTTP ${status}` };
  } finally {
    exchange.abandon();
  }
}
