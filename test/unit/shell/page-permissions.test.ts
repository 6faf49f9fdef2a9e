import assert from "node:assert/strict";
import { test } from "node:test";
import type { Site } from "../../../app/core/profile.ts";
import { ruleFor } from "../../../app/shell/page-permissions.ts";

const site = (pages?: Partial<NonNullable<Site["pages"]>>): Site =>
  ({
    origins: ["https://bank.example"],
    ...(pages
      ? { pages: { permissions: [], downloads: "ask", clipboard: "ask", print: "ask", externalLinks: "ask", ...pages } }
      : {}),
  }) as unknown as Site;

const OWN = "https://bank.example/page";

test("where the profile says nothing, only the clipboard may be asked for", () => {
  assert.equal(ruleFor(site(), OWN, "clipboard-read", []), "ask");
  assert.equal(ruleFor(site(), OWN, "clipboard-sanitized-write", []), "ask");
  for (const permission of [
    "notifications",
    "fullscreen",
    "pointerLock",
    "geolocation",
    "openExternal",
    "midi",
    "hid",
  ]) {
    assert.equal(ruleFor(site(), OWN, permission, []), "deny", permission);
  }
  assert.equal(ruleFor(site(), OWN, "media", ["video"]), "deny");
});

test("what the profile grants is granted, and nothing beside it", () => {
  const granting = site({ permissions: ["camera", "fullscreen"] });
  assert.equal(ruleFor(granting, OWN, "media", ["video"]), "allow");
  assert.equal(ruleFor(granting, OWN, "media", ["audio"]), "deny");
  assert.equal(ruleFor(granting, OWN, "media", ["video", "audio"]), "deny", "all that is asked for, or nothing");
  assert.equal(ruleFor(granting, OWN, "media", []), "deny", "a capture of who knows what");
  assert.equal(ruleFor(granting, OWN, "fullscreen", []), "allow");
  assert.equal(ruleFor(granting, OWN, "notifications", []), "deny");
});

test("granted is granted to the site's own origins only", () => {
  const granting = site({ permissions: ["fullscreen"], clipboard: "allow" });
  for (const requester of ["https://cdn.example/", "https://bank.example.evil.example/", "null", ""]) {
    assert.equal(ruleFor(granting, requester, "fullscreen", []), "deny", requester);
    assert.equal(ruleFor(granting, requester, "clipboard-read", []), "deny", requester);
  }
});
