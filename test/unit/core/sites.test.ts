import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Profile, parseProfile } from "../../../app/core/profile.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { expectationFor, hostileMatch, parseAddress, siteOfOrigin } from "../../../app/core/sites.ts";

const PIN = `sha256/${"A".repeat(43)}=`;
const CDN_PIN = `sha256/${"B".repeat(42)}A=`;

function profileOf(document: object): Profile {
  const result = parseProfile({ version: 1, serial: 1, organization: "Example Bank", ...document }, () => ({
    fingerprint: "ab".repeat(32),
  }));
  assert.ok(result.ok, JSON.stringify(result));
  return result.profile;
}

const profile = profileOf({
  sites: [
    {
      id: "bank",
      name: "Online banking",
      origins: ["https://bank.example:8443", "https://login.bank.example"],
      addresses: ["127.0.0.1"],
      server: { pins: [PIN], anchors: ["PEM"] },
      client: { method: "certificate", issuer: "CN=Example Client CA", probe: "/p" },
      subresources: [{ origin: "https://cdn.example", server: { pins: [CDN_PIN] } }],
    },
    {
      id: "portal",
      name: "Portal",
      origins: ["https://portal.example"],
      server: { pins: [PIN] },
      client: { method: "form" },
    },
  ],
});
const [bank, portal] = profile.sites;
assert.ok(bank && portal);

describe("siteOfOrigin", () => {
  it("finds the site by any of its own origins", () => {
    assert.equal(siteOfOrigin(profile, "https://bank.example:8443"), bank);
    assert.equal(siteOfOrigin(profile, "https://login.bank.example"), bank);
    assert.equal(siteOfOrigin(profile, "https://portal.example"), portal);
  });

  for (const origin of [
    "https://bank.example",
    "http://bank.example:8443",
    "https://cdn.example",
    "https://bank.example:8443/",
    "https://BANK.example:8443",
    "https://x.portal.example",
    "https://portal.example.evil.example",
    "null",
    "",
  ]) {
    it(`knows no site of ${JSON.stringify(origin)}`, () => assert.equal(siteOfOrigin(profile, origin), undefined));
  }
});

describe("expectationFor", () => {
  it("expects what the profile says of the site's own origins", () => {
    assert.deepEqual(expectationFor(bank, "https://bank.example:8443"), {
      site: "bank",
      origin: "https://bank.example:8443",
      host: "bank.example",
      port: 8443,
      addresses: ["127.0.0.1"],
      role: "site",
      server: { pins: [PIN], anchors: [{ pem: "PEM", fingerprint: "ab".repeat(32) }] },
      client: { method: "certificate", issuer: "CN=Example Client CA", probe: "/p" },
    });
    assert.equal(expectationFor(bank, "https://login.bank.example")?.port, 443);
  });

  it("expects a subresource's own pins, and never tells it who the user is", () => {
    assert.deepEqual(expectationFor(bank, "https://cdn.example"), {
      site: "bank",
      origin: "https://cdn.example",
      host: "cdn.example",
      port: 443,
      role: "subresource",
      server: { pins: [CDN_PIN], anchors: [] },
      client: { method: "none" },
    });
  });

  it("expects nothing of origins that the site does not declare, other sites' included", () => {
    assert.equal(expectationFor(bank, "https://portal.example"), undefined);
    assert.equal(expectationFor(portal, "https://cdn.example"), undefined);
    assert.equal(expectationFor(portal, "https://bank.example:8443"), undefined);
  });
});

describe("hostileMatch", () => {
  const rows: readonly (readonly [entry: string, covered: readonly string[], free: readonly string[]])[] = [
    [
      "evil.test",
      [
        "https://evil.test/",
        "http://evil.test:8080/x?y",
        "https://a.b.evil.test/",
        "https://EVIL.test/",
        "https://evil.test./",
      ],
      ["https://notevil.test/", "https://evil.test.example/", "https://evil.example/"],
    ],
    [
      "https://evil.example/",
      ["https://evil.example/", "http://evil.example/x", "https://www.evil.example:8443/y"],
      ["https://evil.example.test/"],
    ],
    [
      "http://evil.example/login",
      [
        "https://evil.example/login",
        "https://evil.example/login/",
        "https://evil.example/login/x",
        "https://evil.example/login?x",
        "https://evil.example/%6Cogin",
        "https://evil.example/%256Cogin",
        "https://evil.example//login",
        "https://evil.example/a/../login",
      ],
      [
        "https://evil.example/",
        "https://evil.example/loginx",
        "https://evil.example/Login",
        "https://evil.example/a/login",
      ],
    ],
    ["https://evil.example/a/", ["https://evil.example/a/b", "https://evil.example/a/"], ["https://evil.example/ab"]],
    [
      "https://evil.example:8443/",
      ["https://evil.example:8443/", "http://evil.example:8443/x"],
      ["https://evil.example/"],
    ],
    [
      "https://evil.example/a?b=1",
      ["http://evil.example/a?b=1"],
      ["https://evil.example/a", "https://evil.example/a?b=12"],
    ],
    ["http://203.0.113.7/", ["https://203.0.113.7/x", "http://3405803783/"], ["https://203.0.113.70/"]],
    ["[2001:db8::1]", ["https://[2001:DB8:0::1]/"], ["https://[2001:db8::2]/"]],
    ["bücher.test", ["https://xn--bcher-kva.test/"], ["https://bucher.test/"]],
  ];
  for (const [entry, covered, free] of rows) {
    const hostile = [entry];
    it(`${entry} covers what it names`, () => {
      for (const url of covered) assert.equal(hostileMatch({ hostile }, new URL(url)), entry, url);
      for (const url of free) assert.equal(hostileMatch({ hostile }, new URL(url)), undefined, url);
    });
  }

  it("gives the first entry that covers the address", () => {
    const hostile = ["other.test", "a.evil.test", "evil.test"];
    assert.equal(hostileMatch({ hostile }, new URL("https://a.evil.test/")), "a.evil.test");
  });

  it("covers every subdomain, path and port of a host, for all of them", () => {
    fc.assert(
      fc.property(fc.domain(), fc.webPath(), fc.integer({ min: 1, max: 65_535 }), (sub, path, port) => {
        const url = new URL(`https://${sub}.evil.test:${port}${path}`);
        assert.equal(hostileMatch({ hostile: ["evil.test"] }, url), "evil.test");
      }),
    );
  });
});

describe("parseAddress", () => {
  const good: readonly (readonly [string, string])[] = [
    ["bank.example", "https://bank.example/"],
    ["  bank.example:8443/x?y#z ", "https://bank.example:8443/x?y#z"],
    ["https://bank.example", "https://bank.example/"],
    ["HTTPS://Bank.Example/A", "https://bank.example/A"],
    ["bücher.example", "https://xn--bcher-kva.example/"],
    ["bank.example/a:b@c", "https://bank.example/a:b@c"],
    ["localhost:8080", "https://localhost:8080/"],
  ];
  for (const [text, href] of good) {
    it(`reads ${JSON.stringify(text)}`, () => {
      const url = parseAddress(text);
      assert.ok(url instanceof URL, String(url));
      assert.equal(url.href, href);
    });
  }

  const bad: readonly (readonly [string, string])[] = [
    ["http://bank.example", "address.insecure"],
    ["HTTP://bank.example", "address.insecure"],
    ["javascript:alert(1)", "address.insecure"],
    ["data:text/html,x", "address.insecure"],
    ["file:///etc/passwd", "address.insecure"],
    ["ftp://bank.example", "address.insecure"],
    ["mailto:a@bank.example", "address.insecure"],
    ["", "address.malformed"],
    ["   ", "address.malformed"],
    ["how do I pay", "address.malformed"],
    ["bank.example/a b", "address.malformed"],
    ["https:bank.example", "address.malformed"],
    ["https:///bank.example", "address.malformed"],
    ["https://", "address.malformed"],
    ["//bank.example", "address.malformed"],
    ["/login", "address.malformed"],
    ["https:\\\\bank.example", "address.malformed"],
    ["bank.example\\@evil.example", "address.malformed"],
    ["https://bank.example@evil.example/", "address.malformed"],
    ["bank.example@evil.example", "address.malformed"],
    ["https://user:secret@bank.example/", "address.malformed"],
    ["bank.example:99999", "address.malformed"],
    ["ba\tnk.example", "address.malformed"],
    ["?bank.example", "address.malformed"],
  ];
  for (const [text, code] of bad) {
    it(`refuses ${JSON.stringify(text)} with ${code}`, () => {
      const refusal = parseAddress(text);
      assert.ok(refusal instanceof Refusal, String(refusal));
      assert.equal(refusal.code, code);
    });
  }

  it("gives only https addresses without user name, whatever is typed", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withFragments: true }), fc.string({ unit: "binary" })), (text) => {
        const url = parseAddress(text);
        if (url instanceof Refusal) return;
        assert.equal(url.protocol, "https:");
        assert.equal(`${url.username}${url.password}`, "");
        assert.notEqual(url.hostname, "");
      }),
    );
  });

  it("keeps a password that was typed out of the refusal", () => {
    for (const text of ["https://user:secret@bank.example/", "http://user:secret@bank.example/", "my secret"]) {
      const refusal = parseAddress(text);
      assert.ok(refusal instanceof Refusal);
      assert.doesNotMatch(`${refusal.message} ${JSON.stringify(refusal.detail)}`, /secret/);
    }
  });
});
