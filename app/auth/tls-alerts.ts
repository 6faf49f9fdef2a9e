/** Names of alerts (RFC 8446 §6, RFC 5246 §7.2). */
const ALERTS: ReadonlyMap<number, string> = new Map([
  [0, "close_notify"],
  [10, "unexpected_message"],
  [20, "bad_record_mac"],
  [22, "record_overflow"],
  [40, "handshake_failure"],
  [42, "bad_certificate"],
  [43, "unsupported_certificate"],
  [44, "certificate_revoked"],
  [45, "certificate_expired"],
  [46, "certificate_unknown"],
  [47, "illegal_parameter"],
  [48, "unknown_ca"],
  [49, "access_denied"],
  [50, "decode_error"],
  [51, "decrypt_error"],
  [70, "protocol_version"],
  [71, "insufficient_security"],
  [80, "internal_error"],
  [86, "inappropriate_fallback"],
  [90, "user_canceled"],
  [100, "no_renegotiation"],
  [109, "missing_extension"],
  [110, "unsupported_extension"],
  [112, "unrecognized_name"],
  [113, "bad_certificate_status_response"],
  [115, "unknown_psk_identity"],
  [116, "certificate_required"],
  [120, "no_application_protocol"],
]);

export const ALERT = { handshakeFailure: 40, decryptError: 51, protocolVersion: 70 } as const;

/** The description octet of a plaintext alert record; undefined when it is none (RFC 8446 §6: exactly two octets). */
export function alertOf(fragment: Buffer): number | undefined {
  const level = fragment[0];
  return fragment.length === 2 && (level === 1 || level === 2) ? fragment[1] : undefined;
}

export function alertName(description: number): string {
  return ALERTS.get(description) ?? `alert ${description}`;
}
