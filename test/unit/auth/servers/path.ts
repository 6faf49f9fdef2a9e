/** Servers whose chains do not verify. */
import { issueFrom, makeAuthority, makeSelfSigned } from "../../../realm/certificates.ts";
import { type Der, ia5, oid, sequence, smallInteger, tagged, taggedBytes } from "../../../realm/der.ts";
import { basicConstraints, unknownCritical } from "../../../realm/extensions.ts";
import { HOST, issuing, leaf, pinned, root } from "../judging.ts";
import { type Case, extension, names, row, under } from "./case.ts";

const subtree = (tag: number, name: Der) => extension("2.5.29.30", true, sequence(tagged(tag, sequence(name))));
const directory = (organization: string) =>
  tagged(4, sequence({ ...sequence(sequence(oid("2.5.4.10"), { ...ia5(organization), type: 12 })), type: 17 }));

const policies = (...ids: string[]) => extension("2.5.29.32", false, sequence(...ids.map((id) => sequence(oid(id)))));
const requireExplicit = (count: number) => extension("2.5.29.36", true, sequence(taggedBytes(0, Buffer.from([count]))));
const inhibitAny = (count: number) => extension("2.5.29.54", true, smallInteger(count));
const mapped = extension("2.5.29.33", true, sequence(sequence(oid("1.2.3.1"), oid("1.2.3.2"))));
const ANY_POLICY = "2.5.29.32.0";
const DEMANDS = "the path demands an explicit certificate policy";

export const policyRows: Case[] = [
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

export const path: Case[] = [
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
    "an authority's subject outside the permitted organisation",
    "server.untrusted",
    "CN=Stray,O=Other Bank is outside",
    {
      ...pinned(
        root
          .issueAuthority({ subject: "CN=Limited", extensions: [subtree(0, directory("Example Bank"))] })
          .issueAuthority({ subject: "CN=Stray,O=Other Bank" })
          .issue({ names, subject: `CN=${HOST},O=Example Bank` }),
      ),
    },
  ),
  row("a leaf of its issuer's own name outside the permitted ones", "server.untrusted", "CN=Limited is outside", {
    ...under({ subject: "CN=Limited", extensions: [subtree(0, directory("Example Bank"))] }, { subject: "CN=Limited" }),
  }),
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
  row("a constraint on addresses of no known length", "server.untrusted", "a name of type ip falls under", {
    ...under(
      { extensions: [subtree(0, taggedBytes(7, Buffer.from([127, 0, 0, 0, 255])))] },
      { names: { dns: [HOST], ip: ["127.0.0.1"] } },
    ),
  }),
  row("a constraint on names that are no DNS names", "server.untrusted", "bank.example falls under a name constraint", {
    ...under({ nameConstraints: { permittedDns: ["exam ple", "example"] } }),
  }),
  row("a name that cannot be held against the constraints", "server.untrusted", "127.0.0.1 falls under a name", {
    ...under({ nameConstraints: { permittedDns: ["example"] } }, { names: { dns: [HOST, "127.0.0.1"] } }),
  }),
  row("a constraint that means only what is below the name", "server.untrusted", "bank.example is outside", {
    ...under({ nameConstraints: { permittedDns: [".bank.example"] } }),
  }),
  row("an excluded constraint on everything", "server.untrusted", "bank.example is outside", {
    ...under({ nameConstraints: { excludedDns: [""] } }),
  }),
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
  row("an anchor that cannot be read", "server.untrusted", "its issuer", {
    anchors: [{ ...root, certificatePem: root.certificatePem.replace(/[A-Z]{4}/g, "AAAA") }],
  }),
  row("an anchor that is no PEM", "server.untrusted", "its issuer", { anchors: [{ ...root, certificatePem: "none" }] }),
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
