/**
 * A directory's statement in the logic: the profile gives the directory jurisdiction over how a service is called and
 * where it is; that it said so just now is evidence. Nothing else that it says counts.
 */
import type { Evidence } from "../evidence.ts";
import type { ChannelExpectation, DirectoryLookup } from "../expectation.ts";
import type { Premise } from "./facts.ts";
import { believes, both, controls, type Datum, datum, type Formula, fresh, said } from "./formula.ts";
import { shorten } from "./print.ts";
import { C, DIRECTORY } from "./vocabulary.ts";

type EntryEvidence = Extract<Evidence, { kind: "directory.entry" }>;
type Named = Pick<ChannelExpectation, "server" | "place">;

/** `ldaps://host:port` */
export function directoryUrl({ host, port }: Pick<DirectoryLookup, "host" | "port">): string {
  return `ldaps://${host}:${port}`;
}

/** The service is called so, and runs there. */
function located({ server, place }: Named): Datum {
  const principal = server.service?.principal ?? "unknown";
  const where = place === undefined ? "nowhere" : `${place.host}:${place.port}`;
  return datum(`located(${principal}, ${where})`, [principal, where], `the service is ${principal}, at ${where}`);
}

/** What has to be believed of a service that a directory names, before its proof counts for it. */
export function namedByDirectory(to: Named): readonly Formula[] {
  return to.server.lookup === undefined ? [] : [believes(C, located(to))];
}

export function entryStatements(
  { principal, host, port, directory, directoryChannel, directoryKey }: EntryEvidence,
  { server, place }: ChannelExpectation,
): readonly { readonly formula: Formula; readonly sentence: string }[] {
  const { lookup, service } = server;
  if (lookup === undefined || directory !== directoryUrl(lookup) || principal !== service?.principal) return [];
  if (place === undefined || host !== place.host || port !== place.port) return [];
  const reading = datum(`search(${directoryChannel})`, [directoryChannel], "the directory has just been asked");
  return [
    {
      formula: believes(C, said(DIRECTORY, both(reading, located({ server, place })))),
      sentence: `The directory ${directory}, which proved its key ${shorten(directoryKey)}, says that the service is ${principal}, at ${host}:${port}.`,
    },
    { formula: believes(C, fresh(reading)), sentence: "This client asked the directory just now and for itself." },
  ];
}

export function directoryPremises(to: ChannelExpectation): readonly Premise[] {
  if (to.server.lookup === undefined || to.server.service === undefined) return [];
  return [
    {
      formula: believes(C, controls(DIRECTORY, located(to))),
      sentence:
        "Your organisation lets this directory say how the service is called and where it is, and nothing else.",
      basis: "assumption",
      source: "profile: server.scp",
    },
  ];
}
