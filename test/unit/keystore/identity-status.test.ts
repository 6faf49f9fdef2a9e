import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity } from "../../../app/keystore/identity.ts";
import { identityStatus } from "../../../app/keystore/identity-status.ts";

const DAY = 86_400_000;
const identity: Identity = {
  fingerprint: "00",
  name: "Alice",
  subject: "CN=Alice",
  issuer: "CN=CA",
  serial: "01",
  notBefore: new Date(0).toISOString(),
  notAfter: new Date(100 * DAY).toISOString(),
  keyType: "EC P-256",
  clientAuthentication: true,
};

test("expiry is reported from thirty days on", () => {
  assert.deepEqual(identityStatus(identity, -1), { status: "not-yet-valid", daysLeft: 100 });
  assert.deepEqual(identityStatus(identity, 0), { status: "valid", daysLeft: 100 });
  assert.deepEqual(identityStatus(identity, 70 * DAY - 1), { status: "valid", daysLeft: 30 });
  assert.deepEqual(identityStatus(identity, 70 * DAY), { status: "expires-soon", daysLeft: 30 });
  assert.deepEqual(identityStatus(identity, 100 * DAY - 1), { status: "expires-soon", daysLeft: 0 });
  assert.deepEqual(identityStatus(identity, 100 * DAY + 1), { status: "expired", daysLeft: -1 });
});

test("an identity that may not prove a client says so, whatever its dates", () => {
  const barred = { ...identity, clientAuthentication: false };
  assert.equal(identityStatus(barred, 0).status, "not-for-clients");
  assert.equal(identityStatus(barred, 200 * DAY).status, "not-for-clients");
});

test("the last moment of the validity still counts", () => {
  assert.deepEqual(identityStatus(identity, 100 * DAY), { status: "expires-soon", daysLeft: 0 });
});
