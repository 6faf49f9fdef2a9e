import type { Keystore } from "../keystore/identity.ts";
import type { Authenticator } from "./authenticator.ts";
import { certificateAuthenticator } from "./certificate.ts";
import type { GssPort } from "./gss/port.ts";
import { negotiateAuthenticator } from "./negotiate.ts";
import { serverCertificateAuthenticator } from "./server-certificate.ts";

/** What the authenticators work with. */
export interface AuthenticatorParts {
  readonly keystore: Pick<Keystore, "select">;
  /** The system's Kerberos. */
  readonly gss: GssPort;
}

/** The registry: every method there is, for windows and commands alike. The one that judges the server comes first. */
export function authenticators(parts: AuthenticatorParts): readonly Authenticator[] {
  return [serverCertificateAuthenticator(), certificateAuthenticator(parts), negotiateAuthenticator(parts)];
}
