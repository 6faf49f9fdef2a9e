import assert from "node:assert/strict";
import { test } from "node:test";
import type { GssCredential } from "../../../app/auth/gss/port.ts";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { TicketWatch } from "../../../app/shell/ticket-watch.ts";

const ada = (expires = 1_000_000): GssCredential => ({ principal: "ada@CORP.EXAMPLE", realm: "CORP.EXAMPLE", expires });

function watch() {
  const told: string[] = [];
  const state: { now: GssCredential | ReasonCode; needed: boolean } = { now: ada(), needed: true };
  let looks = 0;
  const host = {
    needed: () => state.needed,
    credential: async () => {
      looks += 1;
      if (typeof state.now === "string") throw new Refusal(state.now, { fault: "the test says so" });
      return state.now;
    },
    missing: ({ code }: Refusal) => told.push(code),
    found: () => told.push("found"),
  };
  return { told, state, looks: () => looks, watch: new TicketWatch(host) };
}

test("a sign-in is told once, however often it is looked for", async () => {
  const { told, state, watch: tickets } = watch();
  await tickets.look();
  state.now = ada(1_000_999);
  await tickets.look();
  assert.deepEqual(told, ["found"]);
});

test("another sign-in is told: a later one, and another user's", async () => {
  const { told, state, watch: tickets } = watch();
  await tickets.look();
  state.now = ada(9_000_000);
  await tickets.look();
  state.now = { ...ada(9_000_000), principal: "eve@CORP.EXAMPLE" };
  await tickets.look();
  assert.deepEqual(told, ["found", "found", "found"]);
});

test("no sign-in, and one that has expired, are told; then the old one is a new one", async () => {
  for (const code of ["kerberos.no-ticket", "kerberos.ticket-expired"] as const) {
    const { told, state, watch: tickets } = watch();
    await tickets.look();
    state.now = code;
    await tickets.look();
    state.now = ada();
    await tickets.look();
    assert.deepEqual(told, ["found", code, "found"]);
  }
});

test("what cannot be known just now changes nothing", async () => {
  for (const code of ["kerberos.timeout", "kerberos.library", "kerberos.kdc-unreachable"] as const) {
    const { told, state, watch: tickets } = watch();
    await tickets.look();
    state.now = code;
    await tickets.look();
    state.now = ada();
    await tickets.look();
    assert.deepEqual(told, ["found"]);
  }
});

test("nobody is asked where no site needs it, and two looks at the same time are one", async () => {
  const { state, looks, watch: tickets } = watch();
  state.needed = false;
  await tickets.look();
  assert.equal(looks(), 0);
  state.needed = true;
  await Promise.all([tickets.look(), tickets.look()]);
  assert.equal(looks(), 1);
});
