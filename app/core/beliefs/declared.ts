/**
 * Declared premises: what BAN cannot derive. Each names who states it, a standard with its section or IT's profile,
 * and is shown as an assumption wherever a derivation rests on it.
 */
import type { Evidence, EvidenceKind, Fingerprint, Pin } from "../evidence.ts";
import type { ChannelExpectation } from "../expectation.ts";
import { directoryPremises } from "./directory.ts";
import type { Premise } from "./facts.ts";
import { believes, both, controls, type Formula, means, publicKey, said } from "./formula.ts";
import { gssPremises } from "./gss-channel.ts";
import { kerberosPremises } from "./kerberos.ts";
import { shorten } from "./print.ts";
import {
  acceptance,
  agreed,
  C,
  certificate,
  channelKey,
  clientProof,
  dates,
  greetings,
  IT,
  issuerOf,
  names,
  onPath,
  pinned,
  question,
  S,
} from "./vocabulary.ts";

/** The declared premises of this expectation, for the certificates, keys and greetings that the evidence speaks of. */
export function declaredPremises(evidence: readonly Evidence[], to: ChannelExpectation): readonly Premise[] {
  return [
    ...ofKind(evidence, "channel.key-agreement").flatMap(({ transcript }) => keyAgreement(transcript, to)),
    ...ofKind(evidence, "server.possession").flatMap(({ key, certificate: leaf }) => {
      if (to.server.anchors.length > 0) return anchoredPath(evidence, key, leaf, to);
      return to.server.pins.length > 0 ? pinnedLeaf(key, leaf, to) : [];
    }),
    ...verifiedClient(evidence, to),
    ...kerberos(evidence, to),
    ...directoryPremises(to),
  ];
}

function assumption(formula: Formula, sentence: string, source: string): Premise {
  return { formula, sentence, basis: "assumption", source };
}

function kerberos(evidence: readonly Evidence[], to: ChannelExpectation): readonly Premise[] {
  const transcripts = ofKind(evidence, "channel.key-agreement").map(({ transcript }) => transcript);
  const leaves = ofKind(evidence, "server.possession");
  return ofKind(evidence, "kerberos.ticket").flatMap(({ exchange }) =>
    to.transport !== undefined ? gssPremises(exchange, to) : kerberosPremises(exchange, transcripts, leaves, to),
  );
}

function ofKind<K extends EvidenceKind>(evidence: readonly Evidence[], kind: K) {
  return evidence.filter((record): record is Extract<Evidence, { kind: K }> => record.kind === kind);
}

const TLS_KEY = "TLS: RFC 8446 §7.1 and appendix E.1; RFC 5246 §8.1 with RFC 8422 §2";

function keyAgreement(transcript: Fingerprint, to: ChannelExpectation): readonly Premise[] {
  const key = channelKey(to);
  const hellos = greetings(transcript);
  return [
    assumption(
      believes(C, means(hellos, [agreed(transcript, to.channel)], both(hellos, key))),
      "Who signs the greetings of a key agreement says that only the two who took part know its key.",
      TLS_KEY,
    ),
    assumption(
      believes(C, controls(S, key)),
      "The server is competent to say so: it made its half of the key for this channel and keeps it to itself.",
      TLS_KEY,
    ),
  ];
}

/** Without anchors, IT alone says whose key it is: a pin of the profile, in a certificate that names the server. */
function pinnedLeaf(key: Pin, leaf: Fingerprint, to: ChannelExpectation): readonly Premise[] {
  const owner = publicKey(S, key);
  return [
    assumption(
      believes(C, means(pinned(key, leaf), [names(leaf, to.host)], both(dates(leaf), owner))),
      "A pin says that the key is this site's, as long as its certificate names the site and is within its dates.",
      "profile: server.pins",
    ),
    assumption(
      believes(C, controls(IT, owner)),
      "Your organisation is competent to say which key its site has.",
      "profile: server.pins",
    ),
  ];
}

/** With anchors, the issuer says whose key it is; IT's pin, if there is one, says which of its paths may speak. */
function anchoredPath(
  evidence: readonly Evidence[],
  key: Pin,
  leaf: Fingerprint,
  to: ChannelExpectation,
): readonly Premise[] {
  const owner = publicKey(S, key);
  return to.server.anchors.flatMap(({ fingerprint: anchor }) => {
    const issuer = issuerOf(anchor);
    const mandate = controls(issuer, owner);
    return [
      assumption(
        believes(C, publicKey(issuer, anchor)),
        `The key of the anchor ${shorten(anchor)} is the issuer's.`,
        "profile: server.anchors",
      ),
      assumption(
        believes(C, means(certificate(leaf), [names(leaf, to.host)], both(dates(leaf), owner))),
        "A certificate on a verified path says that its key belongs to the server it names, within its dates.",
        "RFC 5280 §6.1 and RFC 9525 §6",
      ),
      ...issuerMandate(mandate, to),
      ...placedPins(evidence, key, leaf, anchor).map(([message, place]) =>
        assumption(
          believes(C, means(message, [place], both(dates(leaf), mandate))),
          "A pin on the verified path says that the issuer may speak for this site along this path.",
          "profile: server.pins",
        ),
      ),
    ];
  });
}

/** Where IT pins a key too, the mandate has to be read from the pin; the anchor alone gives it where IT pins none. */
function issuerMandate(mandate: Formula, to: ChannelExpectation): readonly Premise[] {
  const source = "profile: server.anchors";
  return to.server.pins.length > 0 || to.server.service === undefined
    ? [
        assumption(
          believes(C, controls(IT, mandate)),
          "Your organisation is competent to say which issuer may speak for its site.",
          source,
        ),
      ]
    : [assumption(believes(C, mandate), "Your organisation has named the issuer that may speak for its site.", source)];
}

/** Each pin that was found, with the place on the path that it needs to have. A pin of the leaf must be its key. */
function placedPins(evidence: readonly Evidence[], key: Pin, leaf: Fingerprint, anchor: Fingerprint) {
  return ofKind(evidence, "server.pin")
    .filter(({ pin, holder, certificate: of }) => (of === leaf ? pin === key : holder === "path"))
    .map(({ pin, certificate: of }) => [pinned(pin, of), onPath(of, leaf, anchor)] as const);
}

/** That this server answers only clients it verified is IT's statement; nothing on the channel can show it. */
function verifiedClient(evidence: readonly Evidence[], to: ChannelExpectation): readonly Premise[] {
  if (to.client.method !== "certificate") return [];
  const asked = believes(C, said(S, question));
  return ofKind(evidence, "channel.key-agreement").flatMap(({ transcript }) =>
    ofKind(evidence, "client.proof").map(({ identity }) => {
      const proof = clientProof(transcript, identity, to.channel);
      const verified = both(greetings(transcript), believes(C, channelKey(to)));
      return assumption(
        believes(C, means(acceptance, [asked, proof], verified)),
        "When this server has asked for the client's proof and then answers, it has verified that proof.",
        "profile: client.method certificate (`countersign check` tests it)",
      );
    }),
  );
}
