import type { Certificate } from "./x509-certificate.ts";

const MAX_SERIAL_OCTETS = 20;

/** What RFC 5280 demands of the form of every certificate below an anchor, in words; the first fault. */
export function encodingFault(certificate: Certificate): string | undefined {
  const { version, serial, issuer, unknownCritical, longDateTooEarly } = certificate;
  if (version !== 3) {
    return `has version ${version}; expected 3`;
  }
  if ((serial[0] ?? 0) >= 0x80 || serial.every((octet) => octet === 0)) {
    return "has a serial number that is not positive (RFC 5280 §4.1.2.2)";
  }
  // Twenty octets, and one more where the sign bit needs it.
  if (serial.length > MAX_SERIAL_OCTETS + 1 || (serial.length === MAX_SERIAL_OCTETS + 1 && serial[0] !== 0)) {
    return `has a serial number of more than ${MAX_SERIAL_OCTETS} octets (RFC 5280 §4.1.2.2)`;
  }
  if (issuer.keys.length === 0) {
    return "names no issuer (RFC 5280 §4.1.2.4)";
  }
  if (longDateTooEarly) {
    return "writes a date before 2050 as GeneralizedTime (RFC 5280 §4.1.2.5)";
  }
  return unknownCritical.length > 0 ? `has the unknown critical extension ${unknownCritical.join(", ")}` : undefined;
}
