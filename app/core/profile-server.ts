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
  })
    .superRefine((value, context) => {
      const fault = serverFault(value);
      if (fault !== undefined) context.addIssue({ code: "custom", path: [fault.key], message: fault.expected });
    })
    .describe("What proves the server.");
}

interface ServerShape {
  readonly pins: readonly string[];
  readonly anchors: readonly unknown[];
  readonly spn?: unknown;
  readonly scp?: unknown;
  readonly binding?: unknown;
}

/** A Kerberos token is a login for whoever gets it; without enforced bindings a key must be known beforehand. */
function serverFault({ pins: known, anchors: issuers, spn: service, scp: lookup, binding }: ServerShape) {
  if (service !== undefined && lookup !== undefined) return { key: "scp", expected: "either spn or scp" };
  if (service === undefined && lookup === undefined) {
    if (binding !== undefined) return { key: "binding", expected: "a binding only together with spn or scp" };
    return known.length > 0 ? undefined : { key: "pins", expected: PINS_EXPECTED };
  }
  if (known.length > 0 || issuers.length > 0 || binding === "enforced") return undefined;
  return { key: "pins", expected: 'pins or anchors with an spn or scp, or "binding": "enforced"' };
}
