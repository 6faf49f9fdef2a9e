import type { IncomingMessage } from "node:http";
import type { ClientAcceptedEvidence, ClientProofEvidence, Evidence } from "../core/evidence.ts";
import type { ChannelExpectation } from "../core/expectation.ts";
import { answersNoRequest, isRejection } from "../core/probe-answer.ts";
import { Refusal } from "../core/refusal.ts";
import type { Keystore } from "../keystore/identity.ts";
import type { Authenticator, Credentials, ServerFlight, UnprovenChannel } from "./authenticator.ts";
import { showsIdentity } from "./client-flight.ts";
import { libraryAlert, rejectedIdentity } from "./handshake-failure.ts";
import { PROOF_LIFETIME } from "./proof-lifetime.ts";

/**
 * Proves the client by its certificate: requested by the server, sent on this channel with a signature, and followed
 * by an answer to a bodiless probe that is no rejection. A server may finish the handshake with a client whose
 * certificate it turns down (nginx does) and say so in HTTP alone; nothing less than the answer counts.
 */
export function certificateAuthenticator(options: { readonly keystore: Pick<Keystore, "select"> }): Authenticator {
  return {
    method: "certificate",
    applies: (to) => to.client.method === "certificate",
    credentials: (to, now) => selectCredentials(options.keystore, to, now),
    judgeServer: (flight, to, now) => [requested(flight, to, now)],
    prove: proveClient,
  };
}

/** @throws Refusal `client.no-identity`, `keystore.*` */
async function selectCredentials(
  keystore: Pick<Keystore, "select">,
  to: ChannelExpectation,
  now: number,
): Promise<Credentials | undefined> {
  if (to.client.method !== "certificate") return undefined;
  const { subject, issuer, notAfter, fingerprint, chain, key } = await keystore.select(to.client.issuer, now);
  return { facts: { subject, issuer, notAfter, fingerprint }, chain: chain.join("\n"), key };
}

/** Runs after the server has been judged and before anything of ours leaves. @throws Refusal `client.not-requested` */
function requested(flight: ServerFlight, to: ChannelExpectation, now: number): Evidence {
  if (!flight.certificateRequested) {
    throw new Refusal("client.not-requested", {
      value: to.origin,
      fault: "the server did not ask for a certificate in its handshake",
      expected: "a CertificateRequest",
    });
  }
  return { kind: "client.requested", ...about(to, now) };
}

async function proveClient(
  channel: UnprovenChannel,
  now: () => number,
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  const proof = sentProof(channel, now());
  const status = await probe(channel, signal);
  if (isRejection(status)) throw rejectedIdentity(`HTTP ${status}`, undefined);
  const accepted: ClientAcceptedEvidence = { kind: "client.accepted", ...about(channel.expectation, now()), status };
  return [proof, accepted];
}

/** @throws Refusal `client.identity-unsupported` when the TLS library left our certificate or its signature out */
function sentProof(channel: UnprovenChannel, at: number): ClientProofEvidence {
  const { identity, sent, flight, expectation } = channel;
  if (identity === undefined || !showsIdentity(sent, identity.fingerprint)) {
    throw new Refusal("client.identity-unsupported", { fault: "the identity was not shown on this channel" });
  }
  const expires = Math.min(at + PROOF_LIFETIME, Date.parse(identity.notAfter));
  return {
    kind: "client.proof",
    ...about(expectation, at),
    expires,
    identity: identity.fingerprint,
    transcript: flight.transcript,
  };
}

/**
 * Asks for the head of the probe's path, naming the origin and nothing else. A redirect is an answer; it is not
 * followed. @returns the status @throws Refusal `client.rejected`, `server.protocol`
 */
export async function probe(channel: UnprovenChannel, signal: AbortSignal): Promise<number> {
  const { client } = channel.expectation;
  const path = client.method === "certificate" ? client.probe : "/";
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = channel.request({ method: "HEAD", path, signal });
      request.once("response", resolve);
      request.once("upgrade", (answer, socket) => {
        socket.destroy();
        reject(
          new Refusal("server.protocol", { value: `HTTP ${answer.statusCode}`, fault: "an upgrade not asked for" }),
        );
      });
      request.on("error", reject);
      request.end();
    });
    await ended(response);
    const status = response.statusCode ?? 500;
    if (answersNoRequest(status)) {
      throw new Refusal("server.protocol", { value: `HTTP ${status}`, fault: "an answer that stands for no request" });
    }
    return status;
  } catch (error) {
    throw probeFailure(error);
  }
}

function ended(response: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    response.once("end", resolve);
    response.once("error", reject);
    response.once("close", () => reject(new Error("the answer was cut off")));
    response.resume();
  });
}

/** In TLS 1.3 the server's alert to our certificate arrives only now; many servers just close. */
function probeFailure(error: unknown): unknown {
  if (error instanceof Refusal && error.code !== "network.closed") return error;
  if (error instanceof Error && "code" in error) {
    if (error.code === "ABORT_ERR") return error;
    if (String(error.code).startsWith("HPE_")) {
      const detail = { value: String(error.code), fault: "the answer to the probe is not well-formed HTTP" };
      return new Refusal("server.protocol", detail, { cause: error });
    }
  }
  return rejectedIdentity(libraryAlert(error) ?? "connection closed", error);
}

function about(to: ChannelExpectation, at: number) {
  return { channel: to.channel, site: to.site, origin: to.origin, at, expires: at + PROOF_LIFETIME };
}
