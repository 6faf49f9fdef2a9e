/** The profile's lists of hostile addresses that are kept outside it. */
import { z } from "zod";
import { originFault } from "./origin.ts";
import { type AnchorReader, addresses, object, pinnedServer } from "./profile-parts.ts";

export const LIST_FORMATS = ["lines", "hosts", "urlhaus-csv", "urlhaus-json", "rpz"] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

/** Where a list's release lies: what the profile says of its `url`, or of its `file`. */
const PLACE = "either url and server, or file";

const minutesOf = { m: 1, h: 60, d: 24 * 60 } as const;

/** `90m`, `6h`, `7d` → minutes. */
function duration(what: string, fallback: string) {
  return z
    .string({ error: what })
    .regex(/^[1-9]\d{0,3}[mhd]$/, { error: what })
    .default(fallback)
    .transform((text) => Number(text.slice(0, -1)) * (minutesOf[text.slice(-1) as keyof typeof minutesOf] ?? 1));
}

/** Whether a text can be a list's address: https, no query, and a file's name at the end, beside which others lie. */
function isReleaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { href, origin, search, hash, pathname, username } = new URL(text);
  return (
    href === text && originFault(origin) === undefined && username + search + hash === "" && !pathname.endsWith("/")
  );
}

export function hostileList(readAnchor: AnchorReader) {
  return object({
    id: z
      .string({ error: "an id" })
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, {
        error: "1 to 64 lower-case letters, digits and inner hyphens",
      })
      .describe("Names the list in its release and in the storage."),
    name: z
      .string({ error: "the list's name" })
      .regex(/^(?!\s)[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,80}(?<!\s)$/u, { error: "1 to 80 visible characters" })
      .describe("Shown to the user when the list refuses an address."),
    url: z
      .string({ error: "an https URL" })
      .refine(isReleaseUrl, { error: "a canonical https URL of a file, without query" })
      .optional()
      .describe("Address of the list's release (docs/hostile.md); the files it names lie beside it."),
    server: pinnedServer(readAnchor).optional().describe("What proves the server of `url`."),
    addresses,
    file: z
      .string({ error: "a path" })
      .regex(/^(?:\/|[A-Za-z]:[\\/]|\\\\).*[^\\/]$/, { error: "an absolute path of a file" })
      .optional()
      .describe("Path of the list's release on this machine, instead of `url`."),
    format: z
      .enum(LIST_FORMATS, { error: `one of ${LIST_FORMATS.join(", ")}` })
      .default("lines")
      .describe("What the list's file is: one URL or domain a line, a hosts file, URLhaus CSV or JSON, an RPZ zone."),
    publicKey: z
      .string({ error: "a PEM public key" })
      .regex(/^-----BEGIN PUBLIC KEY-----[\sA-Za-z0-9+/=]{40,1000}-----END PUBLIC KEY-----\s*$/, {
        error: "a PEM public key (Ed25519 or ECDSA P-256)",
      })
      .describe("Verifies the signature of the release: Ed25519, or ECDSA P-256 with SHA-256."),
    refresh: duration("how often to look for a new release, e.g. 30m, 6h, 1d", "6h").describe(
      "How often a new release is looked for: minutes, hours or days.",
    ),
    staleAfter: duration("the age from which the list is old, e.g. 12h, 7d", "7d").describe(
      "Age of a release, by its own date, from which the user is warned.",
    ),
    whenStale: z
      .enum(["warn", "refuse"], { error: '"warn" or "refuse"' })
      .default("warn")
      .describe("Whether addresses are refused while the list is older than that, missing or damaged."),
    reportTo: z
      .string({ error: "a mail address or an https URL" })
      .regex(/^(?:mailto:[^\s<>"@]{1,64}@[^\s<>"@]{1,190}|https:\/\/[^\s<>"]{1,500})$/, {
        error: "mailto:… or https://…",
      })
      .optional()
      .describe("Where people report an address that is listed by mistake; shown with the refusal."),
  }).superRefine((value, context) => {
    const byUrl = value.url !== undefined && value.server !== undefined && value.file === undefined;
    const byFile =
      value.file !== undefined && [value.url, value.server, value.addresses].every((each) => each === undefined);
    if (!byUrl && !byFile) context.addIssue({ code: "custom", path: ["url"], message: PLACE });
  });
}

export type HostileList = z.output<ReturnType<typeof hostileList>>;
