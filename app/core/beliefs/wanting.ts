/** Why a goal could not be derived: the first thing that is wanting, in the order of a handshake, and its code. */
import type { Evidence, EvidenceKind } from "../evidence.ts";
import type { ChannelExpectation } from "../expectation.ts";
import type { ReasonCode } from "../reasons.ts";
import { namedByDirectory } from "./directory.ts";
import type { Facts } from "./facts.ts";
import { believes, controls, type Formula, fresh, publicKey, said, sees, signed } from "./formula.ts";
import type { Goal } from "./goals.ts";
import { protectedBy } from "./gss-channel.ts";
import { apRep, bound, ticketKey } from "./kerberos.ts";
import {
  agreed,
  C,
  certificate,
  clientProof,
  dates,
  greetings,
  IT,
  issuerOf,
  names,
  pinned,
  question,
  S,
} from "./vocabulary.ts";

export interface Wanting {
  readonly code: ReasonCode;
  /** For IT. */
  readonly fault: string;
}

type Needed = Exclude<EvidenceKind, "server.staple">;

const WITHOUT: Readonly<Record<Needed, Wanting>> = {
  "channel.key-agreement": { code: "tls.handshake", fault: "no key agreement on this channel" },
  "server.possession": { code: "server.possession", fault: "no signature of the server's key over this key agreement" },
  "server.chain": { code: "server.untrusted", fault: "no verified path from the leaf to an anchor of the profile" },
  "server.pin": { code: "server.pin-mismatch", fault: "no pin of the profile matches a key that the server proved" },
  "server.name": { code: "server.name-mismatch", fault: "the leaf does not name the host" },
  "server.validity": { code: "server.expired", fault: "the path is not known to be within its dates" },
  "client.requested": { code: "client.not-requested", fault: "no CertificateRequest in this handshake" },
  "client.proof": { code: "client.no-identity", fault: "no proof of an identity of ours over this key agreement" },
  "client.accepted": { code: "client.rejected", fault: "no answer to the probe that accepts the client" },
  "kerberos.ticket": { code: "kerberos.no-ticket", fault: "no ticket for the expected service" },
  "kerberos.mutual": { code: "server.no-mutual-token", fault: "no verified AP-REP of the expected service" },
  "kerberos.binding": { code: "kerberos.binding", fault: "no channel binding to the certificate that was shown" },
  "kerberos.accepted": { code: "client.rejected", fault: "no answer that accepts the ticket" },
  "gss.protection": { code: "gss.protection", fault: "the context does not protect messages as the profile asks" },
  "directory.entry": { code: "scp.none", fault: "no statement of the directory that names the service" },
};

/**
 * @param facts what follows from the evidence that counts.
 * @param evidence every record about this channel, site and origin, whether in its lifetime or not.
 */
export function wanting(
  goal: Goal["name"],
  facts: Facts,
  evidence: readonly Evidence[],
  to: ChannelExpectation,
  now: number,
): Wanting {
  const milestones = milestonesOf(goal, evidence, to);
  const missed = milestones.find(([, formulas]) => !formulas.some((formula) => facts.of(formula) !== undefined));
  const kind = missed?.[0] ?? LAST[goal](to);
  return outOfTime(kind, evidence, now) ?? WITHOUT[kind];
}

/** What a goal still wants when everything before it holds. */
const LAST: Readonly<Record<Goal["name"], (to: ChannelExpectation) => Needed>> = {
  channel: ({ transport }) => (transport === undefined ? "server.possession" : "kerberos.mutual"),
  server: ({ transport }) => (transport === undefined ? "server.possession" : "kerberos.mutual"),
  service: () => "kerberos.mutual",
  client: ({ client }) => (client.method === "kerberos" ? "kerberos.accepted" : "client.accepted"),
};

function milestonesOf(goal: Goal["name"], evidence: readonly Evidence[], to: ChannelExpectation): Milestones {
  if (goal === "client") return to.client.method === "certificate" ? clientMilestones(evidence, to) : [];
  if (goal === "service") return [...directoryMilestones(to), ...serviceMilestones(evidence)];
  return to.transport === undefined ? serverMilestones(evidence, to) : gssMilestones(evidence, to);
}

function directoryMilestones(to: ChannelExpectation): Milestones {
  const named = namedByDirectory(to);
  return named.length === 0 ? [] : [["directory.entry", named]];
}

function serviceMilestones(evidence: readonly Evidence[]): Milestones {
  const exchanges = evidence.flatMap((record) => (record.kind === "kerberos.ticket" ? [record.exchange] : []));
  return [
    ["kerberos.ticket", exchanges.map((exchange) => believes(C, ticketKey(exchange)))],
    ["kerberos.mutual", exchanges.map((exchange) => believes(C, said(S, apRep(exchange))))],
  ];
}

function gssMilestones(evidence: readonly Evidence[], to: ChannelExpectation): Milestones {
  const exchanges = evidence.flatMap((record) => (record.kind === "kerberos.ticket" ? [record.exchange] : []));
  const wraps = exchanges.map((exchange) => protectedBy(exchange, to.channel));
  return [...directoryMilestones(to), ...serviceMilestones(evidence), ["gss.protection", wraps]];
}

/** What has to hold, in order; of each line one formula suffices. */
type Milestones = readonly (readonly [Needed, readonly Formula[]])[];

function serverMilestones(evidence: readonly Evidence[], to: ChannelExpectation): Milestones {
  const { transcripts, leaves } = namesIn(evidence);
  const anchors = to.server.anchors.map(({ fingerprint }) => fingerprint);
  const chain = leaves.flatMap(({ leaf }) => anchors.map((anchor) => sees(C, signed(certificate(leaf), anchor))));
  const pins = leaves.flatMap(({ leaf, key }): readonly Formula[] =>
    anchors.length === 0
      ? [believes(C, said(IT, pinned(key, leaf)))]
      : anchors.map((anchor) => believes(C, said(IT, controls(issuerOf(anchor), publicKey(S, key))))),
  );
  return [
    ["channel.key-agreement", transcripts.map((transcript) => agreed(transcript, to.channel))],
    [
      "server.possession",
      transcripts.flatMap((transcript) => leaves.map(({ key }) => sees(C, signed(greetings(transcript), key)))),
    ],
    ...(anchors.length === 0 ? [] : ([["server.chain", chain]] as const)),
    ...(to.server.pins.length === 0 && to.server.service !== undefined ? [] : ([["server.pin", pins]] as const)),
    ["server.name", leaves.map(({ leaf }) => names(leaf, to.host))],
    ["server.validity", leaves.map(({ leaf }) => believes(C, fresh(dates(leaf))))],
    ...(reliesOnBinding(to) ? [...directoryMilestones(to), ...bindingMilestones(evidence, leaves)] : []),
  ];
}

/** Neither pin nor anchor: the key is the service's only because the acceptor checks the binding. */
function reliesOnBinding({ server }: ChannelExpectation): boolean {
  return server.service !== undefined && server.pins.length === 0 && server.anchors.length === 0;
}

function bindingMilestones(evidence: readonly Evidence[], leaves: readonly { readonly leaf: string }[]): Milestones {
  const exchanges = evidence.flatMap((record) => (record.kind === "kerberos.ticket" ? [record.exchange] : []));
  const bindings = exchanges.flatMap((exchange) => leaves.map(({ leaf }) => bound(leaf, exchange)));
  return [...serviceMilestones(evidence), ["kerberos.binding", bindings]];
}

function clientMilestones(evidence: readonly Evidence[], to: ChannelExpectation): Milestones {
  const { transcripts, identities } = namesIn(evidence);
  const proofs = transcripts.flatMap((transcript) =>
    identities.map((identity) => clientProof(transcript, identity, to.channel)),
  );
  return [
    ["client.requested", [believes(C, said(S, question))]],
    ["client.proof", proofs],
  ];
}

/** The greetings, leaf certificates with their keys, and identities that the evidence speaks of. */
function namesIn(evidence: readonly Evidence[]) {
  return {
    transcripts: evidence.flatMap((record) => (record.kind === "channel.key-agreement" ? [record.transcript] : [])),
    leaves: evidence.flatMap((record) =>
      record.kind === "server.possession" ? [{ leaf: record.certificate, key: record.key }] : [],
    ),
    identities: evidence.flatMap((record) => (record.kind === "client.proof" ? [record.identity] : [])),
  };
}

/** A record of this kind exists, but not in its lifetime: that is another reason than never having had one. */
function outOfTime(kind: Needed, evidence: readonly Evidence[], now: number): Wanting | undefined {
  const records = evidence.filter((record) => record.kind === kind);
  for (const record of records) {
    if (record.kind !== "server.validity") continue;
    if (now < record.notBefore)
      return { code: "server.not-yet-valid", fault: "a certificate's notBefore is in the future" };
    if (now >= record.notAfter) return { code: "server.expired", fault: "a certificate's notAfter has passed" };
  }
  const dead = records.find((record) => !inLifetime(record, now));
  return dead === undefined
    ? undefined
    : { code: "verdict.lapsed", fault: `the evidence ${kind} is not in its lifetime` };
}

/**
 * A channel has one handshake. Records that speak of two, or of two servers, leave nothing to be believed about it,
 * whichever of them would suffice.
 */
export function contradiction(evidence: readonly Evidence[]): Wanting | undefined {
  const { transcripts, leaves } = namesIn(evidence);
  if (new Set(transcripts).size > 1) {
    return { code: "server.renegotiation", fault: "two key agreements on one channel" };
  }
  const exchanges = evidence.flatMap((record) => (record.kind === "gss.protection" ? [record.exchange] : []));
  if (new Set(exchanges).size > 1) {
    return { code: "server.renegotiation", fault: "two exchanges for the key of one channel" };
  }
  if (new Set(leaves.map(({ leaf, key }) => `${leaf} ${key}`)).size > 1) {
    return { code: "server.changed", fault: "two server certificates on one channel" };
  }
  return undefined;
}

/** From the moment of the check until just before `expires`; anything that is no number is outside. */
export function inLifetime(record: Evidence, now: number): boolean {
  return record.at <= now && now < record.expires;
}
