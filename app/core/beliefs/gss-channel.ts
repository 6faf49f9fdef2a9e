/**
 * A channel without TLS in the logic: its key is the one that the Kerberos exchange agreed on, and each of its messages
 * is wrapped with it. The AP-REP says for which service; nothing else of the connection is believed.
 */
import type { Evidence, Fingerprint } from "../evidence.ts";
import type { ChannelExpectation } from "../expectation.ts";
import { namedByDirectory } from "./directory.ts";
import type { Premise } from "./facts.ts";
import { believes, both, controls, datum, type Formula, means } from "./formula.ts";
import { answered, apRep, authenticator, isService, keyDistribution } from "./kerberos.ts";
import { shorten } from "./print.ts";
import { C, channelKey, keyName, S } from "./vocabulary.ts";

type ProtectionEvidence = Extract<Evidence, { kind: "gss.protection" }>;

/** Flags without which messages could be read, altered, repeated or put into another order unnoticed. */
export function flagsNeeded(protection: ProtectionEvidence["protection"]): readonly string[] {
  const always = ["mutual", "integrity", "replay", "sequence"];
  return protection === "integrity" ? always : [...always, "confidentiality"];
}

/** The messages of this channel are protected by the context of this exchange. */
export function protectedBy(exchange: Fingerprint, channel: string): Formula {
  const text = `the messages of this channel are wrapped by the exchange ${shorten(exchange)}`;
  return believes(C, datum(`wraps(${shorten(exchange)}, ${keyName(channel)})`, [exchange, channel], text));
}

export function protectionStatements(
  { protection, flags, exchange }: ProtectionEvidence,
  { transport, channel }: ChannelExpectation,
): readonly { readonly formula: Formula; readonly sentence: string }[] {
  if (transport === undefined || !flagsNeeded(transport.protection).every((flag) => flags.includes(flag))) return [];
  const how = protection === "confidentiality" ? "signed and encrypted" : "signed, not encrypted";
  return [
    {
      formula: protectedBy(exchange, channel),
      sentence: `Every message of this channel is ${how} with the key of the exchange ${shorten(exchange)}.`,
    },
  ];
}

/** The declared premises of an exchange whose key is the channel's. */
export function gssPremises(exchange: Fingerprint, to: ChannelExpectation): readonly Premise[] {
  const { service } = to.server;
  if (service === undefined || to.transport === undefined) return [];
  const { principal } = service;
  const key = channelKey(to);
  const agreed = [protectedBy(exchange, to.channel), ...namedByDirectory(to)];
  return [
    ...keyDistribution(exchange, principal, to),
    {
      formula: believes(C, means(apRep(exchange), agreed, both(authenticator(exchange), isService(to, principal)))),
      sentence:
        "A service whose AP-REP verifies shares the key of the exchange, which wraps this channel's messages, with this client alone.",
      basis: "assumption",
      source: "RFC 4120 §3.2.4, §5.5.2; RFC 4121 §2, §4.2",
    },
    {
      formula: believes(C, controls(S, key)),
      sentence: "The service is competent to say so: it has the ticket's key from the KDC and keeps it to itself.",
      basis: "assumption",
      source: "RFC 4120 §1.1; profile: transport gss",
    },
    {
      formula: believes(
        C,
        means(
          answered(exchange),
          [believes(C, believes(S, isService(to, principal)))],
          both(authenticator(exchange), believes(C, key)),
        ),
      ),
      sentence:
        "When this service has taken the user's ticket and then answers, it has authenticated the user on this channel.",
      basis: "assumption",
      source: "profile: client.method kerberos; RFC 4120 §3.2.3",
    },
  ];
}
