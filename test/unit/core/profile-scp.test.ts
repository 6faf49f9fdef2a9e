import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AnchorReader, parseProfile } from "../../../app/core/profile.ts";
import { expectationFor } from "../../../app/core/sites.ts";

const PIN = `sha256/${"A".repeat(43)}=`;
const readAnchor: AnchorReader = () => ({ fault: "none is read here" });
const SCP = {
  directory: "ldaps://dc.corp.example",
  pins: [PIN],
  base: "CN=Portal,DC=corp,DC=example",
  keywords: ["portal"],
  realm: "CORP.EXAMPLE",
};
const KERBEROS = { method: "kerberos" };

const parse = (server: unknown, client: unknown = KERBEROS) =>
  parseProfile(
    {
      version: 1,
      serial: 1,
      organization: "Example Corp",
      sites: [{ id: "portal", name: "Portal", origins: ["https://portal.corp.example"], server, client }],
    },
    readAnchor,
  );

function problem(server: unknown, client: unknown = KERBEROS): string | undefined {
  const result = parse(server, client);
  return result.ok ? undefined : result.problems.map(({ path }) => path).join(" ");
}

describe("the profile's server.scp", () => {
  it("is taken with its defaults, and becomes a question to that directory and no service yet", () => {
    const result = parse({ pins: [PIN], scp: { ...SCP, class: "HTTP", domain: "corp.example" } });
    assert.ok(result.ok);
    const [site] = result.profile.sites;
    const server = site && expectationFor(site, "https://portal.corp.example")?.server;
    assert.equal(server?.service, undefined);
    assert.deepEqual(server?.lookup, {
      host: "dc.corp.example",
      port: 636,
      pins: [PIN],
      anchors: [],
      base: SCP.base,
      serviceClass: "HTTP",
      keywords: ["portal"],
      domain: "corp.example",
      realm: "CORP.EXAMPLE",
      portInName: false,
      binding: "unknown",
    });
  });

  const scp = "$.sites[0].server.scp";
  const rows: readonly (readonly [string, object, string])[] = [
    ["without encryption", { directory: "ldap://dc.corp.example" }, `${scp}.directory`],
    ["with a path", { directory: "ldaps://dc.corp.example/DC=corp" }, `${scp}.directory`],
    ["by an IP address", { directory: "ldaps://192.0.2.1" }, `${scp}.directory`],
    ["by a NetBIOS name", { directory: "ldaps://dc" }, `${scp}.directory`],
    ["at a port that is none", { directory: "ldaps://dc.corp.example:70000" }, `${scp}.directory`],
    ["without a pin", { pins: [] }, `${scp}.pins`],
    ["without a base", { base: "" }, `${scp}.base`],
    ["without anything to look for", { keywords: undefined }, `${scp}.class`],
    ["with no keyword", { keywords: [] }, `${scp}.keywords`],
    ["with a keyword of control characters", { keywords: ["a\u0000"] }, `${scp}.keywords[0]`],
    ["with a class that has a meaning of its own", { class: "HTTP/evil" }, `${scp}.class`],
    ["without a realm", { realm: undefined }, `${scp}.realm`],
    ["with a domain of one label", { domain: "example" }, `${scp}.domain`],
  ];
  for (const [what, changes, path] of rows) {
    it(`is refused ${what}`, () => assert.equal(problem({ pins: [PIN], scp: { ...SCP, ...changes } }), path));
  }

  it("stands instead of spn, for kerberos alone, and behind a pin, an anchor or an enforced binding", () => {
    const spn = { class: "HTTP", realm: "CORP.EXAMPLE" };
    assert.equal(problem({ pins: [PIN], scp: SCP, spn }), scp);
    assert.equal(problem({ pins: [PIN], scp: SCP }, { method: "form" }), scp);
    assert.equal(problem({ scp: SCP }), "$.sites[0].server.pins");
    assert.equal(problem({ scp: SCP, binding: "enforced" }), undefined);
  });
});
