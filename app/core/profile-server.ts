/** The profile's `server`: what proves a site's server. */
import { z } from "zod";
import { type AnchorReader, anchors, object, PINS_EXPECTED, pin, realm, serviceClass } from "./profile-parts.ts";
import { scp } from "./profile-scp.ts";
import { isServiceName } from "./spn.ts";

const spn = object({
  class: serviceClass.describe("Service class of the principal."),
  realm,
  port: z.boolean({ error: "true or false" }).default(false).describe("Whether the port is part of the name."),
  name: z
    .string({ error: "a service name" })
    .refine(isServiceName, { error: "a DNS name or a plain word" })
    .optional()
    .describe("Service name, where it is another than the host."),
}).describe("The service principal name, composed with the host that the user asked for.");

/** What proves a site's server: its certificate, its service principal name, or both. */
export function server(readAnchor: AnchorReader) {
  return object({
    pins: z
      .array(pin, { error: PINS_EXPECTED })
      .max(64, { error: PINS_EXPECTED })
      .default([])
      .describe("As for a server without spn; with an spn and anchors there may be none."),
    anchors: anchors(readAnchor).default([]),
    spn: spn.optional(),
    scp: scp(readAnchor).optional(),
    binding: z
      .literal("enforced", { error: '"enforced", or nothing' })
      .optional()
      .describe(
        "IT's statement that the acceptor refuses tokens without the right channel binding. Only with it may a service be recognised by its SPN without pin or anchor.",
      ),
  }).describe("What proves the server.");
}
