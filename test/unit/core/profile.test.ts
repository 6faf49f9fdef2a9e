import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { type AnchorReader, type Profile, parseProfile, profileJsonSchema } from "../../../app/core/profile.ts";

const PIN = `sha256/${"A".repeat(43)}=`;
const OTHER_PIN = `sha256/${"B".repeat(42)}A=`;

/** Takes the text `PEM` for a certificate. */
const readAnchor: AnchorReader = (pem) =>
  pem === "PEM" ? { fingerprint: "ab".repeat(32) } : { fault: "not the text PEM" };

const MINIMAL = {
  version: 1,
  serial: 7,
  organization: "Example Bank",
  sites: [
    {
      id: "bank",
      name: "Online banking",
      origins: ["https://bank.example:8443"],
      server: { pins: [PIN] },
      client: { method: "form" },
    },
  ],
};

const FULL = {
  ...MINIMAL,
  sites: [
    {
      ...MINIMAL.sites[0],
      addresses: ["127.0.0.1", "::1"],
      server: { pins: [PIN, OTHER_PIN], anchors: ["PEM"] },
      client: { method: "certificate", issuer: "CN=Example Client CA", probe: "/health" },
      subresources: [{ origin: "https://cdn.example", server: { pins: [PIN] }, addresses: ["127.0.0.1"], query: true }],
    },
    { ...MINIMAL.sites[0], id: "portal", origins: ["https://portal.countersign.test", "https://login.bank.example"] },
  ],
  hostile: ["https://evil.example/", "evil.test", "http://203.0.113.7/"],
  unlisted: "refuse",
};

type Path = readonly (string | number)[];

/** A deep copy of a document with one value set, or taken out when it is undefined. */
function changed(document: unknown, path: Path, value: unknown): unknown {
  const copy: unknown = structuredClone(document);
  let holder: unknown = copy;
  for (const key of path.slice(0, -1)) holder = Reflect.get(Object(holder), key);
  const last = path.at(-1) ?? "";
  if (value === undefined) Reflect.deleteProperty(Object(holder), last);
  else Reflect.set(Object(holder), last, value);
  return copy;
}

function problems(document: unknown) {
  const result = parseProfile(document, readAnchor);
  return result.ok ? [] : result.problems;
}

function taken(document: unknown): Profile {
  const result = parseProfile(document, readAnchor);
  assert.ok(result.ok, JSON.stringify(result));
  return result.profile;
}

describe("parseProfile: what it takes", () => {
  it("fills in the defaults", () => {
    const { sites, hostile, unlisted } = taken(
      changed(MINIMAL, ["sites", 0, "client"], { method: "certificate", issuer: "CN=CA" }),
    );
    assert.deepEqual(sites[0]?.client, { method: "certificate", issuer: "CN=CA", probe: "/" });
    assert.deepEqual(sites[0]?.server, { pins: [PIN], anchors: [] });
    assert.deepEqual([sites[0]?.subresources, hostile, unlisted], [[], [], "refuse"]);
  });

  it("takes every field and gives anchors their fingerprint", () => {
    const [bank] = taken(FULL).sites;
    assert.deepEqual(bank?.server.anchors, [{ pem: "PEM", fingerprint: "ab".repeat(32) }]);
    assert.deepEqual(bank?.addresses, ["127.0.0.1", "::1"]);
    assert.equal(bank?.subresources[0]?.query, true);
  });

  it("lets several sites load from the same subresource", () => {
    const cdn = { origin: "https://cdn.example", server: { pins: [OTHER_PIN] } };
    taken(changed(FULL, ["sites", 1, "subresources"], [cdn]));
  });

  for (const origin of [
    "https://bank.example",
    "https://a.b-c.d1.example:65535",
    "https://xn--bcher-kva.example",
    "https://portal.countersign.test:8443",
    "https://bank.localhost:8443",
  ]) {
    it(`takes the origin ${origin}`, () => void taken(changed(MINIMAL, ["sites", 0, "origins"], [origin])));
  }

  for (const issuer of [
    "CN=A",
    "CN=A\\, B,O=C\\+D,C=CH",
    "2.5.4.3=A",
    "CN=#0c0141",
    "CN=A+OU=B,O=C",
    "CN=\\20A\\20",
    "CN=Zürich CA",
  ]) {
    it(`takes the issuer ${issuer}`, () => {
      taken(changed(MINIMAL, ["sites", 0, "client"], { method: "certificate", issuer }));
    });
  }
});

describe("parseProfile: what it refuses, with path, value and expectation", () => {
  const site: Path = ["sites", 0];
  const client = { method: "certificate", issuer: "CN=A" };
  const rows: readonly (readonly [string, unknown, Path, unknown, string, RegExp])[] = [
    ["another version", FULL, ["version"], 2, "$.version", /^1,/],
    ["no version", FULL, ["version"], undefined, "$.version", /^1,/],
    ["a negative serial", FULL, ["serial"], -1, "$.serial", /whole number/],
    ["a fractional serial", FULL, ["serial"], 1.5, "$.serial", /whole number/],
    ["a serial in text", FULL, ["serial"], "7", "$.serial", /whole number/],
    ["an unknown key", FULL, ["hostil"], [], "$.hostil", /no such key; the keys here are version, serial/],
    ["an unknown key of a site", FULL, [...site, "pin"], PIN, "$.sites[0].pin", /keys here are id, name/],
    ["an unknown key with odd letters", FULL, ["a b"], 1, '$["a b"]', /no such key/],
    ["an unknown key of a server", FULL, [...site, "server", "pin"], PIN, "$.sites[0].server.pin", /pins, anchors/],
    [
      "a probe for a form",
      MINIMAL,
      [...site, "client", "probe"],
      "/",
      "$.sites[0].client.probe",
      /keys here are method$/,
    ],
    ["an empty organisation", FULL, ["organization"], "", "$.organization", /1 to 80 visible/],
    ["a name with a direction override", FULL, [...site, "name"], "a\u202eb", "$.sites[0].name", /1 to 80 visible/],
    ["a name with a line feed", FULL, [...site, "name"], "a\nb", "$.sites[0].name", /1 to 80 visible/],
    ["a name that begins with a space", FULL, [...site, "name"], " a", "$.sites[0].name", /without spaces/],
    ["no sites", FULL, ["sites"], [], "$.sites", /1 to 1000 sites/],
    ["an id with capitals", FULL, [...site, "id"], "Bank", "$.sites[0].id", /lower-case/],
    ["an id that is a path", FULL, [...site, "id"], "../x", "$.sites[0].id", /lower-case/],
    ["an id of 65 characters", FULL, [...site, "id"], "a".repeat(65), "$.sites[0].id", /1 to 64/],
    ["an id used twice", FULL, ["sites", 1, "id"], "bank", "$.sites[1].id", /no other site/],
    ["no origins", FULL, [...site, "origins"], [], "$.sites[0].origins", /1 to 64/],
    ["an http origin", FULL, [...site, "origins", 0], "http://bank.example", "$.sites[0].origins[0]", /https origin/],
    [
      "an origin with a path",
      FULL,
      [...site, "origins", 0],
      "https://bank.example/x",
      "$.sites[0].origins[0]",
      /canonical form: https:\/\/bank.example$/,
    ],
    [
      "an origin with a slash",
      FULL,
      [...site, "origins", 0],
      "https://bank.example/",
      "$.sites[0].origins[0]",
      /canonical form/,
    ],
    [
      "an origin with a query",
      FULL,
      [...site, "origins", 0],
      "https://bank.example?",
      "$.sites[0].origins[0]",
      /canonical form/,
    ],
    [
      "an origin with capitals",
      FULL,
      [...site, "origins", 0],
      "https://Bank.example",
      "$.sites[0].origins[0]",
      /canonical form: https:\/\/bank.example$/,
    ],
    [
      "an origin with the default port",
      FULL,
      [...site, "origins", 0],
      "https://bank.example:443",
      "$.sites[0].origins[0]",
      /canonical form/,
    ],
    [
      "an origin with letters beyond ASCII",
      FULL,
      [...site, "origins", 0],
      "https://bücher.example",
      "$.sites[0].origins[0]",
      /canonical form: https:\/\/xn--bcher-kva.example$/,
    ],
    [
      "an origin with a user name",
      FULL,
      [...site, "origins", 0],
      "https://bank.example@evil.example",
      "$.sites[0].origins[0]",
      /user name/,
    ],
    [
      "an IPv4 origin",
      FULL,
      [...site, "origins", 0],
      "https://127.0.0.1:8443",
      "$.sites[0].origins[0]",
      /no IP address/,
    ],
    [
      "an IPv4 origin in one number",
      FULL,
      [...site, "origins", 0],
      "https://2130706433",
      "$.sites[0].origins[0]",
      /no IP address/,
    ],
    ["an IPv6 origin", FULL, [...site, "origins", 0], "https://[::1]", "$.sites[0].origins[0]", /no IP address/],
    ["a single-label origin", FULL, [...site, "origins", 0], "https://intranet", "$.sites[0].origins[0]", /two labels/],
    ["localhost", FULL, [...site, "origins", 0], "https://localhost:8443", "$.sites[0].origins[0]", /two labels/],
    [
      "an origin with a trailing dot",
      FULL,
      [...site, "origins", 0],
      "https://bank.example.",
      "$.sites[0].origins[0]",
      /trailing dot/,
    ],
    [
      "an origin with an underscore",
      FULL,
      [...site, "origins", 0],
      "https://a_b.example",
      "$.sites[0].origins[0]",
      /DNS name/,
    ],
    [
      "an origin with a wildcard",
      FULL,
      [...site, "origins", 0],
      "https://*.bank.example",
      "$.sites[0].origins[0]",
      /DNS name/,
    ],
    ["an origin that is no text", FULL, [...site, "origins", 0], 8443, "$.sites[0].origins[0]", /https origin/],
    [
      "a text of two origins",
      FULL,
      [...site, "origins", 0],
      "https://a.example https://b.example",
      "$.sites[0].origins[0]",
      /https origin/,
    ],
    [
      "an origin twice in a site",
      FULL,
      [...site, "origins", 1],
      "https://bank.example:8443",
      "$.sites[0].origins[1]",
      /one site only/,
    ],
    [
      "an origin in two sites",
      FULL,
      ["sites", 1, "origins", 0],
      "https://bank.example:8443",
      "$.sites[1].origins[0]",
      /one site only/,
    ],
    [
      "a subresource that is the site's own origin",
      FULL,
      [...site, "subresources", 0, "origin"],
      "https://bank.example:8443",
      "$.sites[0].subresources[0].origin",
      /not one of a site's own/,
    ],
    [
      "a subresource that is another site's origin",
      FULL,
      [...site, "subresources", 0, "origin"],
      "https://login.bank.example",
      "$.sites[0].subresources[0].origin",
      /not one of a site's own/,
    ],
    [
      "a subresource twice in a site",
      FULL,
      [...site, "subresources", 1],
      { origin: "https://cdn.example", server: { pins: [PIN] } },
      "$.sites[0].subresources[1].origin",
      /only once/,
    ],
    [
      "a subresource without pins",
      FULL,
      [...site, "subresources", 0, "server"],
      {},
      "$.sites[0].subresources[0].server.pins",
      /1 to 64 pins/,
    ],
    [
      "an http subresource",
      FULL,
      [...site, "subresources", 0, "origin"],
      "http://cdn.example",
      "$.sites[0].subresources[0].origin",
      /https origin/,
    ],
    [
      "a host name as address",
      FULL,
      [...site, "addresses", 0],
      "bank.example",
      "$.sites[0].addresses[0]",
      /IPv4 or IPv6/,
    ],
    ["no addresses", FULL, [...site, "addresses"], [], "$.sites[0].addresses", /1 to 16/],
    ["no pins", FULL, [...site, "server", "pins"], [], "$.sites[0].server.pins", /1 to 64 pins/],
    ["pins left out", FULL, [...site, "server", "pins"], undefined, "$.sites[0].server.pins", /1 to 64 pins/],
    [
      "a pin of another hash",
      FULL,
      [...site, "server", "pins", 0],
      `sha1/${"A".repeat(27)}=`,
      "$.sites[0].server.pins[0]",
      /32 bytes/,
    ],
    [
      "a pin without its prefix",
      FULL,
      [...site, "server", "pins", 0],
      PIN.slice(7),
      "$.sites[0].server.pins[0]",
      /32 bytes/,
    ],
    [
      "a pin of 31 bytes",
      FULL,
      [...site, "server", "pins", 0],
      `sha256/${"A".repeat(42)}==`,
      "$.sites[0].server.pins[0]",
      /32 bytes/,
    ],
    [
      "a pin of 33 bytes",
      FULL,
      [...site, "server", "pins", 0],
      `sha256/${"A".repeat(44)}`,
      "$.sites[0].server.pins[0]",
      /32 bytes/,
    ],
    [
      "a pin without padding",
      FULL,
      [...site, "server", "pins", 0],
      `sha256/${"A".repeat(43)}`,
      "$.sites[0].server.pins[0]",
      /32 bytes/,
    ],
    [
      "a pin with spare bits set",
      FULL,
      [...site, "server", "pins", 0],
      `sha256/${"A".repeat(42)}B=`,
      "$.sites[0].server.pins[0]",
      /32 bytes/,
    ],
    [
      "a pin in base64url",
      FULL,
      [...site, "server", "pins", 0],
      `sha256/${"-".repeat(42)}A=`,
      "$.sites[0].server.pins[0]",
      /32 bytes/,
    ],
    [
      "a pin with a line feed",
      FULL,
      [...site, "server", "pins", 0],
      `${PIN}\n`,
      "$.sites[0].server.pins[0]",
      /32 bytes/,
    ],
    ["a pin twice", FULL, [...site, "server", "pins", 1], PIN, "$.sites[0].server.pins[1]", /only once/],
    [
      "an anchor that cannot be read",
      FULL,
      [...site, "server", "anchors", 0],
      "no",
      "$.sites[0].server.anchors[0]",
      /PEM certificate of a CA: not the text PEM/,
    ],
    ["no anchors in the list", FULL, [...site, "server", "anchors"], [], "$.sites[0].server.anchors", /1 to 64/],
    [
      "an unknown method",
      FULL,
      [...site, "client"],
      { method: "password" },
      "$.sites[0].client.method",
      /"certificate", "kerberos" or "form"/,
    ],
    ["no client", FULL, [...site, "client"], undefined, "$.sites[0].client", /"certificate", "kerberos" or "form"/],
    ["no issuer", FULL, [...site, "client", "issuer"], undefined, "$.sites[0].client.issuer", /issuer/],
    ["an empty issuer", FULL, [...site, "client", "issuer"], "", "$.sites[0].client.issuer", /RFC 4514/],
    [
      "an issuer that is no name",
      FULL,
      [...site, "client", "issuer"],
      "Example Client CA",
      "$.sites[0].client.issuer",
      /RFC 4514/,
    ],
    [
      "an issuer with spaces around its comma",
      FULL,
      [...site, "client", "issuer"],
      "CN=A, O=B",
      "$.sites[0].client.issuer",
      /no spaces/,
    ],
    [
      "an issuer in OpenSSL's old form",
      FULL,
      [...site, "client", "issuer"],
      "/CN=A/O=B",
      "$.sites[0].client.issuer",
      /RFC 4514/,
    ],
    [
      "an issuer with an open escape",
      FULL,
      [...site, "client", "issuer"],
      "CN=A\\",
      "$.sites[0].client.issuer",
      /RFC 4514/,
    ],
    ["an issuer with a quote", FULL, [...site, "client", "issuer"], 'CN="A"', "$.sites[0].client.issuer", /RFC 4514/],
    [
      "a probe without slash",
      FULL,
      [...site, "client"],
      { ...client, probe: "x" },
      "$.sites[0].client.probe",
      /begins with \//,
    ],
    [
      "a probe with a query",
      FULL,
      [...site, "client"],
      { ...client, probe: "/?a" },
      "$.sites[0].client.probe",
      /without query/,
    ],
    [
      "a probe that leads to another host",
      FULL,
      [...site, "client"],
      { ...client, probe: "@evil.example/" },
      "$.sites[0].client.probe",
      /begins with/,
    ],
    [
      "a probe with a line break",
      FULL,
      [...site, "client"],
      { ...client, probe: "/\r\nHost: x" },
      "$.sites[0].client.probe",
      /canonical/,
    ],
    [
      "a probe with dot segments",
      FULL,
      [...site, "client"],
      { ...client, probe: "/a/../b" },
      "$.sites[0].client.probe",
      /canonical/,
    ],
    ["a hostile ftp address", FULL, ["hostile", 0], "ftp://evil.example/", "$.hostile[0]", /http\(s\) URL/],
    [
      "a hostile address with user name",
      FULL,
      ["hostile", 0],
      "https://a@evil.example/",
      "$.hostile[0]",
      /without user name/,
    ],
    ["a hostile text", FULL, ["hostile", 0], "evil example", "$.hostile[0]", /host/],
    ["an empty hostile entry", FULL, ["hostile", 0], "", "$.hostile[0]", /host/],
    ["a hostile path without host", FULL, ["hostile", 0], "/login", "$.hostile[0]", /host/],
    [
      "a hostile entry that covers a site",
      FULL,
      ["hostile", 1],
      "bank.example",
      "$.hostile[1]",
      /does not cover https:\/\/bank.example:8443/,
    ],
    [
      "a hostile entry that covers a subresource",
      FULL,
      ["hostile", 0],
      "http://cdn.example/",
      "$.hostile[0]",
      /does not cover https:\/\/cdn.example/,
    ],
    ["another answer to the unlisted", FULL, ["unlisted"], "allow", "$.unlisted", /"refuse"/],
  ];
  for (const [name, document, path, value, where, expected] of rows) {
    it(name, () => {
      taken(document);
      const found = problems(changed(document, path, value));
      const problem = found.find((each) => each.path === where);
      assert.ok(problem, `no problem at ${where}: ${JSON.stringify(found)}`);
      assert.match(problem.expected, expected);
      if (value === undefined) assert.equal(problem.value, "(missing)");
      else if (problem.value.length < 100 && typeof value !== "object")
        assert.equal(problem.value, JSON.stringify(value));
      assert.equal(found.length, 1, JSON.stringify(found));
    });
  }

  for (const document of [undefined, null, [], "{}", 7]) {
    it(`a document that is ${JSON.stringify(document)}`, () => {
      assert.deepEqual(
        problems(document).map(({ path }) => path),
        ["$"],
      );
    });
  }

  it("a key __proto__ from JSON", () => {
    const document: unknown = JSON.parse(`{ "__proto__": { "version": 1 }, ${JSON.stringify(MINIMAL).slice(1)}`);
    assert.deepEqual(
      problems(document).map(({ path }) => path),
      ["$.__proto__"],
    );
  });

  it("lists all problems of a document at once", () => {
    const document = changed(changed(FULL, ["serial"], -1), [...site, "origins", 0], "http://bank.example");
    assert.deepEqual(
      problems(document).map(({ path }) => path),
      ["$.serial", "$.sites[0].origins[0]"],
    );
  });

  it("names authorities for unlisted sites only where those are read", () => {
    assert.deepEqual(
      problems(changed(changed(FULL, ["unlisted"], "refuse"), ["unlistedAnchors"], ["PEM"])).map(({ path }) => path),
      ["$.unlistedAnchors"],
    );
    taken(changed(changed(FULL, ["unlisted"], "read-only"), ["unlistedAnchors"], ["PEM"]));
  });

  it("shortens long values", () => {
    const [problem] = problems(changed(FULL, ["organization"], "x".repeat(5_000)));
    assert.equal(problem?.value.length, 120);
  });
});

describe("docs/profile.md", () => {
  const page = readFileSync(new URL("../../../docs/profile.md", import.meta.url), "utf8");

  it("has an example that is a valid profile", () => {
    const [, example = ""] = /```json\n(.*?)```/s.exec(page) ?? [];
    taken(JSON.parse(example));
  });

  it("describes every field of the schema", () => {
    const keys = new Set<string>();
    const visit = (node: unknown): void => {
      if (typeof node !== "object" || node === null) return;
      if ("properties" in node) for (const key of Object.keys(Object(node.properties))) keys.add(key);
      Object.values(node).forEach(visit);
    };
    visit(profileJsonSchema());
    assert.ok(keys.size >= 20);
    for (const key of keys) assert.match(page, new RegExp(`^\\| \`${key}\`\\*? \\|`, "m"), `${key} is not described`);
  });
});
