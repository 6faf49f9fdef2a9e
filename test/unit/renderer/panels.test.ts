import assert from "node:assert/strict";
import { test } from "node:test";
import { closedPanels, panelsAfter } from "../../../renderer/state/panels.ts";

test("find and trust need an open site", () => {
  for (const what of ["find", "trust"] as const) {
    assert.equal(panelsAfter(closedPanels, { kind: "focus", what, active: false }), closedPanels);
    assert.equal(panelsAfter(closedPanels, { kind: "focus", what, active: true })[what], true);
  }
});

test("a request for the trust panel is answered by turning it over, one for find brings the cursor back", () => {
  const once = panelsAfter(closedPanels, { kind: "focus", what: "trust", active: true });
  assert.equal(panelsAfter(once, { kind: "focus", what: "trust", active: true }).trust, false);
  const find = panelsAfter(closedPanels, { kind: "focus", what: "find", active: true });
  const again = panelsAfter(find, { kind: "focus", what: "find", active: true });
  assert.equal(again.find, true);
  assert.equal(again.findRequests, find.findRequests + 1);
});

test("find and trust bring the page back from the identities", () => {
  const identities = panelsAfter(closedPanels, { kind: "show", place: "identities" });
  assert.equal(panelsAfter(identities, { kind: "focus", what: "find", active: true }).place, "site");
  assert.equal(panelsAfter(identities, { kind: "focus", what: "trust", active: true }).place, "site");
});

test("closing the site closes what belongs to it and leaves the identities open, and gives the keyboard to the list of sites", () => {
  const open = { ...closedPanels, place: "identities", trust: true, find: true, signOut: "bank" } as const;
  assert.deepEqual(panelsAfter(open, { kind: "site-closed" }), {
    ...closedPanels,
    place: "identities",
    sitesRequests: 1,
  });
});
