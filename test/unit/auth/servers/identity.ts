/** Servers that are somebody else, or out of date. */
import { makeAuthority, makeSelfSigned } from "../../../realm/certificates.ts";
import { HOUR, issuing, leaf, pinned, root } from "../judging.ts";
import { at, type Case, DAY, names, row, stranger, under } from "./case.ts";

const otherKey = issuing.issue({ names });
const selfSigned = makeSelfSigned({ names });

export const identity: Case[] = [
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

export const dates: Case[] = [
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
