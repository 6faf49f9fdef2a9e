import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Evidence } from "../../../app/core/evidence.ts";
import type { ChannelExpectation, DirectoryLookup } from "../../../app/core/expectation.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { type DirectoryEntry, readConnectionPoint } from "../../../app/core/scp.ts";
import { decide } from "../../../app/core/verdict.ts";
import { NOW, record, replacing, SCP_BOUND, SCP_PINNED } from "./channel-fixture.ts";

const LOOKUP: DirectoryLookup = {
  host: "dc.corp.example",
  port: 636,
  pins: [],
  anchors: [],
  base: "DC=corp,DC=example",
  keywords: [],
  realm: "CORP.EXAMPLE",
  portInName: false,
  binding: "unknown",
};

const GOOD = {
  serviceDNSName: ["app7.corp.example"],
  serviceDNSNameType: ["A"],
  serviceClassName: ["PORTAL"],
  serviceBindingInformation: ["4443"],
  keywords: ["portal", "Production"],
};
type Changes = Partial<Record<keyof typeof GOOD, readonly string[]>>;

function entry(changes: Changes = {}): DirectoryEntry {
  const all = Object.entries({ ...GOOD, ...changes });
  return { dn: "CN=portal,DC=corp,DC=example", attributes: new Map(all.map(([name, of]) => [name.toLowerCase(), of])) };
}

function refused(changes: Changes, lookup: Partial<DirectoryLookup> = {}): Refusal {
  try {
    readConnectionPoint([entry(changes)], { ...LOOKUP, ...lookup });
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("a service connection point", () => {
  const taken = (changes: Changes, lookup: Partial<DirectoryLookup> = {}) =>
    readConnectionPoint([entry(changes)], { ...LOOKUP, ...lookup });

  it("names class, host and port; the realm is the profile's", () => {
    assert.deepEqual(taken({}), {
      entry: "CN=portal,DC=corp,DC=example",
      principal: "PORTAL/app7.corp.example@CORP.EXAMPLE",
      host: "app7.corp.example",
      port: 4443,
    });
  });

  it("has the port in its name where the profile says so", () => {
    assert.equal(taken({}, { portInName: true }).principal, "PORTAL/app7.corp.example:4443@CORP.EXAMPLE");
  });

  it("may write names in capitals and with a trailing dot, and say host:port; equal values may be repeated", () => {
    const found = taken({
      serviceDNSName: ["App7.Corp.Example."],
      serviceDNSNameType: ["a"],
      serviceBindingInformation: ["APP7.corp.example:4443", "4443"],
    });
    assert.deepEqual(
      [found.principal, found.host, found.port],
      ["PORTAL/app7.corp.example@CORP.EXAMPLE", "app7.corp.example", 4443],
    );
  });

  it("takes the profile's spelling of the class, and compares keywords without case", () => {
    const lookup = { serviceClass: "Portal", keywords: ["PORTAL", "production"] };
    assert.equal(taken({}, lookup).principal, "Portal/app7.corp.example@CORP.EXAMPLE");
  });

  it("may lie at the profile's domain or below it", () => {
    for (const domain of ["app7.corp.example", "corp.example"]) assert.equal(taken({}, { domain }).port, 4443);
  });

  const rows: readonly (readonly [string, string, Changes, Partial<DirectoryLookup>?])[] = [
    ["no host", "scp.malformed", { serviceDNSName: [] }],
    ["an IP address", "scp.malformed", { serviceDNSName: ["192.0.2.7"] }],
    ["a NetBIOS name", "scp.malformed", { serviceDNSName: ["APP7"] }],
    ["a host with a meaning of its own", "scp.malformed", { serviceDNSName: ["app7.corp.example@EVIL"] }],
    ["two hosts", "scp.disagreeing", { serviceDNSName: ["app7.corp.example", "app8.corp.example"] }],
    ["no type of the name", "scp.malformed", { serviceDNSNameType: [] }],
    ["a name that DNS would resolve to a host", "scp.malformed", { serviceDNSNameType: ["SRV"] }],
    ["no class", "scp.malformed", { serviceClassName: [] }],
    ["a class with a meaning of its own", "scp.malformed", { serviceClassName: ["HTTP/evil.example"] }],
    ["two classes", "scp.disagreeing", { serviceClassName: ["PORTAL", "HTTP"] }],
    ["another class than the profile's", "scp.disagreeing", {}, { serviceClass: "HTTP" }],
    ["no port", "scp.malformed", { serviceBindingInformation: [] }],
    ["port 0", "scp.malformed", { serviceBindingInformation: ["0"] }],
    ["a port beyond 65535", "scp.malformed", { serviceBindingInformation: ["65536"] }],
    ["a port in words", "scp.malformed", { serviceBindingInformation: ["https"] }],
    ["a URL", "scp.malformed", { serviceBindingInformation: ["https://app7.corp.example:4443/"] }],
    ["two ports", "scp.disagreeing", { serviceBindingInformation: ["4443", "4444"] }],
    ["the address of another host", "scp.disagreeing", { serviceBindingInformation: ["evil.example:4443"] }],
    ["a keyword less than wanted", "scp.disagreeing", {}, { keywords: ["portal", "test"] }],
    ["a host outside the domain", "scp.disagreeing", {}, { domain: "corp2.example" }],
    [
      "a host whose name only ends like the domain",
      "scp.disagreeing",
      { serviceDNSName: ["evilcorp.example"] },
      { domain: "corp.example" },
    ],
  ];
  for (const [what, code, changes, lookup] of rows) {
    it(`is refused with ${what}`, () => assert.equal(refused(changes, lookup).code, code));
  }

  it("is refused when there is none or more than one, alike or not", () => {
    const outcome = (entries: readonly DirectoryEntry[]) => {
      try {
        return readConnectionPoint(entries, LOOKUP).principal;
      } catch (error) {
        return error instanceof Refusal ? error.code : error;
      }
    };
    assert.deepEqual(
      [outcome([]), outcome([entry(), entry()]), outcome([entry(), entry({ keywords: [] })])],
      ["scp.none", "scp.several", "scp.several"],
    );
  });
});

describe("decide: a service that a directory names", () => {
  const codeOf = (evidence: readonly Evidence[], to: ChannelExpectation) => {
    const verdict = decide(evidence, to, NOW);
    return verdict.kind === "refused" ? verdict.code : verdict.kind;
  };
  const others = {
    "another service": { principal: "HTTP/evil.example@EXAMPLE" },
    "another host": { host: "evil.example" },
    "another port": { port: 4444 },
    "another directory": { directory: "ldaps://evil.example:636" },
    "what was said too long ago": { expires: NOW },
  };
  for (const scene of [SCP_PINNED, SCP_BOUND]) {
    for (const [what, fields] of Object.entries(others)) {
      it(`${scene.name}: ${what} does not count`, () => {
        const evidence = replacing(scene.evidence, record("directory.entry", fields));
        assert.match(codeOf(evidence, scene.expectation), /^(scp\.none|verdict\.lapsed)$/);
      });
    }
  }

  it("is never authenticated while the directory has not been asked", () => {
    const { service: _, ...server } = SCP_PINNED.expectation.server;
    const to = { ...SCP_PINNED.expectation, server };
    assert.equal(codeOf(SCP_PINNED.evidence, to), "scp.none");
  });

  it("rests its service goal on the directory's statement", () => {
    const verdict = decide(SCP_PINNED.evidence, SCP_PINNED.expectation, NOW);
    assert.ok(verdict.kind === "authenticated");
    const text = JSON.stringify(verdict.goals[2]);
    assert.match(text, /profile: server\.scp/);
    assert.match(text, /The directory ldaps:\/\/dc\.example:636, which proved its key/);
  });
});
