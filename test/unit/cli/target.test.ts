import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UsageError } from "../../../app/cli/arguments.ts";
import { targetOf, usable } from "../../../app/cli/target.ts";
import { parseProfile } from "../../../app/core/profile.ts";
import { Refusal } from "../../../app/core/refusal.ts";

const server = { pins: [`sha256/${"A".repeat(43)}=`] };
const parsed = parseProfile(
  {
    version: 1,
    serial: 1,
    organization: "Example Bank",
    sites: [
      {
        id: "bank",
        name: "Bank",
        origins: ["https://bank.example"],
        server,
        client: { method: "form" },
        subresources: [{ origin: "https://cdn.example", server }],
      },
    ],
    hostile: ["evil.example", "http://bank.example/trap"],
  },
  () => ({ fault: "unused" }),
);

assert.ok(parsed.ok, JSON.stringify(parsed));
const { profile } = parsed;

describe("targetOf", () => {
  const codeOf = (text: string): string => {
    try {
      return targetOf(text, profile).expectation.role;
    } catch (error) {
      if (error instanceof UsageError) return "usage";
      assert.ok(error instanceof Refusal, String(error));
      return error.code;
    }
  };
  for (const [text, result] of [
    ["https://bank.example/account?x", "site"],
    ["bank.example", "site"],
    ["https://cdn.example/a.js", "subresource"],
    ["https://other.example/", "site.unlisted"],
    ["https://bank.example:8443/", "site.unlisted"],
    ["https://www.evil.example/", "site.hostile"],
    ["http://evil.example/", "site.hostile"],
    ["evil.example", "site.hostile"],
    ["https://bank.example/trap/x", "site.hostile"],
    ["http://bank.example/", "address.insecure"],
    ["javascript:alert(1)", "address.insecure"],
    ["https://bank.example@other.example/", "usage"],
    ["two words", "usage"],
  ] as const) {
    it(`${text}: ${result}`, () => assert.equal(codeOf(text), result));
  }
});

describe("usable", () => {
  it("refuses where there is no profile, and says where it looked", () => {
    assert.throws(
      () => usable({ kind: "none", lookedIn: ["/etc/a", "/etc/b"] }),
      (error) =>
        error instanceof Refusal && error.code === "profile.missing" && error.detail.value === "/etc/a, /etc/b",
    );
  });
});
