import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { close, type Premise } from "../../../../app/core/beliefs/facts.ts";
import {
  believes,
  both,
  controls,
  datum,
  encrypted,
  type Formula,
  fresh,
  means,
  publicKey,
  said,
  same,
  sees,
  sharedKey,
  signed,
} from "../../../../app/core/beliefs/formula.ts";
import { BAN_RULES } from "../../../../app/core/beliefs/rules.ts";

const X = datum("X", [], "x");
const Y = datum("Y", [], "y");
const M = datum("M", [], "m");

function follows(from: readonly Formula[], formula: Formula): boolean {
  const premises = from.map((each): Premise => ({ formula: each, sentence: "", basis: "assumption", source: "test" }));
  return close(premises, BAN_RULES).of(formula) !== undefined;
}

/** Every premise is needed: without any one of them the conclusion must not follow. */
function needsAll(from: readonly Formula[], formula: Formula): void {
  assert.ok(follows(from, formula), "follows from all");
  for (const without of from) {
    assert.ok(
      !follows(
        from.filter((each) => each !== without),
        formula,
      ),
      `does not follow without ${JSON.stringify(without)}`,
    );
  }
}

describe("BAN rules", () => {
  it("message meaning, public key", () => {
    needsAll([believes("P", publicKey("Q", "K")), sees("P", signed(X, "K"))], believes("P", said("Q", X)));
    assert.ok(!follows([believes("P", publicKey("Q", "K")), sees("P", signed(X, "L"))], believes("P", said("Q", X))));
    assert.ok(!follows([believes("R", publicKey("Q", "K")), sees("P", signed(X, "K"))], believes("P", said("Q", X))));
    assert.ok(
      !follows([believes("P", publicKey("Q", "K")), sees("P", encrypted(X, "K"))], believes("P", said("Q", X))),
    );
  });

  it("message meaning, shared key, from the other of the two", () => {
    const shared = believes("P", sharedKey("P", "K", "Q"));
    needsAll([shared, sees("P", encrypted(X, "K"))], believes("P", said("Q", X)));
    needsAll([believes("P", sharedKey("Q", "K", "P")), sees("P", encrypted(X, "K"))], believes("P", said("Q", X)));
    assert.ok(!follows([shared, sees("P", encrypted(X, "L"))], believes("P", said("Q", X))));
    assert.ok(!follows([shared, sees("P", signed(X, "K"))], believes("P", said("Q", X))));
    assert.ok(!follows([shared, sees("P", encrypted(X, "K"))], believes("P", said("P", X))));
    const ofOthers = believes("P", sharedKey("Q", "K", "R"));
    assert.ok(!follows([ofOthers, sees("P", encrypted(X, "K"))], believes("P", said("Q", X))));
  });

  it("nonce verification", () => {
    needsAll([believes("P", fresh(X)), believes("P", said("Q", X))], believes("P", believes("Q", X)));
    assert.ok(!follows([believes("P", fresh(Y)), believes("P", said("Q", X))], believes("P", believes("Q", X))));
    assert.ok(!follows([believes("R", fresh(X)), believes("P", said("Q", X))], believes("P", believes("Q", X))));
  });

  it("jurisdiction", () => {
    needsAll([believes("P", controls("Q", X)), believes("P", believes("Q", X))], believes("P", X));
    assert.ok(!follows([believes("P", controls("R", X)), believes("P", believes("Q", X))], believes("P", X)));
    for (const other of [X, Y]) {
      assert.ok(!follows([believes("P", controls("Q", Y)), believes("P", believes("Q", X))], believes("P", other)));
    }
    assert.ok(!follows([believes("R", controls("Q", X)), believes("P", believes("Q", X))], believes("P", X)));
  });

  it("freshness of a whole from a part, never of a part from the whole", () => {
    const pair = believes("P", said("Q", both(X, Y)));
    needsAll([believes("P", fresh(X)), pair], believes("P", believes("Q", Y)));
    needsAll([believes("P", fresh(Y)), pair], believes("P", believes("Q", X)));
    assert.ok(
      !follows([believes("P", fresh(both(X, Y))), believes("P", said("Q", X))], believes("P", believes("Q", X))),
    );
  });

  it("components of what is seen, said and believed", () => {
    for (const part of [X, Y]) {
      needsAll([sees("P", both(X, Y))], sees("P", part));
      needsAll([believes("P", both(X, Y))], believes("P", part));
      needsAll([believes("P", believes("Q", both(X, Y)))], believes("P", believes("Q", part)));
      needsAll([believes("P", said("Q", both(X, Y)))], believes("P", said("Q", part)));
      assert.ok(!follows([believes("P", controls("Q", both(X, Y)))], believes("P", controls("Q", part))));
    }
    assert.ok(!follows([believes("P", X), believes("P", Y)], believes("P", both(X, Y))));
  });

  it("reading of a message, once all that it depends on holds", () => {
    const reading = believes("P", means(M, [Y], X));
    needsAll([reading, Y, sees("P", signed(M, "K"))], sees("P", signed(X, "K")));
    needsAll([reading, Y, sees("P", encrypted(M, "K"))], sees("P", encrypted(X, "K")));
    needsAll([reading, Y, believes("P", said("Q", M))], believes("P", said("Q", X)));
    assert.ok(!follows([reading, Y, sees("R", signed(M, "K"))], sees("R", signed(X, "K"))));
    assert.ok(!follows([reading, Y, sees("P", signed(Y, "K"))], sees("P", signed(X, "K"))));
    assert.ok(!follows([reading, Y, believes("P", believes("Q", M))], believes("P", believes("Q", X))));
  });

  it("finds a conclusion in whatever order the premises come", () => {
    const premises = [
      believes("P", means(M, [Y], both(X, sharedKey("P", "K", "Q")))),
      Y,
      believes("P", publicKey("Q", "L")),
      sees("P", signed(M, "L")),
      believes("P", fresh(X)),
      believes("P", controls("Q", sharedKey("P", "K", "Q"))),
    ];
    for (let turn = 0; turn < premises.length; turn += 1) {
      const turned = [...premises.slice(turn), ...premises.slice(0, turn)];
      assert.ok(follows(turned, believes("P", sharedKey("P", "K", "Q"))));
      assert.ok(follows(turned.toReversed(), believes("P", sharedKey("P", "K", "Q"))));
    }
  });
});

describe("formulas", () => {
  it("are the same only when all their parts are", () => {
    const formulas = [
      ...[X, Y, datum("X", ["1"], ""), datum("X", ["2"], ""), datum("X", ["1", "2"], "")],
      ...[believes("P", X), believes("P", Y), believes("Q", X), sees("P", X), said("P", X), controls("P", X)],
      ...[fresh(X), fresh(Y), both(X, Y), both(Y, X), both(X, X)],
      ...[sharedKey("P", "K", "Q"), sharedKey("Q", "K", "P"), sharedKey("P", "L", "Q"), sharedKey("P", "K", "R")],
      ...[publicKey("P", "K"), publicKey("P", "L"), publicKey("Q", "K")],
      ...[signed(X, "K"), signed(X, "L"), signed(Y, "K"), encrypted(X, "K"), encrypted(X, "L"), encrypted(Y, "K")],
      ...[means(M, [X], Y), means(M, [Y], Y), means(M, [], Y), means(M, [X], X), means(X, [X], Y), means(M, [X, X], Y)],
    ];
    for (const [index, one] of formulas.entries()) {
      for (const [place, other] of formulas.entries()) assert.equal(same(one, other), index === place);
      assert.ok(same(one, structuredClone(one)));
    }
    assert.ok(same(datum("X", [], "in other words"), X));
  });
});
