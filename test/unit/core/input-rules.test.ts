import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  answeringOrigin,
  type FrameFacts,
  firstLapse,
  type InputFacts,
  inputState,
} from "../../../app/core/input-rules.ts";

const A = "https://a.test";
const B = "https://b.test:8443";
const open: InputFacts = {
  shown: true,
  held: true,
  answering: [A, B],
  verdicts: new Map([
    [A, 2000],
    [B, 3000],
  ]),
  now: 1000,
};

test("a page is open while it is shown, the engine obeys, and every frame's origin holds a verdict", () => {
  assert.deepEqual(inputState(open), { kind: "open" });
});

test("each thing alone shuts it", () => {
  const shut: readonly (readonly [Partial<InputFacts>, object])[] = [
    [{ shown: false }, { why: "page" }],
    [{ held: false }, { why: "guard" }],
    [{ answering: [A, undefined] }, { why: "frame", origin: undefined }],
    [{ verdicts: new Map([[A, 2000]]) }, { why: "frame", origin: B }],
    [{ now: 2000 }, { why: "frame", origin: A }],
    [
      { now: 2999, verdicts: new Map([[B, 3000]]) },
      { why: "frame", origin: A },
    ],
  ];
  for (const [change, why] of shut) assert.deepEqual(inputState({ ...open, ...change }), { kind: "shut", ...why });
});

test("whatever the frames, an open page has a fresh verdict for each", () => {
  const origin = fc.constantFrom(A, B, "https://c.test", undefined);
  fc.assert(
    fc.property(
      fc.array(origin),
      fc.dictionary(fc.constantFrom(A, B, "https://c.test"), fc.nat(3)),
      fc.nat(3),
      fc.boolean(),
      (answering, lapses, now, shown) => {
        const verdicts = new Map(Object.entries(lapses));
        const state = inputState({ shown, held: true, answering, verdicts, now });
        const fresh = answering.every((each) => each !== undefined && (verdicts.get(each) ?? -1) > now);
        assert.equal(state.kind === "open", shown && fresh);
      },
    ),
  );
});

test("the first verdict to lapse is the one of a frame that is there", () => {
  assert.equal(firstLapse([A, B], open.verdicts), 2000);
  assert.equal(firstLapse([B], open.verdicts), 3000);
  assert.equal(firstLapse(["https://c.test", undefined], open.verdicts), Number.POSITIVE_INFINITY);
});

const page: FrameFacts = { url: `${A}/login`, origin: A, parent: null };
const inside = (url: string, origin: string, parent: FrameFacts = page): FrameFacts => ({ url, origin, parent });

const frames: readonly (readonly [string, FrameFacts, string | undefined])[] = [
  ["the page", page, A],
  ["a frame of another origin", inside(`${B}/x`, B), B],
  ["a sandboxed frame belongs to the server that sent it", inside(`${B}/x`, "null"), B],
  ["an empty frame", inside("about:blank", A), A],
  ["a frame that has not loaded anything yet", inside("", "null"), A],
  ["srcdoc", inside("about:srcdoc", A), A],
  ["sandboxed srcdoc belongs to who wrote it", inside("about:srcdoc", "null", inside(`${B}/x`, B)), B],
  ["an empty frame that another origin took over", inside("about:blank", B), B],
  ["a blob", inside(`blob:${A}/123`, A), A],
  ["an opaque blob", inside("blob:null/123", "null"), undefined],
  ["data", inside("data:text/html,<input>", "null"), undefined],
  ["cleartext", inside("http://a.test/", "http://a.test"), undefined],
  ["a file", inside("file:///etc/passwd", "file://"), undefined],
  ["the engine's own pages", inside("chrome-error://chromewebdata/", "null"), undefined],
  ["javascript", inside("javascript:1", "null"), undefined],
];

for (const [name, frame, expected] of frames) {
  test(`who answers for a frame: ${name}`, () => assert.equal(answeringOrigin(frame), expected));
}

test("a page that another one writes belongs to whoever opened it, and else to nobody", () => {
  const written: FrameFacts = { url: "about:blank", origin: "null", parent: null };
  assert.equal(answeringOrigin(written, A), A);
  assert.equal(answeringOrigin(written), undefined);
  assert.equal(answeringOrigin({ ...written, origin: "://" }, A), A);
});
