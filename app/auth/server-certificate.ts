import type { Authenticator } from "./authenticator.ts";
import { judgeServer } from "./judge-server.ts";

/** Proves the server by its certificates: pins, and a chain where the profile has anchors. Applies to every channel. */
export const serverCertificateAuthenticator = (): Authenticator => ({
  method: "server-certificate",
  applies: () => true,
  judgeServer,
});
