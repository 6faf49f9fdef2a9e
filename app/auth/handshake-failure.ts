import { Refusal } from "../core/refusal.ts";
import type { Observations } from "./tap.ts";
import { ALERT, alertName } from "./tls-alerts.ts";

const EXPECTED = "a completed handshake";

/**
 * Names the cause of a handshake that ended: from the server's alert, from the alert our own library raised, or from
 * the bare end of the connection.
 * @param provesClient an identity of ours was on offer
 * @param error what the TLS socket reported, if anything
 */
export function handshakeFailure(seen: Observations, provesClient: boolean, error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (seen.transportError instanceof Refusal) return seen.transportError;
  return byServerAlert(seen, provesClient, error) ?? byOwnAlert(seen, error) ?? byClose(seen, provesClient, error);
}

function byServerAlert(seen: Observations, provesClient: boolean, cause: unknown): Refusal | undefined {
  const value = seen.serverAlert === undefined ? libraryAlert(cause) : alertName(seen.serverAlert);
  if (value === undefined || value === "close_notify") return undefined;
  if (seen.released && provesClient) return rejectedIdentity(value, cause);
  const code = value === alertName(ALERT.protocolVersion) ? "tls.version" : "tls.handshake";
  const fault =
    value === alertName(ALERT.handshakeFailure) && seen.flight === undefined
      ? "the server takes none of the cipher suites, groups or signature algorithms offered"
      : "the server ended the handshake with an alert";
  return new Refusal(code, { value, fault, expected: EXPECTED }, { cause });
}

function byOwnAlert(seen: Observations, cause: unknown): Refusal | undefined {
  const value = libraryReason(cause) ?? (seen.ownAlert === undefined ? undefined : alertName(seen.ownAlert));
  if (value === undefined) return undefined;
  if (seen.ownAlert === ALERT.decryptError && !seen.released) {
    return new Refusal(
      "server.possession",
      {
        value,
        fault: "the server's signature over this handshake does not verify with its certificate's key",
        expected: "a signature by that key",
      },
      { cause },
    );
  }
  if (
    seen.certificateRequested &&
    !seen.released &&
    /NO_COMMON_SIGNATURE|NO_SUITABLE_SIGNATURE|UNKNOWN_CERTIFICATE_TYPE/i.test(value)
  ) {
    return new Refusal(
      "client.identity-unsupported",
      { value, fault: "the identity's key cannot sign this handshake", expected: "a key both sides can use" },
      { cause },
    );
  }
  if (/CERTIFICATE_TYPE|UNSUPPORTED_ALGORITHM|UNKNOWN_PUBLIC_KEY|DECODE_ERROR_KEY/i.test(value)) {
    return new Refusal(
      "server.unsupported-key",
      { value, fault: "this TLS library cannot use the server's kind of key", expected: "an RSA or ECDSA key" },
      { cause },
    );
  }
  const code = seen.ownAlert === ALERT.protocolVersion ? "tls.version" : "tls.handshake";
  return new Refusal(code, { value, fault: "the handshake cannot be accepted", expected: EXPECTED }, { cause });
}

function byClose(seen: Observations, provesClient: boolean, cause: unknown): Refusal {
  if (seen.released && provesClient) return rejectedIdentity("connection closed", cause ?? seen.transportError);
  const fault =
    seen.received === 0
      ? "the connection ended before the server said anything"
      : "the connection ended in the middle of the handshake";
  return new Refusal("network.closed", { value: "handshake", fault, expected: EXPECTED }, { cause });
}

/** The server turned our certificate down, however it said so. */
export function rejectedIdentity(value: string, cause: unknown): Refusal {
  return new Refusal(
    "client.rejected",
    { value, fault: "the server turned the identity down", expected: "an answer to the probe" },
    { cause },
  );
}

/** The alert that an error of OpenSSL or BoringSSL stands for, when the peer sent one. */
export function libraryAlert(error: unknown): string | undefined {
  const reason = libraryReason(error);
  return /(?:^|_)ALERT_(?:NUMBER_)?(\w+)$/.exec(reason ?? "")?.[1]?.toLowerCase();
}

/** e.g. `WRONG_VERSION_NUMBER`; undefined for errors that are not the library's. */
function libraryReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const stated = (error as { reason?: unknown }).reason;
  const reason = typeof stated === "string" ? stated : /SSL routines:\w*:([\w ]+)/.exec(error.message)?.[1];
  return reason?.toUpperCase().replaceAll(" ", "_");
}
