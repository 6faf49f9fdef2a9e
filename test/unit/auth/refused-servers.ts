/** Servers that are wrong in exactly one way each, with the code that the judge must give. */
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { issueFrom, makeAuthority, makeSelfSigned } from "../../realm/certificates.ts";
import {
  bits,
  boolean,
  type Der,
  encode,
  generalizedTime,
  ia5,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  smallInteger,
  tagged,
  taggedBytes,
  time,
} from "../../realm/der.ts";
import { basicConstraints, type Extension, unknownCritical } from "../../realm/extensions.ts";
import { makeOcspResponse } from "../../realm/ocsp.ts";
import { FIELD, HOST, HOUR, issuing, leaf, NOW, pinned, type Question, rewritten, root, withField } from "./judging.ts";

export interface Case {
  readonly name: string;
  readonly code: ReasonCode;
  /** Begins what IT is told: the one thing that is wrong. */
  readonly fault: string;
  readonly question: Question;
}

const DAY = 24 * HOUR;
const at = (offset: number) => new Date(NOW + offset);
const names = { dns: [HOST] };
const row = (name: string, code: ReasonCode, fault: string, question: Question): Case => ({
  name,
  code,
  fault,
  question,
});

const extension = (id: string, critical: boolean, value: Der): Extension => ({
  oid: id,
  critical,
  value: encode(value),
});

/** A leaf that presents these dNSNames. */
const named = (...dns: string[]) => pinned(issuing.issue({ names: { dns } }));

/** A leaf under an authority made with these options under the root. */
const under = (
  options: Parameters<typeof root.issueAuthority>[0],
  leafOptions: Parameters<typeof issuing.issue>[0] = {},
) => pinned(root.issueAuthority({ subject: "CN=Odd Issuing", ...options }).issue({ names, ...leafOptions }));

/** A leaf of the pins-only kind whose bytes were changed; the signature plays no part there. */
const changed = (sent: Buffer): Question => ({ sent: [sent], pins: [leaf.pin], anchors: [] });

const stranger = makeAuthority({ subject: "CN=Bank Root,O=Example Bank" });
const otherKey = issuing.issue({ names });
const selfSigned = makeSelfSigned({ names });

const identity: Case[] = [
  row("another key with a chain to the right anchor", "server.pin-mismatch", "no key in the verified path is pinned", {
    sent: otherKey.chain,
  }),
  row(
    "another key, the pinned certificate sent along",
    "server.pin-mismatch",
    "no key in the verified path is pinned",
    { sent: [...otherKey.chain, leaf.der] },
  ),
  row(
    "another key, pins alone, the pinned certificate sent along",
    "server.pin-mismatch",
    "the server's key is not pinned",
    {
      sent: [otherKey.der, leaf.der, issuing.der],
      anchors: [],
    },
  ),
  row("pins alone do not count for the issuer's key", "server.pin-mismatch", "the server's key is not pinned", {
    pins: [issuing.pin],
    anchors: [],
  }),
  row("self-signed, pins alone", "server.pin-mismatch", "the server's key is not pinned", {
    sent: [selfSigned.der],
    anchors: [],
  }),
  row(
    "self-signed, with an anchor",
    "server.untrusted",
    "its issuer CN=bank.example is neither an anchor nor was it sent",
    { sent: [selfSigned.der] },
  ),
  row(
    "self-signed and pinned, with an anchor",
    "server.untrusted",
    "its issuer CN=bank.example is neither an anchor nor was it sent",
    pinned(selfSigned),
  ),
  row(
    "a pin for the key of an unused certificate that came along",
    "server.pin-mismatch",
    "no key in the verified path is pinned",
    {
      sent: [...leaf.chain, stranger.der],
      pins: [stranger.pin],
    },
  ),
  row("no pin at all", "server.pin-mismatch", "no key in the verified path is pinned", { pins: [] }),
  row(
    "an authority of the same name with another key",
    "server.untrusted",
    "did not sign CN=bank.example",
    pinned(stranger.issue({ names })),
  ),
  row(
    "a signature that another key made",
    "server.untrusted",
    "did not sign CN=bank.example",
    pinned(issuing.issue({ names, signedWith: stranger.key })),
  ),
  row(
    "the issuing authority is not sent",
    "server.untrusted",
    "its issuer CN=Bank Issuing,O=Example Bank is neither an anchor nor was it sent",
    { sent: [leaf.der] },
  ),
  row(
    "the chain of another leaf is sent",
    "server.untrusted",
    "its issuer CN=Bank Issuing,O=Example Bank is neither an anchor nor was it sent",
    { sent: [leaf.der, stranger.der] },
  ),
  row("no certificate", "server.certificate-invalid", "the server sent no certificate", { sent: [] }),
  row(
    "more certificates than any path needs",
    "server.certificate-invalid",
    "the server sent more certificates than any path needs",
    {
      sent: [...leaf.chain, ...Array.from({ length: 9 }, () => root.der)],
    },
  ),
];

const dates: Case[] = [
  row(
    "expired",
    "server.expired",
    "the certificate of CN=bank.example expired",
    pinned(issuing.issue({ names, notBefore: at(-30 * DAY), notAfter: at(-HOUR) })),
  ),
  row(
    "not yet valid",
    "server.not-yet-valid",
    "the certificate of CN=bank.example is valid from",
    pinned(issuing.issue({ names, notBefore: at(HOUR) })),
  ),
  row("expired, pins alone", "server.expired", "the certificate of CN=bank.example expired", {
    ...pinned(makeSelfSigned({ names, notBefore: at(-30 * DAY), notAfter: at(-HOUR) })),
    anchors: [],
  }),
  row(
    "an expired issuer",
    "server.expired",
    "the certificate of CN=Odd Issuing expired",
    under({ notBefore: at(-30 * DAY), notAfter: at(-HOUR) }),
  ),
  row(
    "an issuer that is not yet valid",
    "server.not-yet-valid",
    "the certificate of CN=Odd Issuing is valid from",
    under({ notBefore: at(HOUR) }),
  ),
  row("one second past notAfter", "server.expired", "the certificate of CN=bank.example expired", {
    now: leaf.notAfter.getTime() + 1000,
  }),
];

const oldRoot = makeAuthority({ subject: "CN=Old Root", notBefore: at(-30 * DAY), notAfter: at(-HOUR) });
dates.push(
  row("an expired anchor", "server.untrusted", "the certificate of CN=Old Root expired", {
    ...pinned(oldRoot.issue({ names })),
    anchors: [oldRoot],
  }),
);

const nameRows: Case[] = [
  row(
    "another name",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    named("other.example"),
  ),
  row(
    "another name, pins alone",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    {
      ...pinned(makeSelfSigned({ names: { dns: ["other.example"] } })),
      anchors: [],
    },
  ),
  row(
    "the name only as common name",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    pinned(issuing.issue({ subject: `CN=${HOST}` })),
  ),
  row(
    "the name as common name beside another alternative name",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    {
      ...pinned(issuing.issue({ subject: `CN=${HOST}`, names: { dns: ["other.example"] } })),
    },
  ),
  row(
    "a name above",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    named("example"),
  ),
  row(
    "a name below",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    named(`www.${HOST}`),
  ),
  row(
    "a wildcard directly above one label",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    named("*.example"),
  ),
  row(
    "a wildcard alone",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    named("*"),
  ),
  row(
    "a wildcard for two labels",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    { ...named("*.bank.example"), host: "a.b.bank.example" },
  ),
  row(
    "a wildcard for no label",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    named("*.bank.example"),
  ),
  row(
    "a wildcard within a label",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    { ...named("w*.bank.example"), host: "www.bank.example" },
  ),
  row(
    "a wildcard that is not left-most",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    {
      ...named("www.*.example"),
      host: "www.bank.example",
    },
  ),
  row(
    "two wildcards",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    { ...named("*.*.example"), host: "www.bank.example" },
  ),
  row(
    "a name with an embedded NUL",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    named(`${HOST}\0.evil.example`),
  ),
  row(
    "a name with a trailing dot",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    named(`${HOST}.`),
  ),
  row(
    "a name with an empty label",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    named(`.${HOST}`),
  ),
  row(
    "a name with white space",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    named(` ${HOST}`),
  ),
  row(
    "a U-label for an A-label",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    { ...named("b\xe4nk.example"), host: "xn--bnk-qla.example" },
  ),
  row(
    "an IP address as dNSName",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    { ...named("127.0.0.1"), host: "127.0.0.1" },
  ),
  row(
    "an iPAddress for an IP literal",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    {
      ...pinned(issuing.issue({ names: { ip: ["127.0.0.1"] } })),
      host: "127.0.0.1",
    },
  ),
  row(
    "the name as URI and email only",
    "server.name-mismatch",
    "the certificate does not name the host in its subject alternative names",
    {
      ...pinned(issuing.issue({ names: { uri: [`https://${HOST}`], email: [`root@${HOST}`] } })),
    },
  ),
];

const leafProfile: Case[] = [
  row(
    "an authority's certificate as leaf",
    "server.certificate-invalid",
    "the certificate is that of a certificate authority",
    {
      ...pinned(issuing.issue({ names, basicConstraints: { ca: true } })),
    },
  ),
  row(
    "no extended key usage",
    "server.certificate-invalid",
    "the certificate is not for servers",
    pinned(issuing.issue({ names, purposes: null })),
  ),
  row(
    "for clients only",
    "server.certificate-invalid",
    "the certificate is not for servers",
    pinned(issuing.issue({ names, purposes: ["clientAuth"] })),
  ),
  row("anyExtendedKeyUsage alone", "server.certificate-invalid", "the certificate is not for servers", {
    ...pinned(issuing.issue({ names, purposes: ["anyExtendedKeyUsage"] })),
  }),
  row("no serverAuth, pins alone", "server.certificate-invalid", "the certificate is not for servers", {
    ...pinned(makeSelfSigned({ names, purposes: ["clientAuth"] })),
    anchors: [],
  }),
  row(
    "key usage without digitalSignature",
    "server.certificate-invalid",
    "the certificate may not sign handshakes: its key usage lacks digitalSignature",
    {
      ...pinned(issuing.issue({ names, keyUsage: ["keyEncipherment"] })),
    },
  ),
  row(
    "RSA of 1024 bits",
    "server.certificate-invalid",
    "the certificate has an RSA key of 1024 bits; expected 2048 to 8192",
    pinned(issuing.issue({ names, key: "rsa-1024" })),
  ),
  row(
    "a negative serial number",
    "server.certificate-invalid",
    "the certificate has a serial number that is not positive (RFC 5280 §4.1.2.2)",
    {
      ...pinned(issuing.issue({ names, serial: Buffer.from([0x81, 2, 3]) })),
    },
  ),
  row(
    "serial number zero",
    "server.certificate-invalid",
    "the certificate has a serial number that is not positive (RFC 5280 §4.1.2.2)",
    {
      ...pinned(issuing.issue({ names, serial: Buffer.from([0]) })),
    },
  ),
  row(
    "a serial number of 21 octets",
    "server.certificate-invalid",
    "the certificate has a serial number of more than 20 octets (RFC 5280 §4.1.2.2)",
    {
      ...pinned(issuing.issue({ names, serial: Buffer.alloc(21, 0x11) })),
    },
  ),
  row(
    "an unknown critical extension",
    "server.certificate-invalid",
    "the certificate has the unknown critical extension 1.3.6.1.4.1.55555.1.1",
    {
      ...pinned(issuing.issue({ names, extensions: [unknownCritical()] })),
    },
  ),
  row("an extension that is there twice", "server.certificate-invalid", "extension 2.5.29.19 is there twice", {
    ...pinned(issuing.issue({ names, extensions: [basicConstraints(false)] })),
  }),
  row("an empty extended key usage", "server.certificate-invalid", "extended key usage must not be empty", {
    ...pinned(issuing.issue({ names, purposes: [] })),
  }),
  row("key usage that names nothing", "server.certificate-invalid", "key usage names nothing (RFC 5280 §4.2.1.3)", {
    ...pinned(issuing.issue({ names, keyUsage: [] })),
  }),
  row(
    "no subject, alternative names not critical",
    "server.certificate-invalid",
    "the certificate has neither a subject nor critical alternative names",
    {
      sent: [rewritten(leaf, issuing.key, withField(FIELD.subject, sequence())), issuing.der],
    },
  ),
];

/** A leaf whose key is this SubjectPublicKeyInfo; nobody needs its private half. */
const withKey = (spki: Buffer) => pinned(issuing.issue({ names, key: { kind: "p256", privatePem: "", spki } }));
const rsa = (bytes: number, exponent: number) => {
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.alloc(bytes - 1, 0xda), Buffer.from([1])]);
  const publicKey = encode(sequence(integer(modulus), integer(Buffer.from([exponent]))));
  return encode(sequence(sequence(oid("1.2.840.113549.1.1.1"), nothing()), bits(publicKey)));
};
const onCurve = (curve: string, point: string) =>
  encode(sequence(sequence(oid("1.2.840.10045.2.1"), oid(curve)), bits(Buffer.from(point, "hex"))));
/** The generator of secp256k1 (SEC 2 §2.4.1): a point that is surely on the curve. */
const SECP256K1_POINT =
  "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";

const keys: Case[] = [
  row(
    "RSA with exponent 3",
    "server.certificate-invalid",
    "the certificate has an RSA key with exponent 3",
    withKey(rsa(256, 3)),
  ),
  row("RSA of more bits than anyone needs", "server.certificate-invalid", "the certificate has an RSA key of 9", {
    ...withKey(rsa(1152, 3)),
  }),
  row("an EC key on another curve", "server.unsupported-key", "the certificate has a", {
    ...withKey(onCurve("1.3.132.0.10", SECP256K1_POINT)),
  }),
  row("a point that is not on its curve", "server.unsupported-key", "the certificate has a key of type unknown", {
    ...withKey(onCurve("1.2.840.10045.3.1.7", SECP256K1_POINT)),
  }),
  row("a key for key agreement alone", "server.unsupported-key", "the certificate has a key of type", {
    ...withKey(encode(sequence(sequence(oid("1.3.101.110")), bits(Buffer.alloc(32, 9))))),
  }),
  row("a key of an unknown type", "server.unsupported-key", "the certificate has a key of type unknown", {
    ...withKey(encode(sequence(sequence(oid("1.2.3.4")), bits(Buffer.alloc(32, 9))))),
  }),
];

const key = leaf.key;
const validity = (notBefore: Der, notAfter: Der) =>
  rewritten(leaf, key, withField(FIELD.validity, sequence(notBefore, notAfter)));
const longLength = Buffer.concat([Buffer.from([0x30, 0x83, 0]), leaf.der.subarray(2, 4), leaf.der.subarray(4)]);

// node-forge writes integers minimally: write octets, then change their tag.
const serialOctets = Buffer.from("0406000102030405", "hex");
const paddedSerial = rewritten(leaf, key, withField(FIELD.serial, octets(serialOctets.subarray(2))));
paddedSerial[paddedSerial.indexOf(serialOctets)] = 0x02;

const encoding: Case[] = [
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

const subtree = (tag: number, name: Der) => extension("2.5.29.30", true, sequence(tagged(tag, sequence(name))));
const directory = (organization: string) =>
  tagged(4, sequence({ ...sequence(sequence(oid("2.5.4.10"), { ...ia5(organization), type: 12 })), type: 17 }));

const policies = (...ids: string[]) => extension("2.5.29.32", false, sequence(...ids.map((id) => sequence(oid(id)))));
const requireExplicit = (count: number) => extension("2.5.29.36", true, sequence(taggedBytes(0, Buffer.from([count]))));
const inhibitAny = (count: number) => extension("2.5.29.54", true, smallInteger(count));
const mapped = extension("2.5.29.33", true, sequence(sequence(oid("1.2.3.1"), oid("1.2.3.2"))));
const ANY_POLICY = "2.5.29.32.0";
const DEMANDS = "the path demands an explicit certificate policy";

const policyRows: Case[] = [
  row("an explicit policy that the leaf does not have", "server.untrusted", DEMANDS, {
    ...under({ extensions: [policies("1.2.3.1"), requireExplicit(0)] }, { extensions: [policies("1.2.3.2")] }),
  }),
  row("an explicit policy demanded one step below", "server.untrusted", DEMANDS, {
    ...under({ extensions: [policies("1.2.3.1"), requireExplicit(1)] }),
  }),
  row("anyPolicy where it is inhibited", "server.untrusted", DEMANDS, {
    ...under(
      { extensions: [policies("1.2.3.1"), requireExplicit(0), inhibitAny(0)] },
      { extensions: [policies(ANY_POLICY)] },
    ),
  }),
  row("policies that are mapped where one is demanded", "server.untrusted", DEMANDS, {
    ...under({ extensions: [policies("1.2.3.1"), requireExplicit(0), mapped] }, { extensions: [policies("1.2.3.1")] }),
  }),
];

const deep = root
  .issueAuthority({ subject: "CN=Level 1", basicConstraints: { ca: true, pathLength: 0 } })
  .issueAuthority({ subject: "CN=Level 2" });
const weakRoot = makeAuthority({ subject: "CN=Weak Root", key: "rsa-2048" });
const plainAnchor = makeSelfSigned({ subject: "CN=Plain", names: { dns: ["ca.example"] }, keyUsage: null });
const leafAnchor = makeSelfSigned({ subject: "CN=No Authority", names: { dns: ["ca.example"] } });
const oddRoot = makeAuthority({ subject: "CN=Odd Root", extensions: [unknownCritical()] });
const signlessRoot = makeAuthority({ subject: "CN=Signless Root", keyUsage: ["cRLSign"] });
const constrainedRoot = makeAuthority({
  subject: "CN=Constrained",
  nameConstraints: { permittedDns: ["other.example"] },
});

const path: Case[] = [
  row(
    "an issuer that is no authority",
    "server.untrusted",
    "is no certificate authority",
    under({ basicConstraints: { ca: false } }),
  ),
  row(
    "an issuer without basic constraints",
    "server.untrusted",
    "is no certificate authority",
    under({ basicConstraints: null }),
  ),
  row("a server's certificate as issuer", "server.untrusted", "is no certificate authority", {
    ...pinned(issueFrom(issuing.issue({ subject: "CN=Leaf", names: { dns: ["leaf.example"] } })).issue({ names })),
  }),
  row("basic constraints that are not critical", "server.untrusted", "has basic constraints that are not critical", {
    ...under({ basicConstraints: null, extensions: [{ ...basicConstraints(true), critical: false }] }),
  }),
  row(
    "an issuer that may not sign certificates",
    "server.untrusted",
    "may not sign certificates: key usage keyCertSign is missing",
    under({ keyUsage: ["cRLSign"] }),
  ),
  row(
    "an issuer without key usage",
    "server.untrusted",
    "may not sign certificates: key usage keyCertSign is missing",
    under({ keyUsage: null }),
  ),
  row("an issuer of version 1", "server.untrusted", "has version 1; expected 3", under({ version: 1 })),
  row(
    "an issuer with a negative serial number",
    "server.untrusted",
    "has a serial number that is not positive (RFC 5280 §4.1.2.2)",
    under({ serial: Buffer.from([0x80, 1]) }),
  ),
  row(
    "an issuer with an unknown critical extension",
    "server.untrusted",
    "has the unknown critical extension 1.3.6.1.4.1.55555.1.1",
    under({ extensions: [unknownCritical()] }),
  ),
  row(
    "an issuer for clients only",
    "server.untrusted",
    "CN=Odd Issuing may not issue server certificates: its extended key usage rules them out",
    under({ purposes: ["clientAuth"] }),
  ),
  row(
    "an issuer with an RSA key of 1024 bits",
    "server.untrusted",
    "has an RSA key of 1024 bits; expected 2048 to 8192",
    under({ key: "rsa-1024" }),
  ),
  row(
    "a leaf signed with SHA-1",
    "server.untrusted",
    "signed CN=bank.example with an algorithm that is weak or unknown (1.2.840.113549.1.1.5)",
    under({ key: "rsa-2048" }, { signatureHash: "sha1" }),
  ),
  row(
    "an issuer signed with SHA-1",
    "server.untrusted",
    "signed CN=Below with an algorithm that is weak or unknown (1.2.840.113549.1.1.5)",
    {
      ...pinned(weakRoot.issueAuthority({ subject: "CN=Below", signatureHash: "sha1" }).issue({ names })),
      anchors: [weakRoot],
    },
  ),
  row(
    "more authorities than pathLen allows",
    "server.untrusted",
    "CN=Level 1 allows 0 authorities below it, the path has 1",
    pinned(deep.issue({ names })),
  ),
  row("a longer path than any PKI has", "server.untrusted", "a path of more than 8 certificates", {
    ...pinned(
      Array.from({ length: 8 }, (_, level) => level)
        .reduce((authority, level) => authority.issueAuthority({ subject: `CN=Step ${level}` }), root)
        .issue({ names }),
    ),
  }),
  row(
    "a name outside the permitted ones",
    "server.untrusted",
    "bank.example is outside the name constraints of CN=Odd Issuing",
    {
      ...under({ nameConstraints: { permittedDns: ["other.example"] } }),
    },
  ),
  row(
    "a name among the excluded ones",
    "server.untrusted",
    "bank.example is outside the name constraints of CN=Odd Issuing",
    under({ nameConstraints: { excludedDns: ["example"] } }),
  ),
  row(
    "a wildcard that reaches into the excluded ones",
    "server.untrusted",
    "*.bank.example is outside the name constraints of CN=Odd Issuing",
    {
      ...under(
        { nameConstraints: { excludedDns: ["secret.bank.example"] } },
        { names: { dns: ["*.bank.example", HOST] } },
      ),
    },
  ),
  row(
    "a second name outside the permitted ones",
    "server.untrusted",
    "other.example is outside the name constraints of CN=Odd Issuing",
    {
      ...under({ nameConstraints: { permittedDns: [HOST] } }, { names: { dns: [HOST, "other.example"] } }),
    },
  ),
  row(
    "a subject outside the permitted organisation",
    "server.untrusted",
    "CN=bank.example,O=Example Bank is outside the name constraints of CN=Odd Issuing",
    {
      ...under({ extensions: [subtree(0, directory("Other Bank"))] }, { subject: `CN=${HOST},O=Example Bank` }),
    },
  ),
  row(
    "a subject in the excluded organisation",
    "server.untrusted",
    "CN=bank.example,O=Example Bank is outside the name constraints of CN=Odd Issuing",
    {
      ...under({ extensions: [subtree(1, directory("EXAMPLE  bank"))] }, { subject: `CN=${HOST},O=Example Bank` }),
    },
  ),
  row(
    "an address outside the permitted ones",
    "server.untrusted",
    "a name of type ip is outside the name constraints of CN=Odd Issuing",
    {
      ...under(
        { extensions: [subtree(0, taggedBytes(7, Buffer.from([10, 0, 0, 0, 255, 0, 0, 0])))] },
        { names: { dns: [HOST], ip: ["127.0.0.1"] } },
      ),
    },
  ),
  row(
    "a constraint on email that applies and cannot be processed",
    "server.untrusted",
    "a name of type email falls under a name constraint of CN=Odd Issuing that cannot be processed",
    {
      ...under(
        { extensions: [subtree(0, taggedBytes(1, Buffer.from("example")))] },
        { names: { dns: [HOST], email: ["a@example"] } },
      ),
    },
  ),
  row(
    "constraints of the anchor itself",
    "server.untrusted",
    "bank.example is outside the name constraints of CN=Constrained",
    {
      ...pinned(constrainedRoot.issue({ names })),
      anchors: [constrainedRoot],
    },
  ),
  row(
    "an explicit policy demanded and absent",
    "server.untrusted",
    "the path demands an explicit certificate policy that CN=Odd Issuing does not share",
    {
      ...under({ extensions: [extension("2.5.29.36", true, sequence(taggedBytes(0, Buffer.from([0]))))] }),
    },
  ),
  row(
    "an anchor that is no authority",
    "server.untrusted",
    "is an anchor of the profile but no certificate authority",
    {
      ...pinned(issueFrom(leafAnchor).issue({ names })),
      anchors: [leafAnchor],
    },
  ),
  row(
    "an anchor that is neither limited nor an authority",
    "server.untrusted",
    "is an anchor of the profile but no certificate authority",
    {
      ...pinned(issueFrom(plainAnchor).issue({ names })),
      anchors: [plainAnchor],
    },
  ),
  row("an issuer of another name with the right key", "server.untrusted", "its issuer", {
    sent: [leaf.der, root.issueAuthority({ subject: "CN=Other Name", key: issuing.key }).der],
  }),
  row("an anchor of another name with the right key", "server.untrusted", "its issuer", {
    anchors: [makeAuthority({ subject: "CN=Other Name", key: root.key })],
  }),
  row("an anchor with an unknown critical extension", "server.untrusted", "has the unknown critical extension", {
    ...pinned(oddRoot.issue({ names })),
    anchors: [oddRoot],
  }),
  row(
    "an anchor that may not sign certificates",
    "server.untrusted",
    "is an anchor of the profile but may not sign certificates",
    {
      ...pinned(signlessRoot.issue({ names })),
      anchors: [signlessRoot],
    },
  ),
];

const stapled = issuing.issue({ names, mustStaple: true });
const about = { about: leaf, issuer: issuing };
const withStaple = (options: Omit<Parameters<typeof makeOcspResponse>[0], "about" | "issuer">): Question => ({
  staple: makeOcspResponse({ ...about, ...options }),
});
const responderOf = (options: Parameters<typeof issuing.issue>[0], by = issuing) =>
  withStaple({ responder: by.issue({ subject: "CN=Responder", purposes: ["OCSPSigning"], ...options }) });

const alias = root.issueAuthority({ subject: "CN=Alias", key: issuing.key });
const rsaIssuing = root.issueAuthority({ subject: "CN=RSA Issuing", key: "rsa-2048" });
const rsaLeaf = rsaIssuing.issue({ names });
const NOT_ISSUED = "the responder's certificate was not issued by the leaf's issuer";

const staples: Case[] = [
  row("a responder whose certificate another key signed", "server.staple-invalid", NOT_ISSUED, {
    ...responderOf({ signedWith: stranger.key }),
  }),
  row("a responder whose certificate names another issuer", "server.staple-invalid", NOT_ISSUED, {
    ...responderOf({}, alias),
  }),
  row("a responder whose certificate is signed with SHA-1", "server.staple-invalid", NOT_ISSUED, {
    ...pinned(rsaLeaf),
    staple: makeOcspResponse({
      about: rsaLeaf,
      issuer: rsaIssuing,
      responder: rsaIssuing.issue({ subject: "CN=Responder", purposes: ["OCSPSigning"], signatureHash: "sha1" }),
    }),
  }),
  row(
    "revoked",
    "server.revoked",
    "the issuer has revoked the server's certificate",
    withStaple({ status: "revoked" }),
  ),
  row("revoked, pins alone, issuer not sent", "server.revoked", "the issuer has revoked the server's certificate", {
    ...withStaple({ status: "revoked" }),
    sent: [leaf.der],
    anchors: [],
  }),
  row(
    "must-staple without a staple",
    "server.staple-missing",
    "the certificate demands a stapled OCSP response and the server sent none",
    pinned(stapled),
  ),
  row(
    "must-staple without a staple, pins alone",
    "server.staple-missing",
    "the certificate demands a stapled OCSP response and the server sent none",
    { ...pinned(stapled), anchors: [] },
  ),
  row(
    "must-staple, pins alone, a staple nobody can check",
    "server.staple-invalid",
    "its signature cannot be checked: the leaf's issuer is unknown",
    {
      sent: [stapled.der],
      pins: [stapled.pin],
      anchors: [],
      staple: makeOcspResponse({ about: stapled, issuer: issuing }),
    },
  ),
  row(
    "status unknown",
    "server.staple-invalid",
    "the responder does not know the certificate",
    withStaple({ status: "unknown" }),
  ),
  row("a staple that ran out", "server.staple-invalid", "it ran out", {
    ...withStaple({ thisUpdate: at(-2 * DAY), nextUpdate: at(-HOUR) }),
  }),
  row(
    "a staple from the future",
    "server.staple-invalid",
    "it is from the future:",
    withStaple({ thisUpdate: at(HOUR), nextUpdate: at(DAY) }),
  ),
  row("a staple produced in the future", "server.staple-invalid", "it is from the future:", {
    ...withStaple({ producedAt: at(HOUR) }),
  }),
  row("a staple that counts from the future on", "server.staple-invalid", "it is from the future:", {
    ...withStaple({ thisUpdate: at(HOUR), producedAt: at(-HOUR), nextUpdate: at(DAY) }),
  }),
  row("a staple without nextUpdate", "server.staple-invalid", "it has no nextUpdate", withStaple({ nextUpdate: null })),
  row("a staple about another certificate", "server.staple-invalid", "it is about another certificate", {
    staple: makeOcspResponse({ about: otherKey, issuer: issuing }),
  }),
  row("a staple about a certificate of another issuer", "server.staple-invalid", "it is about another certificate", {
    staple: makeOcspResponse({ about: leaf, issuer: root, responder: issuing }),
  }),
  row(
    "a staple with a broken signature",
    "server.staple-invalid",
    "its signature does not verify",
    withStaple({ breakSignature: true }),
  ),
  row(
    "a staple signed by a stranger",
    "server.staple-invalid",
    "the responder's certificate is not for OCSP signing",
    withStaple({ responder: stranger }),
  ),
  row(
    "a responder without its certificate",
    "server.staple-invalid",
    "it was signed neither by the leaf's issuer nor by a responder whose certificate came along",
    {
      ...withStaple({
        responder: issuing.issue({ subject: "CN=Responder", purposes: ["OCSPSigning"] }),
        omitCertificates: true,
      }),
    },
  ),
  row(
    "a responder not meant for OCSP",
    "server.staple-invalid",
    "the responder's certificate is not for OCSP signing",
    responderOf({ purposes: ["serverAuth"] }),
  ),
  row(
    "an expired responder",
    "server.staple-invalid",
    "the responder's certificate is not valid now",
    responderOf({ notBefore: at(-DAY), notAfter: at(-HOUR) }),
  ),
  row(
    "a responder of another issuer",
    "server.staple-invalid",
    "the responder's certificate was not issued by the leaf's issuer",
    responderOf({}, root),
  ),
  row(
    "a responder that may not sign",
    "server.staple-invalid",
    "the responder's certificate may not sign",
    responderOf({ keyUsage: ["keyEncipherment"] }),
  ),
  row(
    "a responder that answers tryLater",
    "server.staple-invalid",
    "the responder answered tryLater instead of successful",
    withStaple({ failure: 3 }),
  ),
  row(
    "a staple that is no OCSP response",
    "server.staple-invalid",
    "the responder answered something unknown instead of successful",
    { staple: Buffer.from("3003020100", "hex") },
  ),
  row("an empty staple", "server.staple-invalid", "OCSP response is not ASN.1: Input buffer has zero length", {
    staple: Buffer.alloc(0),
  }),
];

export const REFUSED: readonly Case[] = [
  ...identity,
  ...dates,
  ...nameRows,
  ...leafProfile,
  ...keys,
  ...encoding,
  ...path,
  ...policyRows,
  ...staples,
];
