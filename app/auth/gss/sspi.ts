/** Kerberos by Windows' SSPI. Runs in a process of its own, as GSSAPI does. */
import type { GssLibrary } from "./port.ts";
import { SecurityContext } from "./security-context.ts";
import { Sspi } from "./sspi-calls.ts";
import { SspiContext } from "./sspi-context.ts";
import { loadSspi } from "./sspi-library.ts";

/**
 * Loads the system's library. A context's user is that of the logon session, which does not change under a process.
 * @param names of the library, where it is not the system's own
 * @throws Refusal `kerberos.library`
 */
export function openSspi(names?: readonly string[]): GssLibrary {
  const sspi = new Sspi(loadSspi(names));
  return {
    credential: () => sspi.credential(),
    initiate: (options) => new SecurityContext(new SspiContext(sspi, options), options.spn),
  };
}
