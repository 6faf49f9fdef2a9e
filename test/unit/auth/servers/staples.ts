/** Servers whose stapled OCSP responses are wrong, missing or bad news. */
import { makeOcspResponse } from "../../../realm/ocsp.ts";
import { HOUR, issuing, leaf, pinned, type Question, root } from "../judging.ts";
import { at, type Case, DAY, names, row, stranger } from "./case.ts";

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

export const staples: Case[] = [
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
    staple: makeOcspResponse({ about: issuing.issue({ names }), issuer: issuing }),
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
