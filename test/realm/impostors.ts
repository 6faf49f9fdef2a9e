import { brokenRows } from "./impostors/broken.ts";
import { certificateRows } from "./impostors/certificates.ts";
import { clientRows } from "./impostors/clients.ts";
import { connectionRows } from "./impostors/connections.ts";
import { formRows } from "./impostors/forms.ts";
import { handshakeRows } from "./impostors/handshakes.ts";
import { identityRows } from "./impostors/identities.ts";
import type { Row } from "./impostors/row.ts";
import { stapleRows } from "./impostors/staples.ts";

/**
 * Every server that the client may meet: each row is wrong in exactly one way and right in all others; rows that begin
 * with "control" are right in all, so that a client which refuses everybody fails too.
 */
export const impostors: readonly Row[] = [
  ...certificateRows,
  ...handshakeRows,
  ...stapleRows,
  ...brokenRows,
  ...clientRows,
  ...identityRows,
  ...formRows,
  ...connectionRows,
];
