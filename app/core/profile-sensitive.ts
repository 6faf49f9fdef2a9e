/** The profile's piece about what users enter into sensitive fields. */
import { z } from "zod";
import { object } from "./profile-parts.ts";

export const sensitive = object({
  reauthenticate: z
    .boolean({ error: "true or false" })
    .default(false)
    .describe(
      "Whether a form with something in a sensitive field is sent only after both sides have proved themselves anew and the user has confirmed where it goes.",
    ),
})
  .optional()
  .describe("Passwords, PINs, one-time codes, card, account and identity numbers that users enter.");
