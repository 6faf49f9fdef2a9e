import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Profile } from "../../../app/core/profile.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { admitTunnel, admitUrl, parseAuthority } from "../../../app/gateway/admission.ts";

const server = { pins: ["sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="], anchors: [] } as const;
const bank = {
  id: "bank",
  name: "Bank",
  origins: ["https://bank.example", "https://login.bank.example:8443"],
  server,
  client: { method: "form" },
  subresources: [{ origin: "https://cdn.example", server, query: false }],
} as const;
const portal = { ...bank, id: "portal", origins: ["https://portal.example"], subresources: [] } as const;
const profile: Profile = {
  version: 1,
  serial: 1,
  organization: "Example",
  sites: [bank, portal],
  hostile: ["https://evil.example/", "https://bank.example/trap", "192.0.2.66"],
  unlisted: "refuse",
};

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return "admitted";
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return error.code;
  }
};

describe("admission of tunnels", () => {
  const rows: readonly (readonly [target: string, expected: string])[] = [
    ["bank.example:443", "admitted"],
    ["BANK.Example:443", "admitted"],
    ["login.bank.example:8443", "admitted"],
    ["cdn.example:443", "admitted"],
    ["portal.example:443", "site.unlisted"],
    ["bank.example:444", "site.unlisted"],
    ["login.bank.example:443", "site.unlisted"],
    ["cdn.example:8443", "site.unlisted"],
    ["other.example:443", "site.unlisted"],
    ["sub.bank.example:443", "site.unlisted"],
    ["bank.example.:443", "site.unlisted"],
    ["bank.example.evil.test:443", "site.unlisted"],
    ["xbank.example:443", "site.unlisted"],
    ["localhost:443", "site.unlisted"],
    ["bank:443", "site.unlisted"],
    ["127.0.0.1:443", "site.unlisted"],
    ["2130706433:443", "site.unlisted"],
    ["0x7f.1:443", "site.unlisted"],
    ["[::1]:443", "site.unlisted"],
    ["bank%2eexample:443", "site.unlisted"],
    ["bank_x.example:443", "site.unlisted"],
    ["evil.example:443", "site.hostile"],
    ["evil.example:1", "site.hostile"],
    ["www.EVIL.example:443", "site.hostile"],
    ["evil.example.:443", "site.hostile"],
    ["192.0.2.66:443", "site.hostile"],
    ["bank.example", "gateway.request"],
    ["bank.example:", "gateway.request"],
    ["bank.example:0", "gateway.request"],
    ["bank.example:0443", "gateway.request"],
    ["bank.example:65536", "gateway.request"],
    ["bank.example:443x", "gateway.request"],
    ["bank.example: 443", "gateway.request"],
    ["bank.example:+443", "gateway.request"],
    ["user@bank.example:443", "gateway.request"],
    ["bank.example:443/path", "gateway.request"],
    ["bank.example:443?query", "gateway.request"],
    ["https://bank.example:443", "gateway.request"],
    ["bänk.example:443", "gateway.request"],
    ["bank.example\\:443", "gateway.request"],
    [":443", "gateway.request"],
    ["", "gateway.request"],
    [`${"a".repeat(300)}.example:443`, "gateway.request"],
  ];
  for (const [target, expected] of rows) {
    it(`${JSON.stringify(target.slice(0, 60))}: ${expected}`, () =>
      assert.equal(
        codeOf(() => admitTunnel(profile, bank, target)),
        expected,
      ));
  }

  it("expects a site's own server for its origins and a reader's for its subresources", () => {
    assert.equal(admitTunnel(profile, bank, "bank.example:443").role, "site");
    assert.equal(admitTunnel(profile, bank, "bank.example:443").origin, "https://bank.example");
    assert.deepEqual(admitTunnel(profile, bank, "cdn.example:443").client, { method: "none" });
  });

  it("admits no other text than the listed ones", () => {
    const admitted = new Set(["bank.example:443", "login.bank.example:8443", "cdn.example:443"]);
    const piece = fc.constantFrom(
      "bank",
      "example",
      ".",
      ":",
      "443",
      "8443",
      "login",
      "cdn",
      "@",
      "/",
      "%2e",
      " ",
      "0",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const target = pieces.join("");
        assert.equal(codeOf(() => admitTunnel(profile, bank, target)) === "admitted", admitted.has(target));
      }),
      { numRuns: 2000 },
    );
  });

  it("reads an authority into its origin", () => {
    assert.deepEqual(parseAuthority("Bank.Example:443"), {
      host: "bank.example",
      port: 443,
      origin: "https://bank.example",
    });
    assert.equal(parseAuthority("bank.example:8443").origin, "https://bank.example:8443");
  });
});

describe("admission of addresses within a site", () => {
  for (const [path, expected] of [
    ["/", "admitted"],
    ["/trap", "site.hostile"],
    ["/trap/door?x", "site.hostile"],
    ["/tr%61p/", "site.hostile"],
    ["/x/../trap/", "site.hostile"],
    ["/trapeze", "admitted"],
  ] as const) {
    it(`${path}: ${expected}`, () =>
      assert.equal(
        codeOf(() => admitUrl(profile, new URL(`https://bank.example${path}`))),
        expected,
      ));
  }
});
