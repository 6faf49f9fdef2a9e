import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AnchorReader, parseProfile } from "../../../app/core/profile.ts";
import { expectationFor } from "../../../app/core/sites.ts";

const PIN = `sha256/${"A".repeat(43)}=`;
const readAnchor: AnchorReader = (pem) => (pem === "PEM" ? { fingerprint: "ab".repeat(32) } : { fault: "not PEM" });
const SPN = { class: "LEDGER", realm: "CORP.EXAMPLE" };
const SCP = { directory: "ldaps://dc.corp.example", pins: [PIN], base: "DC=corp,DC=example", realm: "CORP.EXAMPLE" };
const GSS = { transport: "gss", server: { spn: SPN }, client: { method: "kerberos" } };

const parse = (changes: object) =>
  parseProfile(
    {
      version: 1,
      serial: 1,
      organization: "Example Corp",
      sites: [{ id: "ledger", name: "Ledger", origins: ["https://ledger.corp.example"], ...GSS, ...changes }],
    },
    readAnchor,
  );

function problem(changes: object): string | undefined {
  const result = parse(changes);
  return result.ok ? undefined : result.problems.map(({ path }) => path.replace("$.sites[0].", "")).join(" ");
}

function expectation(changes: object) {
  const result = parse(changes);
  assert.ok(result.ok, JSON.stringify(result));
  const [site] = result.profile.sites;
  return site && expectationFor(site, "https://ledger.corp.example");
}

describe("the profile's transport", () => {
  it("is TLS unless it says gss, which encrypts unless it says integrity", () => {
    const tls = { transport: undefined, server: { pins: [PIN], spn: SPN } };
    assert.equal(expectation(tls)?.transport, undefined);
    assert.deepEqual(expectation({})?.transport, { kind: "gss", protection: "confidentiality" });
    assert.deepEqual(expectation({ protection: "integrity" })?.transport, { kind: "gss", protection: "integrity" });
  });

  it("has a port for a service that is no web server, which is the one in its name", () => {
    assert.equal(expectation({})?.place, undefined);
    const to = expectation({ servicePort: 7_000, server: { spn: { ...SPN, port: true } } });
    assert.deepEqual(to?.place, { host: "ledger.corp.example", port: 7_000 });
    assert.equal(to?.server.service?.principal, "LEDGER/ledger.corp.example:7000@CORP.EXAMPLE");
  });

  it("is taken with a connection point", () => {
    const to = expectation({ server: { scp: { ...SCP, class: "LEDGER" } } });
    assert.deepEqual([to?.transport?.kind, to?.server.lookup?.serviceClass], ["gss", "LEDGER"]);
  });

  const rows: readonly (readonly [string, object, string])[] = [
    ["another word", { transport: "ssh" }, "transport"],
    ["another protection", { protection: "none" }, "protection"],
    [
      "a protection of TLS",
      { transport: "tls", server: { pins: [PIN], spn: SPN }, protection: "integrity" },
      "protection",
    ],
    ["a service's port of TLS", { transport: "tls", server: { pins: [PIN], spn: SPN }, servicePort: 1 }, "servicePort"],
    ["a port that is none", { servicePort: 65_536 }, "servicePort"],
    [
      "a port beside a connection point",
      { servicePort: 1, server: { scp: { ...SCP, class: "LEDGER" } } },
      "servicePort",
    ],
    ["a form", { client: { method: "form" }, server: { pins: [PIN] } }, "client.method"],
    ["a certificate", { client: { method: "certificate", issuer: "CN=CA" }, server: { pins: [PIN] } }, "client.method"],
    ["delegation", { client: { method: "kerberos", delegate: true } }, "client.delegate"],
    ["pins", { server: { spn: SPN, pins: [PIN] } }, "server.pins"],
    ["anchors", { server: { spn: SPN, anchors: ["PEM"] } }, "server.anchors"],
    ["a binding", { server: { spn: SPN, binding: "enforced" } }, "server.binding"],
    ["a class that the directory chooses", { server: { scp: { ...SCP, keywords: ["x"] } } }, "server.scp.class"],
    ["the class of web servers", { server: { spn: { ...SPN, class: "http" } } }, "server.spn.class"],
    ["the class of a host", { server: { spn: { ...SPN, class: "HOST" } } }, "server.spn.class"],
    ["such a class of a connection point", { server: { scp: { ...SCP, class: "cifs" } } }, "server.scp.class"],
  ];
  for (const [what, changes, path] of rows) {
    it(`is refused with ${what}`, () => assert.equal(problem(changes), path));
  }
});
