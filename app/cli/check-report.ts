/** What `check` prints: one value for `--json`, and the same for people. Pure. */
import type { ChannelFacts, Timings } from "../auth/channel.ts";
import { type KerberosVariable, variablesLine } from "../auth/gss/environment.ts";
import { derivationsOf, derive, premisesFor } from "../core/beliefs/derive.ts";
import { goalsFor } from "../core/beliefs/goals.ts";
import { printDerivations, printFormula } from "../core/beliefs/print.ts";
import { castOf } from "../core/beliefs/vocabulary.ts";
import type { Evidence } from "../core/evidence.ts";
import type { ChannelExpectation, Expectation } from "../core/expectation.ts";
import type { ProfileProblem } from "../core/profile.ts";
import { explain, isHostile, type ReasonCode } from "../core/reasons.ts";
import type { Refusal } from "../core/refusal.ts";
import type { Derivation } from "../core/verdict.ts";
import type { BindingEnforced } from "./binding-enforced.ts";
import { type DirectoryReport, directoryLines, directoryReport } from "./check-directory.ts";
import type { ServerVerifies } from "./server-verifies.ts";

export interface CheckReport {
  readonly url: string;
  /** Profile id; null when the address belongs to no site. */
  readonly site: string | null;
  readonly verdict: "authenticated" | "refused" | "hostile";
  readonly code: ReasonCode | null;
  /** For the user. */
  readonly message: string;
  readonly remedy: string | null;
  /** For IT: what was found, what was expected. */
  readonly it: string | null;
  readonly evidence: readonly Evidence[];
  readonly beliefs: readonly Belief[];
  /** How far the channel got; all null when nothing was dialled. */
  readonly channel: ChannelReport;
  /** Milliseconds. */
  readonly timings: Timings;
  /** Whether the server verifies the certificate it asks for; null where the site demands none. */
  readonly serverVerifies: ServerVerifies | null;
  /** The Kerberos exchange; null where the site demands none. */
  readonly kerberos: KerberosReport | null;
  /** What a directory said of the service; null where none was asked. */
  readonly directory: DirectoryReport | null;
  /** Only for a profile that is not valid. */
  readonly problems?: readonly ProfileProblem[];
}

/** The exchange as far as it got: what was not reached is null. */
export interface KerberosReport {
  readonly spn: string;
  readonly mechanism: string | null;
  /** As the library returned them. */
  readonly flags: readonly string[];
  /** The tls-server-end-point that the exchange carried, lower-case hex. */
  readonly binding: string | null;
  readonly initiator: string | null;
  /** End of the context, ISO 8601, UTC. */
  readonly lifetime: string | null;
  /** Whether the acceptor refused a token with a wrong binding; null where the exchange did not get that far. */
  readonly bindingEnforced: BindingEnforced | null;
  /** Variables of the environment that the Kerberos library knows. */
  readonly environment: readonly KerberosVariable[];
}

/** A goal, and how far it got. */
export interface Belief {
  readonly formula: string;
  readonly sentence: string;
  readonly status: "derived" | "not derived" | "not required";
  /** For a goal that is not required. */
  readonly why?: string;
  readonly derivation?: PrintedDerivation;
}

interface PrintedDerivation {
  readonly formula: string;
  readonly sentence: string;
  readonly rule: string;
  readonly basis: Derivation["basis"];
  readonly source?: string;
  /** The kind of the record it rests on. */
  readonly evidence?: Evidence["kind"];
  readonly from: readonly PrintedDerivation[];
  /** What it rests on stands where the same formula was first derived. */
  readonly shownAbove?: true;
}

export interface ChannelReport {
  readonly protocol: string | null;
  readonly cipher: string | null;
  readonly alpn: string | null;
  readonly serverCertificate: ChannelFacts["serverCertificate"] | null;
  readonly identity: ChannelFacts["identity"] | null;
  /** Without TLS: how a Kerberos context wraps every message. */
  readonly wrapping: ChannelFacts["wrapping"] | null;
}

/** What is known at the end of a check. */
export interface CheckOutcome {
  readonly url: string;
  readonly expectation?: Expectation;
  readonly refusal?: Refusal;
  readonly evidence: readonly Evidence[];
  readonly facts?: ChannelFacts;
  readonly serverVerifies?: ServerVerifies;
  readonly bindingEnforced?: BindingEnforced;
  readonly environment?: readonly KerberosVariable[];
  readonly problems?: readonly ProfileProblem[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function checkReport(outcome: CheckOutcome): CheckReport {
  const { url, expectation, refusal, evidence, facts, problems } = outcome;
  const explained = refusal === undefined ? undefined : explain(refusal);
  const shown = expectation === undefined ? [] : beliefs(expectation, evidence, outcome.now);
  return {
    url,
    site: expectation?.site ?? null,
    verdict: verdictOf(refusal),
    code: explained?.code ?? null,
    message: explained?.message ?? proved(shown),
    remedy: explained?.remedy ?? null,
    it: explained?.it ?? unverified(outcome.serverVerifies),
    evidence,
    beliefs: shown,
    channel: channelReport(facts),
    timings: rounded(facts?.timings ?? {}),
    serverVerifies: outcome.serverVerifies ?? null,
    kerberos: kerberosReport(expectation, evidence, outcome),
    directory: directoryReport(evidence),
    ...(problems === undefined || problems.length === 0 ? {} : { problems }),
  };
}

function verdictOf(refusal: Refusal | undefined): CheckReport["verdict"] {
  if (refusal === undefined) return "authenticated";
  return isHostile(refusal.code) ? "hostile" : "refused";
}

/** No more than the goals say. */
function proved(shown: readonly Belief[]): string {
  return shown.some(({ status }) => status === "not required")
    ? "The server has proved who it is. No proof of the user is required for this."
    : "Both sides have proved who they are.";
}

/** Which clients it answered without knowing them: one of the two offers is enough. */
function unverified(verifies: ServerVerifies | undefined): string | null {
  if (verifies?.answer !== "no") return null;
  const answered = [
    ...(verifies.withoutCertificate.outcome === "accepted" ? ["a client that showed no certificate"] : []),
    ...(verifies.foreignCertificate.outcome === "accepted" ? ["one whose certificate nobody issued"] : []),
  ];
  return `The server answered ${answered.join(" and ")}: that it knows its users is stated by the profile alone. Make it verify the certificates it asks for.`;
}

function channelReport(facts: ChannelFacts | undefined): ChannelReport {
  return {
    protocol: facts?.protocol ?? null,
    cipher: facts?.cipher ?? null,
    alpn: facts?.alpn ?? null,
    serverCertificate: facts?.serverCertificate ?? null,
    identity: facts?.identity ?? null,
    wrapping: facts?.wrapping ?? null,
  };
}

function kerberosReport(
  expectation: Expectation | undefined,
  evidence: readonly Evidence[],
  { bindingEnforced, environment = [] }: CheckOutcome,
): KerberosReport | null {
  const spn = expectation?.server.service?.principal;
  if (spn === undefined) return null;
  const ticket = evidence.find((record) => record.kind === "kerberos.ticket");
  const mutual = evidence.find((record) => record.kind === "kerberos.mutual");
  const binding = evidence.find((record) => record.kind === "kerberos.binding");
  return {
    spn,
    mechanism: mutual?.mechanism ?? null,
    flags: mutual?.flags ?? [],
    binding: binding?.endPoint ?? null,
    initiator: ticket?.initiator ?? null,
    lifetime: ticket === undefined ? null : new Date(ticket.expires).toISOString(),
    bindingEnforced: bindingEnforced ?? null,
    environment,
  };
}

function rounded(timings: Timings): Timings {
  return Object.fromEntries(Object.entries(timings).map(([phase, time]) => [phase, Math.round(time * 100) / 100]));
}

/** Every goal of this kind of site; of a refused channel, what its evidence gives and what it does not. */
function beliefs(expectation: Expectation, evidence: readonly Evidence[], now: number): readonly Belief[] {
  const [first] = evidence;
  const to: ChannelExpectation = { ...expectation, channel: first?.channel ?? "none" };
  const { required, notRequired } = goalsFor(to);
  const { facts } = derive(premisesFor(evidence, to, now), to);
  const reached = required.map(({ formula }) => facts.of(formula));
  const derivations = derivationsOf(
    reached.filter((fact) => fact !== undefined),
    castOf(to),
  ).values();
  const shown = new Set<Derivation>();
  const goals = required.map(({ formula, sentence }, index): Belief => {
    const goal = { formula: printFormula(formula), sentence };
    const derivation = reached[index] === undefined ? undefined : derivations.next().value;
    if (derivation === undefined) return { ...goal, status: "not derived" };
    return { ...goal, status: "derived", derivation: printed(derivation, shown) };
  });
  const open = notRequired.map(({ goal: { formula, sentence }, why }): Belief => {
    return { formula: printFormula(formula), sentence, status: "not required", why };
  });
  return [...goals, ...open];
}

/** What has been shown before is only named: the goals rest on each other. */
function printed(derivation: Derivation, shown: Set<Derivation>): PrintedDerivation {
  const { formula, sentence, rule, basis, source, evidence, from } = derivation;
  const step = { formula, sentence, rule, basis };
  if (from.length > 0 && shown.has(derivation)) return { ...step, from: [], shownAbove: true };
  shown.add(derivation);
  return {
    ...step,
    ...(source === undefined ? {} : { source }),
    ...(evidence === undefined ? {} : { evidence: evidence.kind }),
    from: from.map((part) => printed(part, shown)),
  };
}

/** The derivations of the goals that were reached, as text trees. */
export function derivationText({ expectation, evidence, now }: CheckOutcome): string {
  if (expectation === undefined) return "";
  const to: ChannelExpectation = { ...expectation, channel: evidence[0]?.channel ?? "none" };
  const { derived } = derive(premisesFor(evidence, to, now), to);
  return derived.length === 0 ? "" : `\n${printDerivations(derivationsOf(derived, castOf(to)))}\n`;
}

export function checkText(report: CheckReport): string {
  const { verdict, code, url, message, remedy, it, problems = [] } = report;
  return [
    `${verdict}${code === null ? "" : ` (${code})`}: ${url}`,
    `  ${message}`,
    ...(remedy === null ? [] : [`  What to do: ${remedy}`]),
    ...(it === null ? [] : [`  For IT: ${it}`]),
    ...problems.map(({ path, value, expected }) => `    ${path}: ${value}; expected: ${expected}`),
    ...channelLines(report.channel),
    ...(report.kerberos === null ? [] : kerberosLines(report.kerberos)),
    ...(report.directory === null ? [] : directoryLines(report.directory)),
    ...(report.serverVerifies === null ? [] : verifiesLines(report.serverVerifies)),
    ...report.beliefs.map(({ status, sentence }) => `  ${status}: ${sentence}`),
    "",
  ].join("\n");
}

function channelLines(channel: ChannelReport): readonly string[] {
  const { protocol, cipher, serverCertificate: server, identity, wrapping } = channel;
  const kept = wrapping === "integrity" ? "signed, not encrypted" : "signed and encrypted";
  return [
    ...(wrapping === null || wrapping === undefined ? [] : [`  channel: GSSAPI, Kerberos 5; every message ${kept}`]),
    ...(protocol === null ? [] : [`  channel: ${protocol}, ${cipher}`]),
    ...(server === null || server === undefined
      ? []
      : [
          `  server: ${server.subject || "(no subject)"}, issued by ${server.issuer}`,
          `    valid ${server.notBefore} to ${server.notAfter}, key ${server.pin}`,
        ]),
    ...(identity === null || identity === undefined
      ? []
      : [`  identity: ${identity.subject}, issued by ${identity.issuer}`]),
  ];
}

function kerberosLines(report: KerberosReport): readonly string[] {
  const { spn, flags, binding, initiator, lifetime, bindingEnforced, environment } = report;
  return [
    `  service: ${spn}${flags.length === 0 ? "" : ` (${flags.join(", ")}; ${binding === null ? "not bound" : "bound"})`}`,
    ...(initiator === null ? [] : [`  user: ${initiator}, until ${lifetime}`]),
    ...(bindingEnforced === null
      ? []
      : [`  this acceptor enforces channel bindings: ${bindingEnforced.answer} (${bindingEnforced.how})`]),
    ...[variablesLine(environment)].flatMap((line) => (line === undefined ? [] : [`  ${line}`])),
  ];
}

function verifiesLines({ answer, withoutCertificate, foreignCertificate }: ServerVerifies): readonly string[] {
  const offers = [
    `without a certificate ${said(withoutCertificate)}`,
    `with a foreign one ${said(foreignCertificate)}`,
  ];
  return [`  this server verifies what it asks for: ${answer} (${offers.join("; ")})`];
}

function said({ outcome, how }: ServerVerifies["foreignCertificate"]): string {
  return `${outcome}, ${how}`;
}
