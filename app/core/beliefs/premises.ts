/**
 * From evidence to premises: one table, one row for each kind of evidence. A row says what the record shows and no
 * more; whether that suffices (this host, this anchor, this key) follows from the declared premises. It gives nothing
 * where the record shows nothing.
 */
import type { Evidence, EvidenceKind } from "../evidence.ts";
import type { ChannelExpectation } from "../expectation.ts";
import { isRejection } from "../probe-answer.ts";
import { entryStatements } from "./directory.ts";
import type { Premise } from "./facts.ts";
import { believes, encrypted, type Formula, fresh, said, sees, signed } from "./formula.ts";
import { protectionStatements } from "./gss-channel.ts";
import { acceptedStatements, bindingStatements, mutualStatements, ticketStatements } from "./kerberos.ts";
import { shorten } from "./print.ts";
import {
  acceptance,
  agreed,
  C,
  certificate,
  clientProof,
  dates,
  greetings,
  IT,
  keyName,
  names,
  onPath,
  pinned,
  question,
} from "./vocabulary.ts";

interface Statement {
  readonly formula: Formula;
  readonly sentence: string;
}

type Row<K extends EvidenceKind> = (
  evidence: Extract<Evidence, { kind: K }>,
  to: ChannelExpectation,
  now: number,
) => readonly Statement[];

const NOTHING: readonly Statement[] = [];

export const premisesOf: { readonly [K in EvidenceKind]: Row<K> } = {
  "channel.key-agreement": ({ transcript, protocol, cipher }, { channel }) => [
    {
      formula: agreed(transcript, channel),
      sentence: `${protocol} with ${cipher} agreed on a new key for this channel.`,
    },
    {
      formula: believes(C, fresh(greetings(transcript))),
      sentence: "The greetings of this channel hold a random number that this client has just made.",
    },
  ],

  "server.possession": ({ key, transcript, message }) => [
    {
      formula: sees(C, signed(greetings(transcript), key)),
      sentence: `The server signed the greetings of this channel with the key ${shorten(key)} (${message}).`,
    },
  ],

  "server.name": ({ host, presented, certificate: leaf }) => [
    { formula: names(leaf, host), sentence: `The server's certificate names ${host} (as ${presented}).` },
  ],

  "server.validity": (evidence, _to, now) =>
    evidence.notBefore <= now && now < evidence.notAfter
      ? [
          {
            formula: believes(C, fresh(dates(evidence.certificate))),
            sentence: "Every certificate of the server's path is within its validity dates.",
          },
        ]
      : NOTHING,

  "server.chain": ({ anchor, path }) => {
    const [leaf] = path;
    if (leaf === undefined || path.at(-1) !== anchor) return NOTHING;
    return [
      {
        formula: sees(C, signed(certificate(leaf), anchor)),
        sentence: `The server's certificate verified to the anchor ${shorten(anchor)}.`,
      },
      ...path.map((member) => ({
        formula: onPath(member, leaf, anchor),
        sentence: `The certificate ${shorten(member)} is on that path.`,
      })),
    ];
  },

  "server.pin": ({ pin, holder, certificate: of }, { server }) =>
    server.pins.includes(pin) && (holder === "leaf" || server.anchors.length > 0)
      ? [
          {
            formula: believes(C, said(IT, pinned(pin, of))),
            sentence: `The profile pins the key ${shorten(pin)}, and the server showed it.`,
          },
        ]
      : NOTHING,

  /** Its answer `good` is checked where it is read; no goal rests on it. */
  "server.staple": () => NOTHING,

  "client.requested": (_evidence, { channel }) => [
    {
      formula: sees(C, encrypted(question, keyName(channel))),
      sentence: "In the handshake of this channel the server asked for the client's certificate.",
    },
  ],

  "client.proof": ({ identity, transcript }, { channel }) => [
    {
      formula: clientProof(transcript, identity, channel),
      sentence: `This client signed the greetings of this channel with the identity ${shorten(identity)}.`,
    },
  ],

  "client.accepted": ({ status }, { channel }) =>
    isRejection(status)
      ? NOTHING
      : [
          {
            formula: sees(C, encrypted(acceptance, keyName(channel))),
            sentence: `The server answered the probe on this channel with status ${status}.`,
          },
        ],

  "kerberos.ticket": ticketStatements,
  "kerberos.mutual": mutualStatements,
  "kerberos.binding": bindingStatements,
  "kerberos.accepted": (evidence, to) => (isRejection(evidence.status) ? NOTHING : acceptedStatements(evidence, to)),

  "gss.protection": protectionStatements,
  "directory.entry": entryStatements,
};

/** The premises that one record gives. */
export function premisesFrom(evidence: Evidence, to: ChannelExpectation, now: number): readonly Premise[] {
  return statementsOf(evidence, to, now).map((statement) => ({ ...statement, basis: "evidence", evidence }));
}

function statementsOf<K extends EvidenceKind>(
  evidence: Extract<Evidence, { kind: K }>,
  to: ChannelExpectation,
  now: number,
): readonly Statement[] {
  const row: Row<K> = premisesOf[evidence.kind as K];
  return row(evidence, to, now);
}
