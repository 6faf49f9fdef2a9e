/**
 * The profile: IT's configuration, schema version 1. The zod schema is the one definition; the types follow from it
 * and resources/profile.schema.json is generated from it.
 */
import { z } from "zod";
import { parseDistinguishedName } from "./distinguished-name.ts";
import { parseHostileEntry } from "./hostile-entry.ts";
import { originFault } from "./origin.ts";
import { channels, channelsFaults, secondPath } from "./profile-channels.ts";
import { crossFieldProblems } from "./profile-checks.ts";
import { hostileList } from "./profile-hostile.ts";
import { pages } from "./profile-pages.ts";
import { type AnchorReader, addresses, list, object, pinnedServer } from "./profile-parts.ts";
import { type ProfileProblem, problemOf, problemsOf } from "./profile-problem.ts";
import { sensitive } from "./profile-sensitive.ts";
import { server } from "./profile-server.ts";
import { protection, servicePort, siteFault, transport } from "./profile-transport.ts";
import { unlisted, unlistedAnchors } from "./profile-unlisted.ts";

export type { AnchorReader } from "./profile-parts.ts";
export type { ProfileProblem } from "./profile-problem.ts";

export type ProfileResult =
  | { readonly ok: true; readonly profile: Profile }
  | { readonly ok: false; readonly problems: readonly ProfileProblem[] };

type DeepReadonly<T> = T extends string | number | boolean | undefined
  ? T
  : { readonly [K in keyof T]: DeepReadonly<T[K]> };

export type Profile = DeepReadonly<z.output<ReturnType<typeof profileSchema>>>;
export type Site = Profile["sites"][number];
export type Subresource = Site["subresources"][number];

/**
 * Checks a profile document and takes it whole or not at all.
 * @param readAnchor reads the certificates of `server.anchors` (app/profile/anchor-reader.ts).
 */
export function parseProfile(document: unknown, readAnchor: AnchorReader): ProfileResult {
  const parsed = profileSchema(readAnchor).safeParse(document);
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error, document) };
  const problems = crossFieldProblems(parsed.data).map(({ path, expected }) => problemOf(document, path, expected));
  return problems.length === 0 ? { ok: true, profile: parsed.data } : { ok: false, problems };
}

/** JSON Schema (draft 2020-12) of the documents that `parseProfile` reads. */
export function profileJsonSchema(): object {
  const unused: AnchorReader = () => ({ fault: "never read" });
  return { title: "Countersign profile, version 1", ...z.toJSONSchema(profileSchema(unused), { io: "input" }) };
}

/** Shown to people, so without control and direction characters that could disguise it. */
function displayName(what: string) {
  const expected = `${what}: 1 to 80 visible characters without spaces at the ends`;
  return z.string({ error: expected }).regex(/^(?!\s)[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,80}(?<!\s)$/u, { error: expected });
}

const origin = z
  .string({ error: "an https origin" })
  .superRefine((value, context) => {
    const fault = originFault(value);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  })
  .meta({
    description: "https origin in canonical form (https://host or https://host:port); no IP address, no single label.",
    pattern: "^https://[a-z0-9.-]+(:[0-9]{1,5})?$",
  });

const probe = z
  .string({ error: "a path that begins with /" })
  .refine((value) => value.startsWith("/") && new URL(`https://host.example${value}`).pathname === value, {
    error: "a path in canonical form that begins with /, without query or fragment",
  })
  .meta({ pattern: "^/[^?#]*$" })
  .default("/")
  .describe("Path of the bodiless request that shows whether the server accepted the client's certificate.");

const issuer = z
  .string({ error: "the issuer's name" })
  .refine((value) => parseDistinguishedName(value) !== undefined, {
    error: "an RFC 4514 name such as CN=Example Client CA,O=Example Bank (no spaces around commas)",
  })
  .describe("Distinguished name of the CA that issues the users' certificates (RFC 4514).");

const client = z
  .discriminatedUnion(
    "method",
    [
      object({ method: z.literal("certificate"), issuer, probe }).describe(
        "The user proves themselves with a certificate of this issuer.",
      ),
      object({
        method: z.literal("kerberos"),
        delegate: z
          .boolean({ error: "true or false" })
          .default(false)
          .describe("Whether the service may act as the user elsewhere (forwarded ticket)."),
        probe: probe.describe("Path of the request that carries the token before any page is asked for."),
      }).describe(
        "The user proves themselves with the ticket of their network sign-in; needs server.spn or server.scp.",
      ),
      object({ method: z.literal("form") }).describe("The site's own form is the user's proof."),
    ],
    { error: 'an object whose method is "certificate", "kerberos" or "form"' },
  )
  .describe("What proves the user.");

function subresource(readAnchor: AnchorReader) {
  return object({
    origin,
    addresses,
    server: pinnedServer(readAnchor),
    query: z.boolean({ error: "true or false" }).default(false).describe("Whether requests may have a query string."),
  }).describe("A host that the site's pages may read from: GET and HEAD, without cookies or identity.");
}

function site(readAnchor: AnchorReader) {
  return object({
    id: z
      .string({ error: "an id" })
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, {
        error: "1 to 64 lower-case letters, digits and inner hyphens",
      })
      .describe("Names the site in logs and in its own storage; keep it when other things change."),
    name: displayName("the site's name").describe("Shown to the user."),
    origins: list(origin, "https origins", 64).describe("The site's own origins; the first is its home."),
    addresses,
    transport,
    protection,
    servicePort,
    server: server(readAnchor),
    client,
    channels,
    secondPath,
    pages,
    sensitive,
    subresources: z
      .array(subresource(readAnchor), { error: "a list of subresources" })
      .max(256, { error: "at most 256 subresources" })
      .default([])
      .describe("Hosts beyond the site's origins that its pages may read from."),
  }).superRefine((value, context) => {
    for (const { path, expected } of channelsFaults(value)) {
      context.addIssue({ code: "custom", path: [...path], message: expected });
    }
    const fault = siteFault(value);
    if (fault !== undefined) context.addIssue({ code: "custom", path: [...fault.path], message: fault.expected });
  });
}

const hostileEntry = z
  .string({ error: "an http(s) URL or a host" })
  .max(2048, { error: "at most 2048 characters" })
  .refine((value) => parseHostileEntry(value) !== undefined, {
    error: "an http(s) URL without user name, or a host name or IP address alone",
  })
  .describe("A host with its subdomains, or an http(s) URL: with a path, this path and everything below it.");

/** The schema as a function of how certificates are read. */
function profileSchema(readAnchor: AnchorReader) {
  return object({
    version: z.literal(1, { error: "1, the version of this schema" }).describe("Version of this schema."),
    serial: z
      .int({ error: "a whole number from 0" })
      .min(0, { error: "a whole number from 0" })
      .describe("Revision of this profile; raise it with every change."),
    organization: displayName("the organisation's name").describe("Shown to the user."),
    sites: list(site(readAnchor), "sites", 1000),
    hostile: z
      .array(hostileEntry, { error: "a list of URLs and hosts" })
      .max(100_000, { error: "at most 100000 entries" })
      .default([])
      .describe("Addresses that are never contacted."),
    hostileLists: z
      .array(hostileList(readAnchor), { error: "a list of hostile lists" })
      .max(32, { error: "at most 32 hostile lists" })
      .optional()
      .describe("Lists of such addresses that are kept outside the profile, signed and updated by themselves."),
    unlisted,
    unlistedAnchors: unlistedAnchors(readAnchor),
  }).describe("Taken whole or not at all: one error anywhere, and no site opens.");
}
