import type { IncomingMessage } from "node:http";
import type { Evidence } from "../core/evidence.ts";
import type { ChannelExpectation } from "../core/expectation.ts";
import { Refusal } from "../core/refusal.ts";
import type { Authenticator, Proof, UnprovenChannel } from "./authenticator.ts";
import { certificateFacts } from "./certificate-facts.ts";
import type { RequestGuard } from "./channel.ts";
import { endPointBinding, tlsServerEndPoint } from "./end-point.ts";
import type { GssPort } from "./gss/port.ts";
import { type ExchangeOptions, NegotiateExchange } from "./negotiate-exchange.ts";

/**
 * Proves both sides by Kerberos (RFC 4559), on a channel whose server has already been recognised by pin or anchor, or
 * whose acceptor enforces channel bindings: a bodiless request carries our token, and its answer must carry the
 * server's. Browsers skip that half.
 */
export function negotiateAuthenticator(options: { readonly gss: GssPort }): Authenticator {
  return {
    method: "kerberos",
    applies: (to) => to.client.method === "kerberos",
    prove: (channel, now, signal) => prove(options.gss, channel, now, signal),
  };
}

async function prove(gss: GssPort, channel: UnprovenChannel, now: () => number, signal: AbortSignal): Promise<Proof> {
  const { client, server, origin } = channel.expectation;
  const [leaf] = channel.flight.certificates;
  if (client.method !== "kerberos" || server.service === undefined || leaf === undefined) {
    throw new Refusal("spn.invalid", { value: origin, fault: "no service name was composed for this site" });
  }
  const { principal, binding } = server.service;
  refuseUnrecognised(channel, binding);
  const endPoint = tlsServerEndPoint(leaf);
  if (endPoint === undefined && binding === "enforced") {
    throw new Refusal("kerberos.binding", {
      fault: "the certificate's signature names no single hash (RFC 5929 §4.1)",
    });
  }
  const options = { gss, principal, delegate: false, binding: endPoint && endPointBinding(endPoint) };
  const { exchange, status } = await prime(channel, options, client.probe, signal);
  const evidence = evidenceOf(exchange, status, leaf, endPoint, channel.expectation, now());
  // Only a service that has proved itself on this channel is given the user's own ticket.
  const full = { ...options, delegate: client.delegate, ...initiatorOf(exchange) };
  if (client.delegate) await prime(channel, full, client.probe, signal);
  return (await knowsConnection(channel, client.probe, signal)) ? { evidence } : { evidence, guard: guardOf(full) };
}

/** A token is a login for whoever gets it: none is made for a server that nothing but its answer could identify. */
function refuseUnrecognised({ evidence, expectation }: UnprovenChannel, binding: "enforced" | "unknown"): void {
  const recognised = evidence.some(({ kind }) => kind === "server.pin" || kind === "server.chain");
  if (recognised || binding === "enforced") return;
  throw new Refusal("server.pin-mismatch", {
    value: expectation.origin,
    fault: "neither a pin nor an anchor has held on this channel",
    expected: "a recognised server before the user's ticket is shown",
  });
}

function initiatorOf({ facts }: NegotiateExchange): { readonly initiator?: string } {
  return facts === undefined ? {} : { initiator: facts.initiator };
}

/** One bodiless request with our token; its answer has verified when this returns. */
async function prime(
  channel: UnprovenChannel,
  options: ExchangeOptions,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly exchange: NegotiateExchange; readonly status: number }> {
  const exchange = await NegotiateExchange.begin(options);
  try {
    const answer = await head(channel, path, signal, exchange.authorization);
    const status = answer.statusCode ?? 500;
    await exchange.verifyAccepted(status, answer.rawHeaders);
    return { exchange, status };
  } finally {
    exchange.abandon();
  }
}

/** Whether the server knows the connection, and not only the request: it answers the next one without a token. */
async function knowsConnection(channel: UnprovenChannel, path: string, signal: AbortSignal): Promise<boolean> {
  const { statusCode } = await head(channel, path, signal);
  return statusCode !== 401;
}

function guardOf(options: ExchangeOptions): RequestGuard {
  return { pass: () => NegotiateExchange.begin(options) };
}

/** A bodiless request to the origin, with our token or without. @throws Refusal `server.protocol`, `network.closed` */
export function head(
  channel: Pick<UnprovenChannel, "request">,
  path: string,
  signal: AbortSignal,
  authorization?: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = channel.request({
      method: "HEAD",
      path,
      signal,
      ...(authorization === undefined ? {} : { headers: { authorization } }),
    });
    request.once("response", (response) => {
      response.once("end", () => resolve(response));
      response.once("error", reject);
      response.once("close", () => reject(new Refusal("network.closed", { fault: "the answer was cut off" })));
      response.resume();
    });
    request.once("upgrade", (_answer, socket) => {
      socket.destroy();
      reject(new Refusal("server.protocol", { fault: "an upgrade not asked for" }));
    });
    request.on("error", (error) => reject(unreadable(error) ?? error));
    request.end();
  });
}

/** Faults that Node's parser (llhttp) finds, such as a header that is too large. */
function unreadable(error: Error): Refusal | undefined {
  if (!("code" in error) || !String(error.code).startsWith("HPE_")) return undefined;
  return new Refusal("server.protocol", { fault: error.message, expected: "an HTTP answer" }, { cause: error });
}

/** The context's lifetime limits the verdict. */
function evidenceOf(
  { facts, fingerprint: exchange }: NegotiateExchange,
  status: number,
  leaf: Buffer,
  endPoint: Buffer | undefined,
  { channel, site, origin }: ChannelExpectation,
  at: number,
): readonly Evidence[] {
  if (facts === undefined) throw new Refusal("server.no-mutual-token", { fault: "the exchange was not verified" });
  const { expires, initiator, target: principal, mechanism, flags } = facts;
  const about = { channel, site, origin, at, expires, exchange };
  const bound: readonly Evidence[] =
    endPoint === undefined
      ? []
      : [
          {
            ...about,
            kind: "kerberos.binding",
            certificate: certificateFacts(leaf).fingerprint,
            endPoint: endPoint.toString("hex"),
          },
        ];
  return [
    { ...about, kind: "kerberos.ticket", principal, initiator },
    { ...about, kind: "kerberos.mutual", principal, mechanism, flags },
    ...bound,
    { ...about, kind: "kerberos.accepted", status },
  ];
}
