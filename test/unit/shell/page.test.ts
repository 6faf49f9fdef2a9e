import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Channel } from "../../../app/auth/channel.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { EMPTY_PAGE, nextPage, type Page, type PageEvent, stageOf } from "../../../app/shell/page.ts";

const A = "https://a.test";
const B = "https://b.test";
const channel = { id: "1", verdict: { kind: "authenticated" } } as Channel;
const refusal = new Refusal("server.pin-mismatch", { fault: "another key" });
const originOf = (url: string) => new URL(url).origin;
const stage = (page: Page) => stageOf(page, originOf);
const after = (...events: readonly PageEvent[]) => events.reduce(nextPage, EMPTY_PAGE);

const started = (url: string): PageEvent => ({ type: "started", url });
const proving = (origin: string): PageEvent => ({ type: "proving", origin });
const proven = (origin: string): PageEvent => ({ type: "proven", origin, channel });
const committed = (url: string): PageEvent => ({ type: "committed", url });
const shown = [started(`${A}/`), proving(A), proven(A), committed(`${A}/`)] as const;

test("a page is shown once its document has committed and its origin is proven, in either order", () => {
  assert.equal(stage(after(...shown)), "page");
  assert.equal(stage(after(started(`${A}/`), proving(A), committed(`${A}/`), proven(A))), "page");
});

test("each of the two alone shows nothing", () => {
  assert.equal(stage(EMPTY_PAGE), "waiting");
  assert.equal(stage(after(started(`${A}/`), proving(A), proven(A))), "waiting");
  assert.equal(stage(after(started(`${A}/`), proving(A), committed(`${A}/`))), "waiting");
  assert.equal(stage(after(committed(`${A}/`))), "waiting");
});

test("the next document hides the page until it has committed", () => {
  const next = after(...shown, started(`${A}/2`));
  assert.equal(stage(next), "waiting");
  assert.equal(stage(nextPage(next, committed(`${A}/2`))), "page");
});

test("a proof of one origin does not count for another", () => {
  assert.equal(stage(after(started(`${A}/`), proving(A), proven(A), committed(`${B}/`))), "waiting");
  assert.equal(stage(after(started(`${A}/`), proving(A), proven(B), committed(`${A}/`))), "waiting");
});

test("a proof that nobody waits for counts for nothing", () => {
  assert.equal(stage(after(committed(`${A}/`), proven(A))), "waiting");
  assert.equal(stage(after(...shown, { type: "lapsed", refusal }, proven(A))), "refused");
});

test("a lapse hides the page; it returns with a new proof alone", () => {
  const lapsed = after(...shown, { type: "lapsed", refusal });
  assert.equal(stage(lapsed), "refused");
  assert.equal(lapsed.refused?.intact, true);
  const again = [{ type: "dismissed" } as const, proving(A)].reduce<Page>(nextPage, lapsed);
  assert.equal(stage(again), "waiting");
  assert.equal(stage(nextPage(again, proven(A))), "page");
});

test("a whole document waits through a proof that is refused; one that was never proven does not", () => {
  const no: PageEvent = { type: "refused", url: `${A}/`, refusal, entry: false };
  const lapsed = after(...shown, { type: "lapsed", refusal }, { type: "dismissed" }, proving(A), {
    ...no,
    intact: true,
  });
  assert.deepEqual([stage(lapsed), lapsed.refused?.intact], ["refused", true]);
  assert.equal(stage([{ type: "dismissed" } as const, proving(A), proven(A)].reduce<Page>(nextPage, lapsed)), "page");
  assert.equal(after(started(`${A}/`), proving(A), committed(`${A}/`), no).refused?.intact, false);
});

test("a lapse while a document is under way refuses that one, which is not whole", () => {
  const { refused } = after(...shown, started(`${A}/2`), { type: "lapsed", refusal });
  assert.deepEqual({ url: refused?.url, intact: refused?.intact }, { url: `${A}/2`, intact: false });
});

test("what arrives after its refusal stays hidden and leaves a history entry behind", () => {
  const page = after(started(`${A}/`), { type: "refused", url: `${A}/`, refusal, entry: false }, committed(`${A}/`));
  assert.equal(stage(page), "refused");
  assert.equal(page.refused?.entry, true);
});

test("the first refusal of a document says why, the engine's error only adds the entry", () => {
  const error = new Refusal("network.closed", { fault: "ERR_TUNNEL_CONNECTION_FAILED" });
  const { refused } = after(
    started(`${A}/`),
    { type: "refused", url: `${A}/`, refusal, entry: false },
    { type: "refused", url: `${A}/`, refusal: error, entry: true },
  );
  assert.equal(refused?.refusal, refusal);
  assert.equal(refused?.entry, true);
});

test("an abandoned document returns to the one before after a new proof", () => {
  const page = after(...shown, started(`${A}/file`), { type: "abandoned" });
  assert.equal(stage(page), "waiting");
  assert.equal(stage([proving(A), proven(A)].reduce<Page>(nextPage, page)), "page");
});

test("a crashed or hung page is not shown; waiting on brings a hung one back", () => {
  assert.equal(stage(after(...shown, { type: "trouble", trouble: "crashed" })), "crashed");
  assert.equal(stage(after(...shown, { type: "trouble", trouble: "crashed" }, { type: "responsive" })), "crashed");
  const hung = after(...shown, { type: "trouble", trouble: "hung" });
  assert.equal(stage(hung), "hung");
  assert.equal(stage(nextPage(hung, { type: "responsive" })), "page");
});

test("whatever happens, a page on the stage is committed, complete and proven for its own origin", () => {
  const origin = fc.constantFrom(A, B);
  const url = origin.map((each) => `${each}/x`);
  const event: fc.Arbitrary<PageEvent> = fc.oneof(
    url.map(started),
    origin.map(proving),
    origin.map(proven),
    url.map(committed),
    url.map((each): PageEvent => ({ type: "moved", url: each })),
    origin.map((each): PageEvent => ({ type: "renewed", origin: each, channel })),
    fc.tuple(url, fc.boolean()).map(([each, entry]): PageEvent => ({ type: "refused", url: each, refusal, entry })),
    fc.constantFrom<PageEvent>(
      { type: "abandoned" },
      { type: "lapsed", refusal },
      { type: "dismissed" },
      { type: "trouble", trouble: "hung" },
      { type: "trouble", trouble: "crashed" },
      { type: "responsive" },
    ),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 25 }), (events) => {
      const page = after(...events);
      if (stage(page) !== "page") return true;
      const { committed: document, pending, proof, refused, trouble } = page;
      // The last proof event for this origin must come after everything that ends a proof.
      const last = events.findLastIndex(({ type }) => type === "proven");
      const ended = events.findLastIndex(({ type }) => type === "lapsed" || type === "refused" || type === "dismissed");
      return (
        document !== undefined &&
        !pending &&
        !refused &&
        !trouble &&
        proof.kind === "live" &&
        proof.origin === originOf(document.url) &&
        last > ended
      );
    }),
    { numRuns: 2000 },
  );
});

test("a lapse that takes the document with it leaves nothing to go back to", () => {
  const lapsed = after(...shown, { type: "lapsed", refusal, anew: true });
  assert.deepEqual([stage(lapsed), lapsed.refused?.intact, lapsed.committed], ["refused", false, undefined]);
});
