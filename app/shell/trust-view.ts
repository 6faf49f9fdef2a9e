/** What the trust panel shows of a channel with its verdict. Pure. */
import type { CertificateFacts, Channel } from "../auth/channel.ts";
import type { Evidence } from "../core/evidence.ts";
import type { NetworkPath } from "../core/expectation.ts";
import type { Derivation } from "../core/verdict.ts";
import type { DerivationView, TrustView } from "../ipc/contract.ts";

type Proven = Pick<Channel, "expectation" | "verdict" | "evidence" | "facts">;

/** Undefined while nothing is known of what protects the channel, which of an authenticated one is never so. */
export function trustView({ expectation, verdict, evidence, facts }: Proven): TrustView | undefined {
  const protectedBy = protectionView(facts);
  if (!protectedBy) return undefined;
  const { serverCertificate } = facts;
  return {
    server: {
      host: expectation.host,
      ...(serverCertificate === undefined ? {} : { certificate: certificateView(serverCertificate) }),
      by: recognisedBy(evidence),
      ...serviceView(evidence),
    },
    client: clientView(facts.identity, evidence),
    ...protectedBy,
    ...(expectation.giving === undefined ? {} : { sends: givingWay(expectation.giving) }),
    provenAt: new Date(Math.max(0, ...evidence.map(({ at }) => at))).toISOString(),
    lapsesAt: Number.isFinite(verdict.lapsesAt)
      ? new Date(verdict.lapsesAt).toISOString()
      : (serverCertificate?.notAfter ?? new Date(0).toISOString()),
    goals: verdict.goals.map(derivationView),
    notRequired: verdict.notRequired.map(({ sentence, formula, why }) => ({ sentence, formula, why })),
    steps: facts.steps.map(({ from, name, at, note }) => ({ from, name, at, ...(note === undefined ? {} : { note }) })),
  };
}

/** TLS with its suite, or the context that wraps every message. */
function protectionView(facts: Proven["facts"]): Pick<TrustView, "protocol" | "cipher"> | undefined {
  const { protocol, cipher, serverCertificate, wrapping } = facts;
  if (wrapping !== undefined) {
    const cipher = wrapping === "integrity" ? "signed, not encrypted" : "signed and encrypted";
    return { protocol: "GSSAPI, Kerberos 5", cipher };
  }
  return serverCertificate && protocol && cipher ? { protocol, cipher } : undefined;
}

function givingWay({ proxy, addresses, localAddress }: NetworkPath): string {
  const ways = [
    ...(proxy === undefined ? [] : [`by the proxy ${proxy.host}:${proxy.port}`]),
    ...(addresses === undefined ? [] : [`to ${addresses.join(", ")}`]),
    ...(localAddress === undefined ? [] : [`from ${localAddress}`]),
  ];
  return ["separate channels", ...ways].join(", ");
}

function certificateView({ subject, issuer, notBefore, notAfter, pin }: CertificateFacts) {
  return { subject, issuer, notBefore, notAfter, pin };
}

function serviceView(evidence: readonly Evidence[]): Pick<TrustView["server"], "service"> {
  const mutual = evidence.find((each) => each.kind === "kerberos.mutual");
  if (!mutual) return {};
  const bound = evidence.some((each) => each.kind === "kerberos.binding");
  const entry = evidence.find((each) => each.kind === "directory.entry");
  const named = entry ? { directory: entry.directory } : {};
  return { service: { principal: mutual.principal, flags: mutual.flags.join(", "), bound, ...named } };
}

function clientView(identity: Proven["facts"]["identity"], evidence: readonly Evidence[]): TrustView["client"] {
  const ticket = evidence.find((each) => each.kind === "kerberos.ticket");
  if (ticket) return { method: "kerberos", principal: ticket.initiator };
  if (!identity) return { method: "form" };
  const { subject, issuer, notAfter } = identity;
  return { method: "certificate", subject, issuer, notAfter };
}

/** By which pin, and under which anchor, completing "the server proved itself by …". */
function recognisedBy(evidence: readonly Evidence[]): string {
  const pin = evidence.find((each) => each.kind === "server.pin");
  const chain = evidence.find((each) => each.kind === "server.chain");
  const mutual = evidence.find((each) => each.kind === "kerberos.mutual");
  const certificate = recognisedCertificate(pin, chain);
  if (!mutual) return certificate ?? "its certificate";
  return [certificate, `its service name ${mutual.principal}`].filter((by) => by !== undefined).join(" and ");
}

function recognisedCertificate(
  pin: Extract<Evidence, { kind: "server.pin" }> | undefined,
  chain: Extract<Evidence, { kind: "server.chain" }> | undefined,
): string | undefined {
  if (!pin) return chain && "an anchor that your organisation named";
  const key = pin.holder === "path" ? "a pinned key in its chain" : "its pinned key";
  return chain ? `${key}, under an anchor that your organisation named` : key;
}

function derivationView({ formula, sentence, rule, basis, source, from }: Derivation): DerivationView {
  return {
    formula,
    sentence,
    rule,
    basis,
    ...(source === undefined ? {} : { source }),
    from: from.map(derivationView),
  };
}
