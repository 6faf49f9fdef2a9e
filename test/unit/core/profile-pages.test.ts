import assert from "node:assert/strict";
import { test } from "node:test";
import { pageRules, pages } from "../../../app/core/profile-pages.ts";

test("what is not said is asked, and nothing is granted", () => {
  const silent = { permissions: [], downloads: "ask", clipboard: "ask", print: "ask", externalLinks: "ask" };
  assert.deepEqual(pageRules({}), silent);
  assert.deepEqual(pages.parse({}), silent);
  assert.equal(pages.parse(undefined), undefined);
});

test("rules are taken as they are written, and nothing else", () => {
  assert.deepEqual(pageRules({ pages: pages.parse({ downloads: "deny", print: "deny" }) }), {
    permissions: [],
    downloads: "deny",
    clipboard: "ask",
    print: "deny",
    externalLinks: "ask",
  });
  for (const wrong of [
    { downloads: "never" },
    { print: "allow" },
    { permissions: ["geolocation"] },
    { permissions: "notifications" },
    { camera: "allow" },
  ]) {
    assert.equal(pages.safeParse(wrong).success, false, JSON.stringify(wrong));
  }
});
