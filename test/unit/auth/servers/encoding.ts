/** Certificates that are written wrongly. */
import {
  boolean,
  type Der,
  encode,
  generalizedTime,
  nothing,
  octets,
  oid,
  sequence,
  smallInteger,
  tagged,
  time,
} from "../../../realm/der.ts";
import { FIELD, HOUR, leaf, rewritten, withField } from "../judging.ts";
import { at, type Case, changed, row } from "./case.ts";

const key = leaf.key;
const validity = (notBefore: Der, notAfter: Der) =>
  rewritten(leaf, key, withField(FIELD.validity, sequence(notBefore, notAfter)));
const longLength = Buffer.concat([Buffer.from([0x30, 0x83, 0]), leaf.der.subarray(2, 4), leaf.der.subarray(4)]);

// node-forge writes integers minimally: write octets, then change their tag.
const serialOctets = Buffer.from("0406000102030405", "hex");
const paddedSerial = rewritten(leaf, key, withField(FIELD.serial, octets(serialOctets.subarray(2))));
paddedSerial[paddedSerial.indexOf(serialOctets)] = 0x02;

export const encoding: Case[] = [
  row(
    "version 1 with extensions",
    "server.certificate-invalid",
    "a version 1 certificate may not hold this field",
    changed(rewritten(leaf, key, (all) => all.slice(1))),
  ),
  row("version 2 with extensions", "server.certificate-invalid", "a version 2 certificate may not hold this field", {
    ...changed(rewritten(leaf, key, withField(FIELD.version, tagged(0, smallInteger(1))))),
  }),
  row("version 4", "server.certificate-invalid", "version must be 2 or 3 where it is written", {
    ...changed(rewritten(leaf, key, withField(FIELD.version, tagged(0, smallInteger(3))))),
  }),
  row("a length that is not minimal", "server.certificate-invalid", "certificate is not in DER", changed(longLength)),
  row(
    "a byte after the certificate",
    "server.certificate-invalid",
    "certificate is followed by 1 more bytes",
    changed(Buffer.concat([leaf.der, Buffer.from([0])])),
  ),
  row(
    "half a certificate",
    "server.certificate-invalid",
    "certificate is not ASN.1: End of input reached before message was fully decoded (inconsistent offset and length values)",
    changed(leaf.der.subarray(0, leaf.der.length / 2)),
  ),
  row(
    "a padded serial number",
    "server.certificate-invalid",
    "serial number is not a minimal INTEGER",
    changed(paddedSerial),
  ),
  row(
    "signature algorithms that differ",
    "server.certificate-invalid",
    "signature algorithms inside and outside of the signed part differ",
    {
      ...changed(rewritten(leaf, key, withField(FIELD.algorithm, sequence(oid("1.2.840.10045.4.3.3"))))),
    },
  ),
  row(
    "notAfter before notBefore",
    "server.certificate-invalid",
    "validity must be two times, the second not before the first",
    changed(validity(time(at(HOUR)), time(at(-HOUR)))),
  ),
  row(
    "a GeneralizedTime before 2050",
    "server.certificate-invalid",
    "the certificate writes a date before 2050 as GeneralizedTime (RFC 5280 §4.1.2.5)",
    {
      ...changed(validity(time(at(-HOUR)), generalizedTime(at(HOUR)))),
    },
  ),
  row(
    "a date without seconds",
    "server.certificate-invalid",
    'notAfter "3001010000Z" must have the form YYMMDDHHMMSSZ',
    {
      ...changed(validity(time(at(-HOUR)), { ...time(at(HOUR)), value: "3001010000Z" })),
    },
  ),
  row("the thirtieth of February", "server.certificate-invalid", 'notAfter "300230000000Z" is no date', {
    ...changed(validity(time(at(-HOUR)), { ...time(at(HOUR)), value: "300230000000Z" })),
  }),
  row("an issuer without a name", "server.certificate-invalid", "the certificate names no issuer (RFC 5280 §4.1.2.4)", {
    ...changed(rewritten(leaf, key, withField(FIELD.issuer, sequence()))),
  }),
  row("an empty list of extensions", "server.certificate-invalid", "extensions are there but empty", {
    ...changed(rewritten(leaf, key, withField(FIELD.extensions, tagged(3, sequence())))),
  }),
  row("criticality written though it is the default", "server.certificate-invalid", "extension 1.2.3.4 is not in DER", {
    ...changed(
      rewritten(leaf, key, (fields) =>
        withField(
          FIELD.extensions,
          tagged(3, sequence(sequence(oid("1.2.3.4"), boolean(false), octets(encode(nothing()))))),
        )(fields),
      ),
    ),
  }),
];
