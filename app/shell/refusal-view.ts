/** What the interface and IT are told about a refusal. Pure. */
import type { Evidence } from "../core/evidence.ts";
import { HostileRefusal, type Listing } from "../core/hostile-lookup.ts";
import type { Site } from "../core/profile.ts";
import { explain, type ReasonCode } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import type { RefusalView } from "../ipc/contract.ts";

/** The address without user name, query and fragment: those may hold what nobody else should read. */
export function plainAddress(url: string): string {
  if (!URL.canParse(url)) return url.replace(/[?#].*$/s, "");
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** Refusals of an address that is refused again as long as it is the same. */
const FINAL: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  "site.hostile",
  "site.unlisted",
  "site.form-elsewhere",
  "site.lookalike",
  "address.malformed",
  "address.insecure",
]);

export interface AboutRefusal {
  readonly url: string;
  /** Name of the site it concerns. */
  readonly site?: string;
  /** The site that the address could be taken for. */
  readonly genuine?: Site;
  /** A form was on its way. */
  readonly form?: boolean;
  /** When it was shown first, milliseconds since the epoch. */
  readonly at: number;
}

export function refusalView(refusal: Refusal, about: AboutRefusal): RefusalView {
  return {
    ...explain(refusal),
    address: plainAddress(about.url),
    ...(about.site === undefined ? {} : { site: about.site }),
    ...(about.genuine === undefined ? {} : { genuine: genuineView(about.genuine) }),
    ...(refusal instanceof HostileRefusal ? { listing: listingView(refusal.listing) } : {}),
    at: new Date(about.at).toISOString(),
    established: refusal.evidence.map(establishedSentence),
    ...(refusal.code === "site.form-elsewhere" && refusal.detail.value !== undefined
      ? { formTarget: refusal.detail.value }
      : {}),
    canRetry: !FINAL.has(refusal.code) && about.form !== true,
    ...(about.form === true ? { form: true } : {}),
  };
}

/** Everything in it comes from the profile, nothing from the address that was refused. */
function genuineView({ id, name, origins }: Site): NonNullable<RefusalView["genuine"]> {
  return { site: id, name, origin: origins[0] ?? "" };
}

/** What the profile and the list say of themselves. */
function listingView({ list, since, reportTo }: Listing): NonNullable<RefusalView["listing"]> {
  return {
    ...(list === undefined ? {} : { list }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(reportTo === undefined ? {} : { reportTo: reportTo.replace(/^mailto:/, "") }),
  };
}

/** One checked fact in words. */
export function establishedSentence(evidence: Evidence): string {
  switch (evidence.kind) {
    case "channel.key-agreement":
      return `${evidence.protocol} with ${evidence.cipher} was agreed with whoever answered.`;
    case "server.possession":
      return `The server proved that it holds the key ${evidence.key} (${evidence.message}).`;
    case "server.name":
      return `The server's certificate names ${evidence.presented}, which covers ${evidence.host}.`;
    case "server.validity":
      return `The server's certificates are valid from ${day(evidence.notBefore)} to ${day(evidence.notAfter)}.`;
    case "server.chain":
      return `The server's certificate leads to the anchor ${evidence.anchor} of the profile.`;
    case "server.pin":
      return `The ${evidence.holder === "leaf" ? "server's key" : "path's key"} matches the pin ${evidence.pin}.`;
    case "server.staple":
      return `The issuer confirmed on ${day(evidence.producedAt)} that the server's certificate is not revoked.`;
    case "client.requested":
      return "The server asked for the user's certificate.";
    case "client.proof":
      return `The user's identity ${evidence.identity} was proved on this channel.`;
    case "client.accepted":
      return `The server accepted the user's proof (HTTP ${evidence.status}).`;
    case "gss.protection":
      return `Every message is ${evidence.protection === "integrity" ? "signed" : "signed and encrypted"} with the key of the exchange (${evidence.flags.join(", ")}).`;
    case "directory.entry":
      return `The directory ${evidence.directory} says that the service is ${evidence.principal}, at ${evidence.host}:${evidence.port} (${evidence.entry}).`;
    case "kerberos.ticket":
      return `The sign-in service gave ${evidence.initiator} a ticket for ${evidence.principal}.`;
    case "kerberos.mutual":
      return `The server proved that it is ${evidence.principal} (AP-REP; ${evidence.flags.join(", ")}).`;
    case "kerberos.binding":
      return `The exchange was bound to the server's certificate (${evidence.endPoint}).`;
    case "kerberos.accepted":
      return `The server accepted the user's ticket (HTTP ${evidence.status}).`;
  }
}

/** Text for the clipboard: everything IT needs, nothing that only the user should know. */
export function detailsForIt(view: RefusalView, about: { version: string; system: string; profile: string }): string {
  return [
    `Countersign ${about.version} on ${about.system}`,
    `Profile: ${about.profile}`,
    `Time: ${view.at}`,
    `Address: ${view.address}`,
    ...(view.site === undefined ? [] : [`Site: ${view.site}`]),
    `Code: ${view.code}`,
    "",
    view.title,
    view.message,
    view.remedy,
    "",
    `For IT: ${view.it}`,
    "",
    view.established.length > 0 ? "Established before the refusal:" : "Nothing was established before the refusal.",
    ...view.established.map((sentence) => `- ${sentence}`),
    "",
  ].join("\n");
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Anything thrown as a refusal: what is none becomes `network.closed` with its message. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal("network.closed", { fault: error instanceof Error ? error.message : "unknown failure" });
}
