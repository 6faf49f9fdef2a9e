import type { TlsProtocol } from "../../../app/core/evidence.ts";
import { type Certificate, type CertificateOptions, issueFrom, makeSelfSigned } from "../certificates.ts";
import { unknownCritical } from "../extensions.ts";
import { HOST, type Scene } from "../scene.ts";
import type { Result, Row, StartedServer } from "./row.ts";
import { ANYTHING_GOES, inBoth, only, serve, suffix, trusting } from "./stage.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A certificate with one fault, and what the profile says if that is not "the genuine keys under the root". */
interface Fault {
  readonly id: string;
  readonly what: string;
  readonly expect: Result;
  readonly certificate: (scene: Scene) => Pick<Certificate, "chainPem" | "keyPem" | "pin">;
  /** Where no server would serve it over the other. Default both. */
  readonly protocol?: TlsProtocol;
  /** Default: the certificate's own key is pinned, so that the fault alone can be the cause. */
  readonly server?: (scene: Scene, certificate: { readonly pin: Certificate["pin"] }) => StartedServer["server"];
}

const pinnedUnderRoot = (scene: Scene, { pin }: { readonly pin: Certificate["pin"] }): StartedServer["server"] => ({
  pins: [pin],
  anchors: [scene.root.certificatePem],
});
const pinnedAlone = (_scene: Scene, { pin }: { readonly pin: Certificate["pin"] }): StartedServer["server"] => ({
  pins: [pin],
  anchors: [],
});
const genuinePinAlone = ({ genuine }: Scene): StartedServer["server"] => ({ pins: [genuine.pin], anchors: [] });

const leafFault = (id: string, what: string, expect: Fault["expect"], options: CertificateOptions): Fault => ({
  id,
  what,
  expect,
  certificate: ({ leaf }) => leaf(options),
});

const past = (days: number): Date => new Date(Date.now() - days * DAY);
const ahead = (days: number): Date => new Date(Date.now() + days * DAY);

/** The leaf's own key, the chain to it and the dates of both. */
const keys: readonly Fault[] = [
  {
    id: "other-key",
    what: "a certificate for the right name under the right anchor, but with another key",
    expect: "server.pin-mismatch",
    certificate: ({ leaf }) => leaf(),
    server: trusting,
  },
  {
    id: "other-key-pin-alone",
    what: "another key where the profile names a pin and no anchor",
    expect: "server.pin-mismatch",
    certificate: ({ leaf }) => leaf(),
    server: genuinePinAlone,
  },
  {
    id: "genuine-as-extra",
    what: "the genuine, pinned certificate sent along behind the leaf of a server that lacks its key",
    expect: "server.pin-mismatch",
    certificate: (scene) => {
      const own = scene.leaf();
      return { ...own, chainPem: own.chainPem + scene.genuine.certificatePem };
    },
    server: trusting,
  },
  {
    id: "genuine-as-extra-pin-alone",
    what: "the genuine certificate as an extra, where the profile names a pin and no anchor",
    expect: "server.pin-mismatch",
    certificate: (scene) => {
      const own = scene.leaf();
      return { ...own, chainPem: own.certificatePem + scene.genuine.certificatePem };
    },
    server: genuinePinAlone,
  },
  {
    id: "pinned-issuer-pin-alone",
    what: "a pinned issuing key without an anchor: only the leaf's own key may match there",
    expect: "server.pin-mismatch",
    certificate: ({ leaf }) => leaf(),
    server: ({ issuing }) => ({ pins: [issuing.pin], anchors: [] }),
  },
  {
    id: "pinned-ca-outside-path",
    what: "a pinned authority sent along that is no part of the verified path",
    expect: "server.pin-mismatch",
    certificate: (scene) => {
      const own = scene.leaf();
      const bystander = scene.root.issueAuthority({ subject: "CN=Pinned Bystander CA", key: scene.genuine.key });
      return { ...own, chainPem: own.chainPem + bystander.certificatePem };
    },
    server: trusting,
  },
  {
    id: "self-signed",
    what: "self-signed with the pinned key, where an anchor is demanded",
    expect: "server.untrusted",
    certificate: () => makeSelfSigned({ names: { dns: [HOST] } }),
  },
  {
    id: "strange-root",
    what: "a complete chain to a root that the profile does not name, with the pinned key",
    expect: "server.untrusted",
    certificate: ({ strangeRoot }) => {
      const own = strangeRoot.issueAuthority({ subject: "CN=Strange Issuing CA" }).issue({ names: { dns: [HOST] } });
      return { ...own, chainPem: own.chainPem + strangeRoot.certificatePem };
    },
  },
  {
    id: "same-name-root",
    what: "a chain to a root that bears the anchor's name and not its key",
    expect: "server.untrusted",
    certificate: ({ root, strangeRoot }) =>
      strangeRoot
        .issueAuthority({ subject: root.subject, signedWith: strangeRoot.key })
        .issueAuthority({ subject: "CN=Bank Issuing CA,O=Example Bank" })
        .issue({ names: { dns: [HOST] } }),
  },
  {
    id: "missing-intermediate",
    what: "the issuing authority's certificate is not sent",
    expect: "server.untrusted",
    certificate: ({ leaf }) => {
      const own = leaf();
      return { ...own, chainPem: own.certificatePem };
    },
  },
  {
    id: "forged-signature",
    what: "names chain to the anchor, but the leaf's signature is by a stranger",
    expect: "server.untrusted",
    certificate: ({ leaf, strangeRoot }) => leaf({ signedWith: strangeRoot.key }),
  },
];

const dates: readonly Fault[] = [
  leafFault("expired", "the pinned key in a certificate past its notAfter", "server.expired", {
    notBefore: past(90),
    notAfter: new Date(Date.now() - MINUTE),
  }),
  {
    ...leafFault("expired-pin-alone", "expired, where the profile names a pin and no anchor", "server.expired", {
      notBefore: past(90),
      notAfter: new Date(Date.now() - MINUTE),
    }),
    server: pinnedAlone,
  },
  leafFault("not-yet-valid", "the pinned key in a certificate before its notBefore", "server.not-yet-valid", {
    notBefore: ahead(1),
  }),
  {
    ...leafFault("not-yet-valid-pin-alone", "not yet valid, with a pin and no anchor", "server.not-yet-valid", {
      notBefore: ahead(1),
    }),
    server: pinnedAlone,
  },
  {
    id: "expired-intermediate",
    what: "a valid leaf under an issuing authority that has expired",
    expect: "server.expired",
    certificate: ({ root }) =>
      root
        .issueAuthority({ subject: "CN=Expired Issuing CA", notBefore: past(90), notAfter: past(1) })
        .issue({ names: { dns: [HOST] } }),
  },
];

const nameFault = (id: string, what: string, options: CertificateOptions): Fault =>
  leafFault(`name-${id}`, what, "server.name-mismatch", options);

const names: readonly Fault[] = [
  nameFault("wrong", "a certificate for another name", { names: { dns: ["other.example"] } }),
  {
    ...nameFault("wrong-pin-alone", "another name, with a pin and no anchor", { names: { dns: ["other.example"] } }),
    server: pinnedAlone,
  },
  nameFault("in-cn-only", "the name stands in the subject's CN, and there are no alternative names", {
    subject: `CN=${HOST}`,
    names: null,
  }),
  nameFault("in-cn-beside-others", "the name stands in the CN only, beside other alternative names", {
    subject: `CN=${HOST}`,
    names: { dns: ["other.example"] },
  }),
  nameFault("as-email", "the name stands in an rfc822Name", { names: { email: [HOST] } }),
  nameFault("as-uri", "the name stands in a URI", { names: { uri: [`https://${HOST}/`] } }),
  nameFault("ip-only", "only the dialled address is named", { names: { ip: ["127.0.0.1"] } }),
  nameFault("subdomain", "a name below the right one", { names: { dns: [`www.${HOST}`] } }),
  nameFault("wildcard-top-level", "a wildcard for everything under a top-level name", {
    names: { dns: ["*.example"] },
  }),
  nameFault("wildcard-below", "a wildcard below the right name does not cover it", { names: { dns: [`*.${HOST}`] } }),
];

/** Wildcards that RFC 9525 §6.3 does not allow, and a name cut short by a NUL. */
const oddNames: readonly Fault[] = (
  ["b*nk.example", "ban*.example", "*k.example", "bank.*", "*.*", "*", "bank*.example"] as const
)
  .map((name) =>
    nameFault(`wildcard-${name.replaceAll("*", "x").replaceAll(".", "-")}`, `the odd wildcard ${name}`, {
      names: { dns: [name] },
    }),
  )
  .concat([
    nameFault("nul", "the right name, a NUL and another name", { names: { dns: [`${HOST}\0.evil.example`] } }),
    nameFault("spaces", "the right name with a space behind it", { names: { dns: [`${HOST} `] } }),
  ]);

/** Rules of RFC 5280 and of the CA/Browser Forum's profile that Node's own check lets pass. */
const profileFaults: readonly Fault[] = [
  leafFault("leaf-is-ca", "the leaf is an authority's certificate", "server.certificate-invalid", {
    basicConstraints: { ca: true },
    keyUsage: ["digitalSignature", "keyCertSign"],
  }),
  leafFault("no-server-auth", "the leaf is for clients only", "server.certificate-invalid", {
    purposes: ["clientAuth"],
  }),
  leafFault("no-purpose", "the leaf states no purpose at all", "server.certificate-invalid", { purposes: null }),
  leafFault("any-purpose", "the leaf states only anyExtendedKeyUsage", "server.certificate-invalid", {
    purposes: ["anyExtendedKeyUsage"],
  }),
  {
    ...leafFault("no-digital-signature", "the leaf's key usage forbids signatures", "server.certificate-invalid", {
      keyUsage: ["keyAgreement"],
    }),
    protocol: "TLSv1.3",
  },
  // Version 1 has no room for alternative names, and names are judged first.
  leafFault("version-1", "a version 1 certificate", "server.name-mismatch", { version: 1, subject: `CN=${HOST}` }),
  leafFault("version-1-with-extensions", "a version 1 certificate that has extensions", "server.certificate-invalid", {
    version: "1 with extensions",
  }),
  leafFault("unknown-critical", "a critical extension that nobody knows", "server.certificate-invalid", {
    extensions: [unknownCritical()],
  }),
  leafFault("negative-serial", "a negative serial number", "server.certificate-invalid", {
    serial: Buffer.from([0x85, 1, 2, 3, 4, 5, 6, 7, 8]),
  }),
  leafFault("rsa-1024", "an RSA key of 1024 bits", "server.certificate-invalid", { key: "rsa-1024" }),
  {
    ...leafFault(
      "rsa-1024-pin-alone",
      "an RSA key of 1024 bits, with a pin and no anchor",
      "server.certificate-invalid",
      {
        key: "rsa-1024",
      },
    ),
    server: pinnedAlone,
  },
  {
    ...leafFault(
      "leaf-is-ca-pin-alone",
      "an authority as leaf, with a pin and no anchor",
      "server.certificate-invalid",
      {
        basicConstraints: { ca: true },
        keyUsage: ["digitalSignature", "keyCertSign"],
      },
    ),
    server: pinnedAlone,
  },
  leafFault("sha1-signature", "the leaf's signature rests on SHA-1", "server.untrusted", {
    signatureHash: "sha1",
  }),
];

const authorities: readonly Fault[] = [
  {
    id: "name-constrained",
    what: "the issuing authority may only certify other names",
    expect: "server.untrusted",
    certificate: ({ root }) =>
      root
        .issueAuthority({ subject: "CN=Constrained CA", nameConstraints: { permittedDns: ["other.example"] } })
        .issue({ names: { dns: [HOST] } }),
  },
  {
    id: "name-excluded",
    what: "the issuing authority may certify all names but this",
    expect: "server.untrusted",
    certificate: ({ root }) =>
      root
        .issueAuthority({ subject: "CN=Excluding CA", nameConstraints: { excludedDns: ["bank.example"] } })
        .issue({ names: { dns: [HOST] } }),
  },
  {
    id: "issued-by-leaf",
    what: "issued by an ordinary leaf of the bank's own authority",
    expect: "server.untrusted",
    certificate: ({ leaf }) =>
      issueFrom(leaf({ names: { dns: ["intern.example"] } })).issue({ names: { dns: [HOST] } }),
  },
  {
    id: "issued-by-non-ca",
    what: "issued by a certificate that may sign certificates, but is no authority's",
    expect: "server.untrusted",
    certificate: ({ root }) =>
      root
        .issueAuthority({ subject: "CN=Not A CA", basicConstraints: { ca: false } })
        .issue({ names: { dns: [HOST] } }),
  },
  {
    id: "issuer-without-cert-sign",
    what: "the issuing authority's key usage forbids signing certificates",
    expect: "server.untrusted",
    certificate: ({ root }) =>
      root.issueAuthority({ subject: "CN=Mute CA", keyUsage: ["cRLSign"] }).issue({ names: { dns: [HOST] } }),
  },
  {
    id: "issuer-version-1",
    what: "the issuing authority's certificate is of version 1",
    expect: "server.untrusted",
    certificate: ({ root }) =>
      root.issueAuthority({ subject: "CN=Old CA", version: 1 }).issue({ names: { dns: [HOST] } }),
  },
  {
    id: "path-too-long",
    what: "one authority more than the path length allows",
    expect: "server.untrusted",
    certificate: ({ root }) =>
      root
        .issueAuthority({ subject: "CN=Last CA", basicConstraints: { ca: true, pathLength: 0 } })
        .issueAuthority({ subject: "CN=One Too Many CA" })
        .issue({ names: { dns: [HOST] } }),
  },
  {
    id: "issuer-for-mail-only",
    what: "the issuing authority's purpose is mail, not servers",
    expect: "server.untrusted",
    certificate: ({ root }) =>
      root.issueAuthority({ subject: "CN=Mail CA", purposes: ["emailProtection"] }).issue({ names: { dns: [HOST] } }),
  },
  {
    id: "issuer-sha1",
    what: "the issuing authority's certificate is signed with SHA-1",
    expect: "server.untrusted",
    certificate: ({ root }) =>
      root.issueAuthority({ subject: "CN=SHA-1 CA", signatureHash: "sha1" }).issue({ names: { dns: [HOST] } }),
  },
];

const rowOf =
  (fault: Fault) =>
  (protocol: TlsProtocol): Row => ({
    id: fault.id,
    what: fault.what,
    expect: fault.expect,
    mayReceive: "client-hello",
    start: (scene) => {
      const certificate = fault.certificate(scene);
      const server = (fault.server ?? pinnedUnderRoot)(scene, certificate);
      return serve(scene, { certificate, tls: { ...ANYTHING_GOES, ...only(protocol) } }, { server });
    },
  });

/** Servers whose certificate is wrong in one way. The user's own certificate must stay hidden from all of them. */
export const certificateRows: readonly Row[] = [keys, dates, names, oddNames, profileFaults, authorities]
  .flat()
  .flatMap((fault) =>
    inBoth(rowOf(fault)).filter(({ id }) => fault.protocol === undefined || id.endsWith(suffix(fault.protocol))),
  );
