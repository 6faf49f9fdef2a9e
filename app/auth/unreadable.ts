/** What a byte stream that is no readable handshake is refused with. */

import { asksToSignIn, captivePortal } from "../core/captive-portal.ts";
import { Refusal } from "../core/refusal.ts";
import { MalformedMessage } from "./octets.ts";
import { BadRecord } from "./tls-records.ts";

/**
 * @param error what a reader threw
 * @param head how the server's first octets begin
 */
export function unreadable(error: unknown, head: Buffer): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof BadRecord && error.notTls) return instead(head, error);
  const fault =
    error instanceof BadRecord || error instanceof MalformedMessage ? error.message : "unreadable handshake";
  return new Refusal(
    "tls.handshake",
    { fault, expected: "a handshake as RFC 8446 or RFC 5246 has it" },
    { cause: error },
  );
}

/** A status line is enough to tell a network that wants to be visited first from a server without TLS. */
function instead(head: Buffer, cause: BadRecord): Refusal {
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?= |\r|$)/.exec(head.toString("latin1"))?.[1]);
  if (asksToSignIn(status)) return captivePortal(`HTTP ${status} in answer to the TLS ClientHello`, undefined, cause);
  return new Refusal("tls.not-tls", { fault: cause.message, expected: "a TLS ServerHello" }, { cause });
}
