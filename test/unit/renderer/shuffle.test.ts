import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { shuffled } from "../../../renderer/model/shuffle.ts";

test("a shuffled list has the same items", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (items) => {
      assert.deepEqual([...shuffled(items)].sort(), [...items].sort());
    }),
  );
});

test("each order of three comes from exactly one choice of numbers", () => {
  const orders = new Set<string>();
  for (const first of [0, 1, 2])
    for (const second of [0, 1]) {
      const numbers = [first, second];
      orders.add(shuffled(["a", "b", "c"], () => numbers.shift() ?? 0).join(""));
    }
  assert.equal(orders.size, 6);
});

test("ten digits come in another order sooner or later", () => {
  const digits = [..."0123456789"];
  const orders = new Set(Array.from({ length: 20 }, () => shuffled(digits).join("")));
  assert.ok(orders.size > 1);
});
