/** The profile's piece about addresses that belong to no site. */
import { z } from "zod";
import { type AnchorReader, anchors } from "./profile-parts.ts";

export const unlisted = z
  .enum(["refuse", "read-only"], { error: '"refuse" or "read-only"' })
  .default("refuse")
  .describe(
    "What becomes of addresses outside the sites: refused, or shown without scripts, forms, keyboard, clipboard and credentials.",
  );

/** Authorities of an organisation's own that may vouch for the names of read-only sites, beside the public ones. */
export function unlistedAnchors(readAnchor: AnchorReader) {
  return anchors(readAnchor)
    .optional()
    .describe(
      'With "unlisted": "read-only": CA certificates that are believed for such sites beside the public authorities. They vouch for no site of the profile.',
    );
}
