import { getDomain } from "tldts";

/** An address cut for display; the parts joined give the address without its scheme. */
export interface AddressParts {
  /** Labels in front of the registrable domain, with their dots. */
  readonly subdomain: string;
  /** The part somebody registered: what tells one owner from another. The whole host where there is none. */
  readonly registrable: string;
  /** `:8443`, or empty for the default port. */
  readonly port: string;
  /** Path and what follows; empty for the root. */
  readonly path: string;
}

/**
 * Cuts an origin and a path for the address line. Names stay in A-labels, so that look-alike letters of other
 * scripts cannot pass for Latin ones. Registrable parts follow the public suffix list, private section included.
 */
export function addressParts(origin: string, path: string): AddressParts {
  const url = parse(origin);
  if (url === undefined) return { subdomain: "", registrable: origin, port: "", path: "" };
  const registrable = getDomain(url.hostname, { allowPrivateDomains: true }) ?? url.hostname;
  return {
    subdomain: url.hostname.slice(0, url.hostname.length - registrable.length),
    registrable,
    port: url.port === "" ? "" : `:${url.port}`,
    path: path === "/" ? "" : path,
  };
}

/** What the address line holds while it is edited. */
export function editableAddress(origin: string, path: string): string {
  return origin + (path === "/" ? "" : path);
}

/** An origin or address without its scheme, for lists. */
export function withoutScheme(origin: string): string {
  return origin.replace(/^https:\/\//, "");
}

/** Origin and path of a whole address; an address that does not parse is all origin. */
export function splitAddress(address: string): { readonly origin: string; readonly path: string } {
  const url = parse(address);
  return url === undefined ? { origin: address, path: "/" } : { origin: url.origin, path: url.pathname };
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
