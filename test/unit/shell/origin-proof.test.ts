import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Channel } from "../../../app/auth/channel.ts";
import type { Outcome } from "../../../app/gateway/gateway.ts";
import { OriginProof } from "../../../app/shell/origin-proof.ts";

const A = "https://a.test";

/** A gateway whose answers the test gives. */
function gateway() {
  const asked: { origin: string; signal: AbortSignal | undefined; answer: (outcome: Outcome) => void }[] = [];
  return {
    asked,
    prove: (origin: string, signal?: AbortSignal) =>
      new Promise<Outcome>((answer) => {
        asked.push({ origin, signal, answer });
      }),
  };
}

const channelUntil = (lapsesAt: number) => ({ verdict: { lapsesAt } }) as unknown as Channel;
const outcome = { kind: "authenticated", channel: channelUntil(1) } as Outcome;

test("an attempt gives the gateway's outcome", async () => {
  const { asked, prove } = gateway();
  const proof = new OriginProof({ prove });
  const result = proof.prove(A);
  assert.equal(proof.underWay, true);
  asked[0]?.answer(outcome);
  assert.equal(await result, outcome);
  assert.equal(proof.underWay, false);
});

test("an attempt that another one overtook gives nothing, whatever the gateway says", async () => {
  const { asked, prove } = gateway();
  const proof = new OriginProof({ prove });
  const first = proof.prove(A);
  const second = proof.prove("https://b.test");
  assert.equal(asked[0]?.signal?.aborted, true);
  asked[0]?.answer(outcome);
  assert.equal(await first, undefined);
  assert.equal(proof.underWay, true);
  asked[1]?.answer(outcome);
  assert.equal(await second, outcome);
});

test("an attempt that was given up gives nothing", async () => {
  const { asked, prove } = gateway();
  const proof = new OriginProof({ prove });
  const result = proof.prove(A);
  proof.abort();
  assert.equal(proof.underWay, false);
  asked[0]?.answer(outcome);
  assert.equal(await result, undefined);
});

test("the end of a verdict is told when it comes, also when it is far away, and not after the last one was replaced", (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  const proof = new OriginProof(gateway());
  const told: string[] = [];
  const year = 366 * 24 * 60 * 60 * 1000;
  const soon = () => {};
  proof.watch(channelUntil(year), soon, () => told.push("year"));
  for (let day = 0; day < 365; day += 1) mock.timers.tick(year / 366);
  assert.equal(told.join(), "");
  mock.timers.tick(year / 366);
  assert.equal(told.join(), "year");
  proof.watch(channelUntil(year + 1000), soon, () => told.push("first"));
  proof.watch(channelUntil(year + 5000), soon, () => told.push("second"));
  mock.timers.tick(2000);
  assert.equal(told.join(), "year");
  mock.timers.tick(4000);
  assert.equal(told.join(), "year,second");
  proof.watch(undefined, soon, () => told.push("none"));
  proof.watch(channelUntil(Number.POSITIVE_INFINITY), soon, () => told.push("never"));
  mock.timers.tick(year);
  assert.equal(told.join(), "year,second");
});

test("new proofs are asked for once while the old ones hold, also when they turn out to end at the same time", (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  const proof = new OriginProof(gateway());
  const told: string[] = [];
  const watch = (until: number) =>
    proof.watch(
      channelUntil(until),
      () => {
        told.push(`soon ${Date.now()}`);
        if (until === 3_600_000) watch(until + 900);
      },
      () => told.push(`expired ${Date.now()}`),
    );
  watch(3_600_000);
  mock.timers.tick(3_600_000 - 60_001);
  assert.deepEqual(told, []);
  mock.timers.tick(1);
  assert.deepEqual(told, ["soon 3540000"]);
  mock.timers.tick(60_900);
  assert.deepEqual(told, ["soon 3540000", "expired 3600900"]);
  watch(3_601_000 + 10_000);
  mock.timers.tick(10_100 - 1010);
  mock.timers.tick(1010);
  assert.deepEqual(told.slice(2), ["soon 3609990", "expired 3611000"]);
});
