/** Networks that want to be visited before they let anything through (captive portals, RFC 8952). */
import { Refusal } from "./refusal.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Whether something that should not speak HTTP at all, or open a tunnel, asks with this status to be visited first:
 * 511 (RFC 6585 §6), or a redirect to its own page.
 */
export function asksToSignIn(status: number): boolean {
  return status === 511 || REDIRECTS.has(status);
}

/** @param value who answered so, where that is known */
export function captivePortal(fault: string, value?: string, cause?: unknown): Refusal {
  const expected = "a network that passes on what is sent";
  return new Refusal(
    "network.captive-portal",
    { ...(value === undefined ? {} : { value }), fault, expected },
    cause === undefined ? {} : { cause },
  );
}
