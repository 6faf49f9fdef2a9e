import { nextChannelId } from "../auth/channel-id.ts";
import { createLocator } from "../auth/directory/locator.ts";
import { type KerberosVariable, variablesLine } from "../auth/gss/environment.ts";
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
  /** These three are null where nobody is signed in. */
  readonly principal: string | null;
  readonly realm: string | null;
  /** ISO 8601, UTC. */
  readonly expires: string | null;
  /** The service of the address that was given; null without one. */
  readonly service: { readonly principal: string; readonly ticket: "granted" | "refused" } | null;
  /** Why there is no sign-in, or no ticket for the service. */
  readonly code: string | null;
  readonly message: string | null;
  readonly remedy: string | null;
  readonly it: string | null;
  /** Variables of the environment that the Kerberos library knows. */
  readonly environment: readonly KerberosVariable[];
}

interface Found {
  readonly credential?: GssCredential;
  readonly service?: string;
  readonly refusal?: Refusal;
}

/** `ticket [url]`: exit 0 when there is a sign-in and, for an address, a ticket for its service. */
export async function ticket(command: TicketCommand, io: CommandIo, parts: CommandParts): Promise<number> {
  const service = await serviceOf(command, parts);
  const found = await find(parts.gss, service);
  const report = reportOf(found, parts.kerberosVariables);
  await (command.json ? printJson(io.stdout, report) : print(io.stdout, text(report)));
  return found.refusal === undefined ? EXIT.done : EXIT.refused;
}

async function find(gss: GssPort, service: string | undefined): Promise<Found> {
  const asked = service === undefined ? {} : { service };
  try {
    const credential = await gss.credential();
    const refusal = service === undefined ? undefined : await ticketFor(gss, service);
    return { ...asked, credential, ...(refusal === undefined ? {} : { refusal }) };
  } catch (error) {
    if (error instanceof Refusal) return { ...asked, refusal: error };
    throw error;
  }
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

function reportOf({ credential, service, refusal }: Found, environment: readonly KerberosVariable[]): TicketReport {
  const explained = refusal === undefined ? undefined : explain(refusal);
  const ticketState = refusal === undefined ? "granted" : "refused";
  return {
    principal: credential?.principal ?? null,
    realm: credential?.realm ?? null,
    expires: credential === undefined ? null : new Date(credential.expires).toISOString(),
    service: service === undefined ? null : { principal: service, ticket: ticketState },
    code: explained?.code ?? null,
    message: explained?.message ?? null,
    remedy: explained?.remedy ?? null,
    it: explained?.it ?? null,
    environment,
  };
}

function text({ principal, realm, expires, service, code, message, remedy, it, environment }: TicketReport): string {
  return [
    principal ?? `not signed in (${code})`,
    ...(principal === null ? [] : [`  realm:   ${realm}`, `  expires: ${expires}`]),
    ...(service === null
      ? []
      : [`  ticket for ${service.principal}: ${service.ticket}${code === null ? "" : ` (${code})`}`]),
    ...[message, remedy && `What to do: ${remedy}`, it && `For IT: ${it}`, variablesLine(environment)].flatMap(
      (line) => (line ? [`  ${line}`] : []),
    ),
    "",
  ].join("\n");
}
