import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Refusal } from "../../../app/core/refusal.ts";
import { ConcurrentWrite, GenerationStore, MAX_ENTRY_BYTES } from "../../../app/keystore/generation-store.ts";
import { type Death, Died, MemoryKeychain } from "../../support/memory-keychain.ts";

const texts = {
  none: Buffer.alloc(0),
  /** One entry. */
  small: Buffer.from("a small set"),
  /** Fills its entries to the last byte. */
  exact: randomBytes((MAX_ENTRY_BYTES / 4) * 3 * 2),
  /** Three entries. */
  large: randomBytes(5_000),
};

async function keychainWith(text: Buffer | undefined): Promise<MemoryKeychain> {
  const keychain = new MemoryKeychain();
  if (text !== undefined) await new GenerationStore(keychain).replace(undefined, text);
  return new MemoryKeychain(keychain.entries);
}

const read = async (keychain: MemoryKeychain): Promise<Buffer> => (await new GenerationStore(keychain).read()).text;

async function replace(keychain: MemoryKeychain, text: Buffer): Promise<boolean> {
  const store = new GenerationStore(keychain);
  return (await store.replace(await store.stamp(), text)).swept;
}

const isDamaged = (error: unknown): boolean => error instanceof Refusal && error.code === "keystore.damaged";

test("a keychain without entries holds an empty text without a stamp", async () => {
  const { stamp, text } = await new GenerationStore(new MemoryKeychain()).read();
  assert.equal(stamp, undefined);
  assert.equal(text.length, 0);
});

test("what was stored comes back, in entries that fit every keychain", async () => {
  for (const text of Object.values(texts)) {
    const keychain = await keychainWith(text);
    assert.ok((await read(keychain)).equals(text));
    const sizes = [...keychain.entries.values()].map((entry) => Buffer.byteLength(entry));
    assert.ok(Math.max(...sizes) <= MAX_ENTRY_BYTES);
  }
});

test("a write leaves no entries of the text before", async () => {
  const keychain = await keychainWith(texts.large);
  assert.equal(await replace(keychain, texts.small), true);
  assert.deepEqual([...keychain.entries.keys()].map((name) => name.replace(/[0-9a-f]{32}/, "ID")).sort(), [
    "chunk.ID.0",
    "pointer.a",
    "pointer.b",
  ]);
});

/** Runs one write that dies as told. @returns what is left in the keychain, or undefined when it did not die */
async function dying(before: MemoryKeychain, text: Buffer, death: Death): Promise<MemoryKeychain | undefined> {
  const keychain = new MemoryKeychain(before.entries, death);
  try {
    const swept = await replace(keychain, text);
    return swept ? undefined : keychain;
  } catch (error) {
    assert.ok(error instanceof Died);
    return keychain;
  }
}

test("a process killed at any operation leaves the old text or the new one, and the next write cleans up", async () => {
  const transitions = [
    [undefined, texts.large],
    [texts.none, texts.small],
    [texts.small, texts.large],
    [texts.large, texts.small],
    [texts.exact, texts.large],
    [texts.large, texts.none],
  ] as const;
  for (const [old, next] of transitions) {
    const before = await keychainWith(old);
    for (const effect of ["none", "torn", "whole"] as const) {
      let deaths = 0;
      let flipped = false;
      for (let at = 1; ; at += 1) {
        const left = await dying(before, next, { at, effect });
        if (left === undefined) break;
        deaths += 1;
        const found = await read(new MemoryKeychain(left.entries));
        const isNew = found.equals(next);
        assert.ok(isNew || found.equals(old ?? texts.none), `killed at operation ${at}`);
        assert.ok(!flipped || isNew, "once the new text counts it goes on counting");
        flipped ||= isNew;
        const survivor = new MemoryKeychain(left.entries);
        assert.equal(await replace(survivor, texts.small), true);
        assert.ok((await read(survivor)).equals(texts.small));
        assert.equal(survivor.entries.size, 3, `leftovers of a write killed at operation ${at} are swept`);
      }
      assert.ok(deaths > 8, "the write was killed at each of its operations");
      assert.ok(flipped);
    }
  }
});

test("a second death while cleaning up after the first loses nothing either", async () => {
  const before = await keychainWith(texts.large);
  for (let first = 1; ; first += 1) {
    const left = await dying(before, texts.exact, { at: first, effect: "whole" });
    if (left === undefined) break;
    const kept = await read(new MemoryKeychain(left.entries));
    for (let second = 1; ; second += 1) {
      const again = await dying(new MemoryKeychain(left.entries), texts.small, { at: second, effect: "torn" });
      if (again === undefined) break;
      const found = await read(new MemoryKeychain(again.entries));
      assert.ok(found.equals(kept) || found.equals(texts.small), `killed at ${first}, then at ${second}`);
    }
  }
});

test("a write that is refused at any operation has changed nothing; one that succeeds has replaced everything", async () => {
  const before = await keychainWith(texts.large);
  for (const effect of ["none", "whole"] as const) {
    const results = new Set<string>();
    for (let at = 1; ; at += 1) {
      const keychain = new MemoryKeychain(before.entries);
      keychain.hiccup = { at, effect };
      const result = await replace(keychain, texts.exact).then(
        (swept) => (swept ? "replaced" : "not swept"),
        () => "refused",
      );
      const happened = keychain.operations >= at;
      keychain.hiccup = undefined;
      const expected = result === "refused" ? texts.large : texts.exact;
      assert.ok((await read(keychain)).equals(expected), `${result} with a hiccup at ${at}, effect ${effect}`);
      await replace(keychain, texts.small);
      assert.equal(keychain.entries.size, 3, `nothing is left of a write with a hiccup at ${at}`);
      if (!happened) break;
      results.add(result);
    }
    assert.ok(results.has("refused") && results.has("not swept"));
  }
});

test("an entry that is missing or altered is damage, and stays as it is", async () => {
  const whole = await keychainWith(texts.large);
  for (const name of whole.entries.keys()) {
    for (const alteration of [undefined, "AAAA"]) {
      const keychain = new MemoryKeychain(whole.entries);
      if (alteration === undefined) keychain.entries.delete(name);
      else keychain.entries.set(name, alteration);
      const before = new Map(keychain.entries);
      if (name.startsWith("pointer")) {
        assert.ok((await read(keychain)).equals(texts.large), "the other pointer still leads there");
      } else {
        await assert.rejects(read(keychain), isDamaged);
      }
      assert.deepEqual(keychain.entries, before);
    }
  }
});

test("two unreadable pointers are damage, not an empty keystore", async () => {
  for (const [first, second] of [
    ["AAAA", "AAAA"],
    ["AAAA", undefined],
  ] as const) {
    const keychain = await keychainWith(texts.large);
    keychain.entries.set("pointer.a", first);
    if (second === undefined) keychain.entries.delete("pointer.b");
    else keychain.entries.set("pointer.b", second);
    await assert.rejects(read(keychain), isDamaged);
    await assert.rejects(replace(keychain, texts.small), isDamaged);
  }
});

test("a reader meets the old text or the new one while another process writes", async () => {
  const keychain = await keychainWith(texts.large);
  const writing = (async () => {
    for (let round = 0; round < 10; round += 1) await replace(keychain, round % 2 === 0 ? texts.exact : texts.large);
  })();
  for (let round = 0; round < 30; round += 1) {
    const found = await read(keychain);
    assert.ok(found.equals(texts.large) || found.equals(texts.exact));
  }
  await writing;
});

test("a text that changed since it was read is not overwritten", async () => {
  const keychain = await keychainWith(texts.small);
  const store = new GenerationStore(keychain);
  const stamp = await store.stamp();
  await replace(keychain, texts.large);
  await assert.rejects(store.replace(stamp, texts.exact), ConcurrentWrite);
  assert.ok((await read(keychain)).equals(texts.large));
});

test("a keychain that gives back something else is refused before the new text counts", async () => {
  const keychain = await keychainWith(texts.small);
  const get = keychain.get.bind(keychain);
  keychain.get = async (name) => {
    const entry = await get(name);
    return name.startsWith("chunk.") ? entry?.replace(/^./, "/") : entry;
  };
  const store = new GenerationStore(keychain);
  const stamp = await store.stamp();
  await assert.rejects(
    store.replace(stamp, texts.large),
    (error) => error instanceof Refusal && error.code === "keystore.refused",
  );
  keychain.get = get;
  assert.ok((await read(keychain)).equals(texts.small));
});

test("more than the keychain should hold is refused", async () => {
  const keychain = new MemoryKeychain();
  await assert.rejects(
    new GenerationStore(keychain).replace(undefined, Buffer.alloc(8_000_000)),
    (error) => error instanceof Refusal && error.code === "keystore.refused",
  );
});
