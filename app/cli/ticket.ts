import { nextChannelId } from "../auth/channel-id.ts";
import { createLocator } from "../auth/directory/locator.ts";
import { trustedEnvironment } from "../auth/gss/environment.ts";
import type { GssCredential, GssPort } from "../auth/gss/port.ts";
import type { Expectation } from "../core/expectation.ts";
import { explain } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import { type Command, UsageError } from "./arguments.ts";
import { type CommandIo, type CommandParts, EXIT, print, printJson } from "./io.ts";
import { findTarget, profileFor, usable } from "./target.ts";

type TicketCommand = Extract<Command, { kind: "ticket" }>;

/** What `ticket` says: the user's sign-in, and whether a ticket for a site's service can be had. */
export interface TicketReport {
  readonly principal: string;
  readonly realm: string;
  /** ISO 8601, UTC. */
  readonly expires: string;
  /** The service of the address that was given; null without one. */
  readonly service: { readonly principal: string; readonly ticket: "granted" | "refused" } | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly remedy: string | null;
  readonly it: string | null;
  /** Variables of the environment that decide whom Kerberos trusts. */
  readonly environment: readonly string[];
}

/** `ticket [url]`: exit 0 when there is a sign-in and, for an address, a ticket for its service. */
export async function ticket(command: TicketCommand, io: CommandIo, parts: CommandParts): Promise<number> {
  const service = await serviceOf(command, parts);
  const credential = await parts.gss.credential();
  const refusal = service === undefined ? undefined : await ticketFor(parts.gss, service);
  const report = reportOf(credential, service, refusal);
  await (command.json ? printJson(io.stdout, report) : print(io.stdout, text(report)));
  return refusal === undefined ? EXIT.done : EXIT.refused;
}

async function serviceOf({ url, profile: file }: TicketCommand, parts: CommandParts): Promise<string | undefined> {
  if (url === undefined) return undefined;
  const { expectation } = await findTarget(url, usable(await profileFor(file, parts)), parts);
  const { service, lookup } = expectation.server;
  if (lookup !== undefined) return namedByDirectory(expectation, parts);
  if (service === undefined) throw new UsageError(`the site of ${JSON.stringify(url)} has no service principal name`);
  return service.principal;
}

/** @throws Refusal `directory.*`, `scp.*` */
async function namedByDirectory(to: Expectation, parts: CommandParts): Promise<string | undefined> {
  const asked = { ...to, channel: nextChannelId() };
  const { expectation } = await createLocator(parts).locate(asked, new AbortController().signal);
  return expectation.server.service?.principal;
}

/** Asks the KDC for a ticket and makes a token that is thrown away: nothing is sent to the service. */
async function ticketFor(gss: GssPort, spn: string): Promise<Refusal | undefined> {
  const context = gss.initiate({ spn, mechanism: "krb5", flags: ["mutual", "integrity"] });
  try {
    await context.step();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  } finally {
    context.dispose();
  }
}

function reportOf(credential: GssCredential, service: string | undefined, refusal: Refusal | undefined): TicketReport {
  const explained = refusal === undefined ? undefined : explain(refusal);
  return {
    principal: credential.principal,
    realm: credential.realm,
    expires: new Date(credential.expires).toISOString(),
    service:
      service === undefined ? null : { principal: service, ticket: refusal === undefined ? "granted" : "refused" },
    code: explained?.code ?? null,
    message: explained?.message ?? null,
    remedy: explained?.remedy ?? null,
    it: explained?.it ?? null,
    environment: trustedEnvironment(process.env),
  };
}

function text({ principal, realm, expires, service, code, message, remedy, it, environment }: TicketReport): string {
  return [
    `${principal}`,
    `  realm:   ${realm}`,
    `  expires: ${expires}`,
    ...(service === null
      ? []
      : [`  ticket for ${service.principal}: ${service.ticket}${code === null ? "" : ` (${code})`}`]),
    ...[message, remedy && `What to do: ${remedy}`, it && `For IT: ${it}`].flatMap((line) =>
      line ? [`  ${line}`] : [],
    ),
    ...(environment.length === 0 ? [] : [`  set in the environment and deciding trust: ${environment.join(", ")}`]),
    "",
  ].join("\n");
}
