import assert from "node:assert/strict";
import { test } from "node:test";
import { NetworkReturn } from "../../../app/shell/network-return.ts";
import { networkCame } from "../../../app/shell/surroundings.ts";

const here = { addresses: ["10.0.0.2/24 aa"], online: true, wall: 0, steady: 0 };

test("an address more and the engine's being online again are signs of a network; less of either is none", () => {
  assert.equal(networkCame(here, here), false);
  assert.equal(networkCame({ ...here, online: false }, here), true);
  assert.equal(networkCame({ ...here, addresses: [] }, here), true);
  assert.equal(networkCame(here, { ...here, addresses: [], online: false }), false);
});

test("a sign is followed by attempts until nothing waits any more, and by no more than five", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let [attempts, waiting] = [0, true];
  const again = async () => {
    attempts += 1;
    return waiting;
  };
  const pass = async (milliseconds: number) => {
    context.mock.timers.tick(milliseconds);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  const back = new NetworkReturn({ again });
  back.sign();
  for (let second = 0; second < 120; second += 1) await pass(1000);
  assert.equal(attempts, 5);
  back.sign();
  await pass(0);
  waiting = false;
  for (let second = 0; second < 120; second += 1) await pass(1000);
  assert.equal(attempts, 7);
  back.sign();
  back.end();
  await pass(120_000);
  assert.equal(attempts, 7);
});
