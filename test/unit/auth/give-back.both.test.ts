import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { giveBack } from "../../../app/auth/give-back.ts";

/** Node 20 cannot; nothing is lost but speed. */
const can = "transfer" in ArrayBuffer.prototype;

describe("memory that is given back", () => {
  it("is a chunk's own, where the engine can give it back", () => {
    const chunk = Buffer.from(new ArrayBuffer(16_384));
    giveBack(chunk);
    assert.equal(chunk.length, can ? 0 : 16_384);
  });

  it("is never a part of somebody else's", () => {
    const memory = new ArrayBuffer(100);
    for (const part of [Buffer.from(memory, 0, 99), Buffer.from(memory, 1), Buffer.from("from the pool")]) {
      const { length } = part;
      giveBack(part);
      assert.equal(part.length, length);
    }
    assert.equal(memory.byteLength, 100);
  });

  it("may have been given back already, or be none", () => {
    const chunk = Buffer.from(new ArrayBuffer(8));
    giveBack(chunk);
    giveBack(chunk);
    giveBack(Buffer.alloc(0));
  });
});
