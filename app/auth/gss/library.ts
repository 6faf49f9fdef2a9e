import { openGssapi } from "./gssapi.ts";
import type { GssLibrary } from "./port.ts";
import { openSspi } from "./sspi.ts";

/** The system's Kerberos. @throws Refusal `kerberos.library` */
export function openKerberos(): GssLibrary {
  return process.platform === "win32" ? openSspi() : openGssapi();
}
