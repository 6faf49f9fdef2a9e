import assert from "node:assert/strict";
import { test } from "node:test";
import { TypedSecrets } from "../../../app/shell/typed-secrets.ts";

test("what was typed into one site is known in another, for ten minutes", () => {
  let now = 1000;
  const secrets = new TypedSecrets(() => now);
  secrets.remember("bank", "aa");
  assert.equal(secrets.elsewhere("portal", "aa"), "bank");
  assert.equal(secrets.elsewhere("bank", "aa"), undefined, "its own site");
  assert.equal(secrets.elsewhere("portal", "bb"), undefined);
  now += 10 * 60_000 - 1;
  assert.equal(secrets.elsewhere("portal", "aa"), "bank");
  now += 1;
  assert.equal(secrets.elsewhere("portal", "aa"), undefined);
});

test("the oldest give way, and each run has a key of its own", () => {
  const secrets = new TypedSecrets();
  for (let count = 0; count < 65; count += 1) secrets.remember("bank", String(count));
  assert.equal(secrets.elsewhere("portal", "0"), undefined);
  assert.equal(secrets.elsewhere("portal", "1"), "bank");
  assert.notDeepEqual(secrets.key, new TypedSecrets().key);
});
