/** The profile's `server.scp`: a service that a directory names, by a serviceConnectionPoint object. */
import { z } from "zod";
import { parseDistinguishedName } from "./distinguished-name.ts";
import { isServerName } from "./origin.ts";
import { type AnchorReader, addresses, anchors, list, object, pins, realm, serviceClass } from "./profile-parts.ts";

const DIRECTORY_EXPECTED = "an LDAPS address such as ldaps://dc.example:636: a DNS name of two labels or more, no path";
const DOMAIN_EXPECTED = "a DNS name of two labels or more, in lower case";

const directory = z
  .string({ error: DIRECTORY_EXPECTED })
  .refine((text) => readDirectory(text) !== undefined, { error: DIRECTORY_EXPECTED })
  .meta({
    description: "The directory's server, in TLS from its first byte.",
    pattern: "^ldaps://[a-z0-9.-]+(:[0-9]{1,5})?$",
  });

const keyword = z
  .string({ error: "a keyword" })
  .regex(/^[^\p{Cc}]{1,256}$/u, { error: "1 to 256 characters, none of them a control character" });

/** Where the service's name and place are looked up. */
export function scp(readAnchor: AnchorReader) {
  return object({
    directory,
    addresses,
    pins,
    anchors: anchors(readAnchor).default([]),
    base: z
      .string({ error: "a distinguished name" })
      .refine((value) => parseDistinguishedName(value) !== undefined, {
        error: "an RFC 4514 name such as CN=Services,DC=corp,DC=example (no spaces around commas)",
      })
      .describe("Where the search begins. Who may write below it decides where users are led."),
    class: serviceClass.optional().describe("serviceClassName that the object must have, and class of the principal."),
    keywords: list(keyword, "keywords", 16).optional().describe("All of them must be among the object's keywords."),
    domain: z
      .string({ error: DOMAIN_EXPECTED })
      .refine(isServerName, { error: DOMAIN_EXPECTED })
      .optional()
      .describe("DNS name that serviceDNSName must be or lie below."),
    realm,
    port: z.boolean({ error: "true or false" }).default(false).describe("Whether the port is part of the name."),
  })
    .refine((value) => value.class !== undefined || value.keywords !== undefined, {
      path: ["class"],
      error: "a class, or keywords",
    })
    .describe("Where a directory says how the service is called and where it is (serviceConnectionPoint).");
}

/** The host and port of `ldaps://host[:port]`. @returns undefined for anything else */
export function readDirectory(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host = "", port = "636"] = /^ldaps:\/\/([a-z0-9.-]+)(?::([1-9]\d{0,4}))?$/.exec(text) ?? [];
  return isServerName(host) && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined;
}
