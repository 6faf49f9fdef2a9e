/**
 * Kerberos in the logic (BAN §4 treats it): the KDC has jurisdiction over the ticket's key, the authenticator is
 * fresh, the AP-REP shows that the service took it. What ties that to the channel is the pin or anchor under which the
 * AP-REP arrived or, where IT states that the acceptor enforces it, the channel binding.
 */
import type { Evidence, Fingerprint, Pin } from "../evidence.ts";
import type { ChannelExpectation } from "../expectation.ts";
import { namedByDirectory } from "./directory.ts";
import type { Premise } from "./facts.ts";
import {
  believes,
  both,
  controls,
  type Datum,
  datum,
  encrypted,
  type Formula,
  fresh,
  means,
  publicKey,
  sees,
  sharedKey,
} from "./formula.ts";
import { shorten } from "./print.ts";
import { C, channelKey, dates, greetings, KDC, keyName, names, S } from "./vocabulary.ts";

/** Kerberos 5 as a GSS-API mechanism (RFC 4121 §1). */
export const KERBEROS_MECHANISM = "1.2.840.113554.1.2.2";

/** The key that the user's sign-in left between this client and the KDC. */
const LOGON_KEY = "K:logon";

function ticketSecret(exchange: Fingerprint): string {
  return `K:ticket:${shorten(exchange)}:${exchange}`;
}

export function ticketKey(exchange: Fingerprint): Formula {
  return sharedKey(C, ticketSecret(exchange), S);
}

function ticketTimes(exchange: Fingerprint): Datum {
  return datum(`times(ticket:${shorten(exchange)})`, [exchange], "the ticket is within its lifetime");
}

/** The authenticator of this exchange, with its time and sequence number (RFC 4120 §5.5.1). */
export function authenticator(exchange: Fingerprint): Datum {
  return datum(`authenticator:${shorten(exchange)}`, [exchange], `the exchange ${shorten(exchange)} takes place`);
}

/** The server's AP-REP to it. */
export function apRep(exchange: Fingerprint): Datum {
  return datum(`AP-REP:${shorten(exchange)}`, [exchange], `the exchange ${shorten(exchange)} is answered`);
}

/** The server's answer to the request that carried this exchange's token, which was no rejection. */
export function answered(exchange: Fingerprint): Datum {
  const text = `the request of the exchange ${shorten(exchange)} is answered and not rejected`;
  return datum(`accepted:${shorten(exchange)}`, [exchange], text);
}

/** The AP-REP came by this channel, and not by another. */
function arrived(exchange: Fingerprint, channel: string): Formula {
  const text = `the answer to the exchange ${shorten(exchange)} arrived on this channel`;
  return believes(C, datum(`arrived(AP-REP:${shorten(exchange)}, ${keyName(channel)})`, [exchange, channel], text));
}

/** The authenticator carries the hash of the certificate that this client saw. */
export function bound(certificate: Fingerprint, exchange: Fingerprint): Formula {
  const text = `the exchange ${shorten(exchange)} is bound to the certificate ${shorten(certificate)}`;
  return believes(C, datum(`bound(cert:${shorten(certificate)})`, [certificate, exchange], text));
}

/** Whoever shares the channel's key with this client is the service of this name. */
export function isService(to: Pick<ChannelExpectation, "channel">, principal: string): Formula {
  const name = datum(`service ${principal}`, [principal], `it is the service ${principal}`);
  return both(name, channelKey(to));
}

interface Statement {
  readonly formula: Formula;
  readonly sentence: string;
}

type Of<K extends Evidence["kind"]> = Extract<Evidence, { kind: K }>;

export function ticketStatements(
  { principal, initiator, exchange }: Of<"kerberos.ticket">,
  { server }: ChannelExpectation,
): readonly Statement[] {
  if (server.service?.principal !== principal) return [];
  return [
    {
      formula: sees(C, encrypted(both(ticketTimes(exchange), ticketKey(exchange)), LOGON_KEY)),
      sentence: `The KDC gave ${initiator} a ticket and a key for ${principal}.`,
    },
    { formula: believes(C, fresh(ticketTimes(exchange))), sentence: "The ticket is within its lifetime." },
    {
      formula: believes(C, fresh(authenticator(exchange))),
      sentence: "This client has just made the authenticator of this exchange.",
    },
  ];
}

export function mutualStatements(
  { principal, mechanism, flags, exchange }: Of<"kerberos.mutual">,
  to: ChannelExpectation,
): readonly Statement[] {
  const expected = to.server.service?.principal === principal && mechanism === KERBEROS_MECHANISM;
  if (!expected || !flags.includes("mutual")) return [];
  return [
    {
      formula: sees(C, encrypted(apRep(exchange), ticketSecret(exchange))),
      sentence: `The answer to the ticket verified with the key of ${principal} (AP-REP, mutual flag returned).`,
    },
    { formula: arrived(exchange, to.channel), sentence: "That answer arrived on this channel." },
  ];
}

export function bindingStatements({ certificate, endPoint, exchange }: Of<"kerberos.binding">): readonly Statement[] {
  return [
    {
      formula: bound(certificate, exchange),
      sentence: `The exchange carried the end point ${shorten(endPoint)} of the server's certificate (tls-server-end-point).`,
    },
  ];
}

export function acceptedStatements(
  { status, exchange }: Of<"kerberos.accepted">,
  { channel }: ChannelExpectation,
): readonly Statement[] {
  return [
    {
      formula: sees(C, encrypted(answered(exchange), keyName(channel))),
      sentence: `The server answered the request that carried the ticket with status ${status}.`,
    },
  ];
}

function assumption(formula: Formula, sentence: string, source: string): Premise {
  return { formula, sentence, basis: "assumption", source };
}

/** Where the service's name comes from. */
function statedBy({ server }: ChannelExpectation): string {
  return server.lookup === undefined ? "profile: server.spn" : "profile: server.scp";
}

interface Leaf {
  readonly key: Pin;
  readonly certificate: Fingerprint;
}

/** The declared premises of an exchange, for the service that the profile names. */
export function kerberosPremises(
  exchange: Fingerprint,
  transcripts: readonly Fingerprint[],
  leaves: readonly Leaf[],
  to: ChannelExpectation,
): readonly Premise[] {
  const service = to.server.service;
  if (service === undefined) return [];
  const { principal, binding } = service;
  const known = to.server.pins.length > 0 || to.server.anchors.length > 0;
  return [
    ...keyDistribution(exchange, principal, to),
    serviceByChannel(exchange, principal, to),
    ...(binding === "enforced" && !known ? leaves.flatMap((leaf) => keyByBinding(exchange, leaf, to)) : []),
    ...(to.client.method === "kerberos"
      ? transcripts.map((transcript) => verifiedTicket(exchange, transcript, principal, to))
      : []),
  ];
}

export function keyDistribution(exchange: Fingerprint, principal: string, to: ChannelExpectation): readonly Premise[] {
  return [
    assumption(
      believes(C, sharedKey(C, LOGON_KEY, KDC)),
      "The user's sign-in gave this client a key that only it and the KDC know.",
      "RFC 4120 §3.1",
    ),
    assumption(
      believes(C, controls(KDC, ticketKey(exchange))),
      `The KDC is competent to give a key to this client and ${principal} alone.`,
      `${statedBy(to)}; RFC 4120 §1.1`,
    ),
  ];
}

/** Once the channel's key is known to be shared with the site's own server, that forwards nobody else's AP-REP. */
function serviceByChannel(exchange: Fingerprint, principal: string, to: ChannelExpectation): Premise {
  const given = [arrived(exchange, to.channel), believes(C, channelKey(to)), ...namedByDirectory(to)];
  return assumption(
    believes(C, means(apRep(exchange), given, both(authenticator(exchange), isService(to, principal)))),
    "A service whose AP-REP arrives on a channel with the site's own server is at the other end of that channel.",
    `RFC 4559 §5; ${statedBy(to)}`,
  );
}

/** Without pin and anchor, the acceptor's check of the binding says whose certificate it was. */
function keyByBinding(exchange: Fingerprint, { key, certificate }: Leaf, to: ChannelExpectation): readonly Premise[] {
  const owner = publicKey(S, key);
  const given = [
    bound(certificate, exchange),
    names(certificate, to.host),
    believes(C, fresh(dates(certificate))),
    ...namedByDirectory(to),
  ];
  const meaning = both(authenticator(exchange), owner);
  return [
    assumption(
      believes(C, means(apRep(exchange), given, meaning)),
      "An acceptor that enforces bindings answers only when the certificate that this client saw is its own.",
      "profile: server.binding enforced; RFC 5929 §4, RFC 4121 §4.1.1",
    ),
    assumption(
      believes(C, controls(S, owner)),
      "The service is competent to say which certificate is its own.",
      "profile: server.binding enforced",
    ),
  ];
}

function verifiedTicket(
  exchange: Fingerprint,
  transcript: Fingerprint,
  principal: string,
  to: ChannelExpectation,
): Premise {
  const proved = believes(C, believes(S, isService(to, principal)));
  const verified = both(greetings(transcript), believes(C, channelKey(to)));
  return assumption(
    believes(C, means(answered(exchange), [proved], verified)),
    "When this service has taken the user's ticket and then answers, it has authenticated the user on this channel.",
    "profile: client.method kerberos; RFC 4559 §5",
  );
}
