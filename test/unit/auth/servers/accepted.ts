/** Servers that are unusual but right, so that strictness does not cost real ones. */
import { makeAuthority, makeSelfSigned } from "../../../realm/certificates.ts";
import {
  encode,
  generalizedTime,
  oid,
  printable,
  sequence,
  set,
  tagged,
  taggedBytes,
  time,
} from "../../../realm/der.ts";
import { type Extension, ocspNoCheck } from "../../../realm/extensions.ts";
import { makeOcspResponse } from "../../../realm/ocsp.ts";
import {
  FIELD,
  HOST,
  HOUR,
  issuing,
  leaf,
  NOW,
  pinned,
  type Question,
  rewritten,
  root,
  withField,
} from "../judging.ts";

export interface Accepted {
  readonly name: string;
  readonly question: Question;
}

const names = { dns: [HOST] };
const row = (name: string, question: Question): Accepted => ({ name, question });
const selfSigned = makeSelfSigned({ names });
const stapled = issuing.issue({ names, mustStaple: true });
const otherRoot = makeAuthority({ subject: "CN=Other Root" });

/** The same authority by another root: a cross-sign. */
const crossSigned = otherRoot.issueAuthority({ subject: issuing.subject, key: issuing.key });
const versionOneRoot = makeAuthority({ subject: "CN=Old Root", version: 1 });
const printableRoot = makeAuthority({ subject: "CN=BANK  root" });
const under = (
  options: Parameters<typeof root.issueAuthority>[0],
  leafOptions: Parameters<typeof issuing.issue>[0] = {},
) => pinned(root.issueAuthority({ subject: "CN=Odd Issuing", ...options }).issue({ names, ...leafOptions }));

/** Under an authority named like this root in other letters: names compare as RFC 5280 §7.1 says. */
function issuerInOtherLetters(): Question {
  const issuer = sequence(set(sequence(oid("2.5.4.3"), printable("bank ROOT"))));
  const certificate = printableRoot.issue({ names });
  const sent = rewritten(certificate, printableRoot.key, withField(FIELD.issuer, issuer));
  return { sent: [sent], pins: [certificate.pin], anchors: [printableRoot] };
}

const policies = (...ids: string[]): Extension => ({
  oid: "2.5.29.32",
  critical: false,
  value: encode(sequence(...ids.map((id) => sequence(oid(id))))),
});
const requireExplicit: Extension = {
  oid: "2.5.29.36",
  critical: true,
  value: encode(sequence(taggedBytes(0, Buffer.from([0])))),
};

const permittedOrganisation: Extension = {
  oid: "2.5.29.30",
  critical: true,
  value: encode(
    sequence(tagged(0, sequence(tagged(4, sequence(set(sequence(oid("2.5.4.10"), printable("Example Bank")))))))),
  ),
};

const staple = (options: Partial<Parameters<typeof makeOcspResponse>[0]> = {}): Question => ({
  staple: makeOcspResponse({ about: leaf, issuer: issuing, ...options }),
});

export const ACCEPTED: readonly Accepted[] = [
  row("a chain to the anchor, leaf pinned", {}),
  row("a chain with the anchor's own certificate", { sent: [...leaf.chain, root.der] }),
  row("the issuer's key pinned", { pins: [issuing.pin] }),
  row("the anchor's key pinned", { pins: [root.pin] }),
  row("a backup pin beside the right one", { pins: [root.pin, leaf.pin] }),
  row("pins alone, under an unknown issuer", { anchors: [] }),
  row("pins alone, self-signed", { ...pinned(selfSigned), anchors: [] }),
  row("pins alone, with certificates that have nothing to do with it", {
    ...pinned(selfSigned, { sent: [selfSigned.der, otherRoot.der, Buffer.from("00", "hex")] }),
    anchors: [],
  }),
  row("the leaf itself as anchor", { ...pinned(selfSigned), anchors: [selfSigned] }),
  row("a chain in the wrong order", { sent: [leaf.der, root.der, issuing.der] }),
  row("an issuer that came twice", { sent: [leaf.der, issuing.der, issuing.der] }),
  row("an unreadable certificate along", { sent: [...leaf.chain, Buffer.from("3000", "hex")] }),
  row("a cross-signed issuer, its other root trusted", {
    sent: [leaf.der, issuing.der, crossSigned.der],
    anchors: [otherRoot],
  }),
  row("a cross-signed issuer before the right one", { sent: [leaf.der, crossSigned.der, issuing.der] }),
  row("an expired cross-sign beside a current one", {
    sent: [
      leaf.der,
      root.issueAuthority({
        subject: issuing.subject,
        key: issuing.key,
        notBefore: new Date(NOW - 48 * HOUR),
        notAfter: new Date(NOW - HOUR),
      }).der,
      issuing.der,
    ],
  }),
  row("two authorities of one name, only one of which signed", {
    sent: [leaf.der, root.issueAuthority({ subject: issuing.subject }).der, issuing.der],
  }),
  row("an issuer that reissued itself with another key", {
    ...pinned(issuing.issueAuthority({ subject: issuing.subject }).issue({ names })),
  }),
  row("an issuer that reissued itself, its own name outside the names it may certify", {
    ...pinned(
      root
        .issueAuthority({ subject: "CN=Limited", extensions: [permittedOrganisation] })
        .issueAuthority({ subject: "CN=Limited" })
        .issue({ names, subject: `CN=${HOST},O=Example Bank` }),
    ),
  }),
  row("an explicit policy that everyone shares", {
    ...under({ extensions: [policies("1.2.3.1"), requireExplicit] }, { extensions: [policies("1.2.3.2", "1.2.3.1")] }),
  }),
  row("an explicit policy under anyPolicy", {
    ...under({ extensions: [policies("2.5.29.32.0"), requireExplicit] }, { extensions: [policies("1.2.3.2")] }),
  }),
  row("policies that differ where none is demanded", {
    ...under({ extensions: [policies("1.2.3.1")] }, { extensions: [policies("1.2.3.2")] }),
  }),
  row("one of several anchors", { anchors: [otherRoot, root] }),
  row("a version 1 root", { ...pinned(versionOneRoot.issue({ names })), anchors: [versionOneRoot] }),
  row("an issuer's name in other letters and another string type", issuerInOtherLetters()),
  row("a wildcard for one label", {
    ...pinned(issuing.issue({ names: { dns: ["*.bank.example"] } })),
    host: "www.bank.example",
  }),
  row("a wildcard for an A-label", {
    ...pinned(issuing.issue({ names: { dns: ["*.bank.example"] } })),
    host: "xn--bnk-qla.bank.example",
  }),
  row("a name in capitals", pinned(issuing.issue({ names: { dns: ["BANK.Example"] } }))),
  row("a host with an underscore", {
    ...pinned(issuing.issue({ names: { dns: ["my_portal.example"] } })),
    host: "my_portal.example",
  }),
  row(
    "the right name after odd ones",
    pinned(issuing.issue({ names: { dns: ["*", "10.0.0.1", "a..b", HOST], ip: ["10.0.0.1"] } })),
  ),
  row("no subject, critical alternative names", pinned(issuing.issue({ subject: "", names }))),
  row("no key usage", pinned(issuing.issue({ names, keyUsage: null }))),
  row("no basic constraints", pinned(issuing.issue({ names, basicConstraints: null }))),
  row("serverAuth beside others", pinned(issuing.issue({ names, purposes: ["clientAuth", "serverAuth"] }))),
  row("valid for ten years", pinned(issuing.issue({ names, notAfter: new Date(NOW + 3650 * 24 * HOUR) }))),
  row("valid beyond 2050", pinned(issuing.issue({ names, notAfter: new Date(Date.UTC(2051, 0)) }))),
  row("no well-defined expiration", {
    sent: [
      rewritten(
        leaf,
        issuing.key,
        withField(
          FIELD.validity,
          sequence(time(new Date(NOW - HOUR)), generalizedTime(new Date(Date.UTC(9999, 11, 31, 23, 59, 59)))),
        ),
      ),
      issuing.der,
    ],
  }),
  row("the last second of notAfter", { now: Math.floor(leaf.notAfter.getTime() / 1000) * 1000 }),
  row("the first second of notBefore", { now: Math.floor(leaf.notBefore.getTime() / 1000) * 1000 }),
  ...(["rsa-2048", "rsa-3072", "p256", "p384", "p521", "ed25519"] as const).map((key) =>
    row(`a leaf with a key of kind ${key}`, pinned(issuing.issue({ names, key }))),
  ),
  ...(["rsa-2048", "p384", "p521", "ed25519"] as const).map((key) =>
    row(`an issuer with a key of kind ${key}`, under({ key }, { signatureHash: "sha384" })),
  ),
  row("an issuer for servers", under({ purposes: ["serverAuth", "clientAuth"] })),
  row("an issuer for any purpose", under({ purposes: ["anyExtendedKeyUsage"] })),
  row("pathLen that just suffices", under({ basicConstraints: { ca: true, pathLength: 0 } })),
  row(
    "a name among the permitted ones",
    under({ nameConstraints: { permittedDns: ["example"], excludedDns: ["evil.example"] } }),
  ),
  row("a wildcard within the permitted ones", {
    ...under({ nameConstraints: { permittedDns: ["bank.example"] } }, { names: { dns: ["*.bank.example"] } }),
    host: "www.bank.example",
  }),
  row("an address within the permitted ones", {
    ...under(
      {
        extensions: [
          {
            oid: "2.5.29.30",
            critical: true,
            value: encode(sequence(tagged(0, sequence(taggedBytes(7, Buffer.from([127, 0, 0, 0, 255, 0, 0, 0])))))),
          },
        ],
      },
      { names: { dns: [HOST], ip: ["127.0.0.1"] } },
    ),
  }),
  row("constraints on a kind of name that does not occur", {
    ...under({
      extensions: [
        {
          oid: "2.5.29.30",
          critical: true,
          value: encode(sequence(tagged(0, sequence(taggedBytes(1, Buffer.from("example")))))),
        },
      ],
    }),
  }),
  row("a good staple", staple()),
  row("a good staple with a SHA-256 CertID", staple({ certIdHash: "sha256" })),
  row("a good staple by a delegated responder", {
    ...staple({
      responder: issuing.issue({ subject: "CN=Responder", purposes: ["OCSPSigning"], extensions: [ocspNoCheck()] }),
    }),
  }),
  row("must-staple with a good staple", {
    ...pinned(stapled),
    staple: makeOcspResponse({ about: stapled, issuer: issuing }),
  }),
  row("must-staple with a good staple, pins alone, the issuer sent", {
    ...pinned(stapled),
    anchors: [],
    staple: makeOcspResponse({ about: stapled, issuer: issuing }),
  }),
  row("a staple that nobody can check and nobody demands", { ...staple(), sent: [leaf.der], anchors: [] }),
];
