import assert from "node:assert/strict";
import { test } from "node:test";
import { imitatedSites, timesSeen } from "../../../renderer/model/impostor.ts";

const at = (...sites: readonly string[]) => ({
  appearances: sites.map((site) => ({ site, origin: "https://bank.example", at: "2026-01-01T00:00:00Z" })),
});

test("the sites that were imitated, each once, as a phrase", () => {
  assert.equal(imitatedSites(at("Bank")), "Bank");
  assert.equal(imitatedSites(at("Bank", "Portal", "Bank")), "Bank and Portal");
  assert.equal(imitatedSites(at("Bank", "Portal", "Mail")), "Bank, Portal and Mail");
});

test("how often, in words", () => {
  assert.deepEqual(
    [1, 2, 3].map((times) => timesSeen({ times })),
    ["Refused once", "Refused twice", "Refused 3 times"],
  );
});
