/** The profile's piece about what pages of a site may do beyond their own place. */
import { z } from "zod";
import { object } from "./profile-parts.ts";

/** What a page asks for, and what becomes of it: the user is asked, it is denied, it is allowed. */
export type Rule = "ask" | "deny" | "allow";

/** What pages may be granted; everything else that engines know is denied. */
export const PAGE_PERMISSIONS = ["notifications", "camera", "microphone", "fullscreen", "pointer-lock"] as const;
export type PagePermission = (typeof PAGE_PERMISSIONS)[number];

export interface PageRules {
  readonly permissions: readonly PagePermission[];
  readonly downloads: Rule;
  readonly clipboard: Rule;
  readonly print: "ask" | "deny";
  readonly externalLinks: Rule;
}

const rule = (about: string) =>
  z.enum(["ask", "deny", "allow"], { error: '"ask", "deny" or "allow"' }).default("ask").describe(about);

export const pages = object({
  permissions: z
    .array(z.enum(PAGE_PERMISSIONS, { error: `one of ${PAGE_PERMISSIONS.join(", ")}` }), { error: "a list" })
    .max(PAGE_PERMISSIONS.length, { error: "each permission once" })
    .default([])
    .describe("What pages are granted without a question. Everything that is not listed is denied."),
  downloads: rule("Files that pages offer."),
  clipboard: rule("Scripts that read or write the clipboard. What users copy and paste themselves is theirs."),
  print: z
    .enum(["ask", "deny"], { error: '"ask" or "deny"' })
    .default("ask")
    .describe("ask: the system's print dialog. deny: none, and no alert, confirm and prompt dialogs of pages either."),
  externalLinks: rule("Links to other sites of this profile, and mailto: and tel: links."),
})
  .optional()
  .describe("What the site's pages may do beyond their own place.");

const DEFAULTS: PageRules = { permissions: [], downloads: "ask", clipboard: "ask", print: "ask", externalLinks: "ask" };

/** The rules of a site, where the profile says nothing the default ones. */
export function pageRules({ pages: given }: { readonly pages?: PageRules | undefined }): PageRules {
  return given ?? DEFAULTS;
}
