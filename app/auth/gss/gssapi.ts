/**
 * Kerberos by the system's GSSAPI library. Runs in a process of its own, because a call that waits for a KDC blocks its
 * thread and cannot be cancelled.
 */
import { Gssapi } from "./gssapi-calls.ts";
import { GssapiContext } from "./gssapi-context.ts";
import { loadGssapi } from "./gssapi-library.ts";
import type { GssLibrary } from "./port.ts";
import { SecurityContext } from "./security-context.ts";

/**
 * Loads the system's library.
 * @param names of the library, where it is not the system's own choice
 * @throws Refusal `kerberos.library`
 */
export function openGssapi(names?: readonly string[]): GssLibrary {
  const gss = new Gssapi(loadGssapi(names));
  return {
    credential: () => gss.credential(),
    initiate: (options) => new SecurityContext(new GssapiContext(gss, options), options.spn),
  };
}
