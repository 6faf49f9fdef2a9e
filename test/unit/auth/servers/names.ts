/** Servers whose certificates do not name the host. */
import { makeSelfSigned } from "../../../realm/certificates.ts";
import { HOST, issuing, pinned } from "../judging.ts";
import { type Case, named, row } from "./case.ts";

export const nameRows: Case[] = [
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
