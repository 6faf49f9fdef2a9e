import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActiveView, RefusalView, UiState } from "../../../app/ipc/contract.ts";
import { announcements } from "../../../renderer/model/announce.ts";

const base: UiState = {
  profile: { kind: "loaded", organization: "Example Bank", serial: 1, origin: "x" },
  sites: [],
  downloads: [],
  notices: [],
  platform: "linux",
  demo: false,
};
const active: ActiveView = {
  site: "bank",
  name: "Online banking",
  origin: "https://bank.example",
  path: "/",
  title: "",
  seal: "opening",
  loading: true,
  canGoBack: false,
  canGoForward: false,
  zoom: 1,
  stage: "waiting",
  kept: false,
};
const refusal: RefusalView = {
  code: "server.pin-mismatch",
  title: "Not the real one.",
  message: "Another key.",
  remedy: "Tell IT.",
  it: "",
  address: "https://bank.example/",
  at: "2026-01-01T00:00:00Z",
  established: [],
  canRetry: true,
};
const withActive = (change: Partial<ActiveView>): UiState => ({ ...base, active: { ...active, ...change } });

test("nothing is said where nothing changed", () => {
  assert.deepEqual(announcements(withActive({}), withActive({ loading: false })), []);
  assert.deepEqual(announcements(undefined, base), []);
});

test("a verdict is said politely", () => {
  const [said, ...more] = announcements(withActive({}), withActive({ seal: "open", stage: "page" }));
  assert.deepEqual(more, []);
  assert.equal(said?.urgent, false);
  assert.match(said?.text ?? "", /proved who it is/);
});

test("a refusal interrupts, and so does the next one of the same site", () => {
  const refused = withActive({ seal: "refused", stage: "refused", refusal });
  assert.deepEqual(announcements(withActive({}), refused), [{ text: "Not the real one. Another key.", urgent: true }]);
  const again = withActive({ seal: "refused", stage: "refused", refusal: { ...refusal, at: "2026-01-01T00:00:05Z" } });
  assert.equal(announcements(refused, again).length, 1);
  assert.equal(announcements(refused, refused).length, 0);
});

test("a lapse interrupts", () => {
  const [said] = announcements(withActive({ seal: "open", stage: "page" }), withActive({ seal: "shut" }));
  assert.equal(said?.urgent, true);
  assert.match(said?.text ?? "", /lapsed/);
});

test("a crashed and a hung page are said", () => {
  for (const stage of ["crashed", "hung"] as const) {
    const [said] = announcements(withActive({ seal: "open", stage: "page" }), withActive({ seal: "open", stage }));
    assert.equal(said?.urgent, true);
  }
});

test("each notice is said once, warnings first", () => {
  const state: UiState = {
    ...base,
    notices: [
      { id: "1", kind: "info", text: "calm" },
      { id: "2", kind: "warning", text: "mind" },
    ],
  };
  assert.deepEqual(announcements(base, state), [
    { text: "mind", urgent: true },
    { text: "calm", urgent: false },
  ]);
  assert.deepEqual(announcements(state, state), []);
});

test("a download is said at its start and its end, not on the way", () => {
  const at = (state: "running" | "done" | "failed" | "cancelled", received: number): UiState => ({
    ...base,
    downloads: [{ id: "d", site: "bank", fileName: "a.pdf", state, received, total: 10 }],
  });
  assert.equal(announcements(base, at("running", 1)).length, 1);
  assert.equal(announcements(at("running", 1), at("running", 2)).length, 0);
  assert.deepEqual(announcements(at("running", 2), at("done", 10)), [{ text: "a.pdf has been saved.", urgent: false }]);
  assert.equal(announcements(at("running", 2), at("failed", 2))[0]?.urgent, true);
  assert.equal(announcements(at("running", 2), at("cancelled", 2))[0]?.urgent, false);
});
