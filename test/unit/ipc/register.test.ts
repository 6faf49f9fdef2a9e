import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type CallName, type CallRejection, callArguments, type WireAnswer } from "../../../app/ipc/contract.ts";
import { type CallHandlers, registerCalls, senderFault } from "../../../app/ipc/register.ts";

const ORIGIN = "countersign://ui";
const trusted = { webContentsId: () => 7, origin: ORIGIN };

interface Frame {
  url: string;
}

function eventFrom(id: number, frame: Frame | null, main: Frame | null = frame) {
  return { sender: { id, mainFrame: main }, senderFrame: frame } as unknown as Parameters<typeof senderFault>[0];
}

type Listener = (event: unknown, ...args: unknown[]) => Promise<WireAnswer<CallName>>;

/** Registers handlers that record their calls, and gives the means to call them as a renderer would. */
function registered(failing?: Error) {
  const listeners = new Map<string, Listener>();
  const calls: { name: string; args: unknown[] }[] = [];
  const rejections: CallRejection[] = [];
  const handlers = Object.fromEntries(
    Object.keys(callArguments).map((name) => [
      name,
      async (...args: unknown[]) => {
        calls.push({ name, args });
        if (failing) throw failing;
        return `answer of ${name}`;
      },
    ]),
  ) as unknown as CallHandlers;
  registerCalls({
    ipc: { handle: (channel, listener) => void listeners.set(channel, listener as Listener) },
    sender: trusted,
    handlers,
    rejected: (rejection) => rejections.push(rejection),
  });
  const call = (name: string, ...args: unknown[]) => {
    const listener = listeners.get(`countersign:${name}`);
    assert.ok(listener, name);
    return listener(eventFrom(7, { url: `${ORIGIN}/index.html` }), ...args);
  };
  return { listeners, calls, rejections, call };
}

test("every call of the contract is registered, and nothing else", () => {
  const { listeners } = registered();
  assert.deepEqual(
    [...listeners.keys()].sort(),
    Object.keys(callArguments)
      .map((name) => `countersign:${name}`)
      .sort(),
  );
});

test("a call from the interface reaches its handler with checked arguments", async () => {
  const { call, calls } = registered();
  assert.deepEqual(await call("site.open", { site: "bank" }), { ok: true, value: "answer of site.open" });
  assert.deepEqual(calls, [{ name: "site.open", args: [{ site: "bank" }] }]);
});

const page = { url: `${ORIGIN}/index.html` };
const senders: readonly (readonly [string, ReturnType<typeof eventFrom>])[] = [
  ["another window", eventFrom(8, page)],
  ["a frame that is gone", eventFrom(7, null)],
  ["a frame inside the interface", eventFrom(7, { url: `${ORIGIN}/index.html` }, page)],
  ["a site's origin", eventFrom(7, { url: "https://bank.example/" })],
  ["another host of the scheme", eventFrom(7, { url: "countersign://other/index.html" })],
  ["an origin that only begins like ours", eventFrom(7, { url: "countersign://ui.evil/index.html" })],
  ["a file", eventFrom(7, { url: "file:///index.html" })],
  ["a page without address", eventFrom(7, { url: "" })],
  ["about:blank", eventFrom(7, { url: "about:blank" })],
];

for (const [who, event] of senders) {
  test(`${who} is no sender: nothing is called, the answer says so`, async () => {
    const { listeners, calls, rejections } = registered();
    const answer = await listeners.get("countersign:app.state")?.(event);
    assert.ok(answer && !answer.ok);
    assert.equal(answer.rejection.code, "sender");
    assert.equal(calls.length, 0);
    assert.equal(rejections.length, 1);
  });
}

test("without a window there is no sender at all", () => {
  assert.ok(senderFault(eventFrom(7, page), { ...trusted, webContentsId: () => undefined }));
});

test("arguments that do not fit are rejected without being repeated", async () => {
  const { call, calls, rejections } = registered();
  const wrong: readonly (readonly [string, ...unknown[]])[] = [
    ["site.open"],
    ["site.open", { site: 5 }],
    ["site.open", { site: "" }],
    ["site.open", { site: "bank" }, "more"],
    ["app.state", "unasked"],
    ["view.command", "format-disk"],
    ["keystore.remove", { fingerprint: "../../etc" }],
    ["keystore.import", { token: "t", passphrase: "hunter2".repeat(1000) }],
    ["layout.stage", { x: Number.NaN, y: 0, width: 1, height: 1, covered: false }],
    ["layout.stage", { x: 0, y: 0, width: 1e9, height: 1, covered: false }],
    ["http-auth.answer", { id: "1", answer: { username: "a" } }],
  ];
  for (const [name, ...args] of wrong) {
    const answer = await call(name, ...args);
    assert.ok(!answer.ok && answer.rejection.code === "arguments", name);
  }
  assert.equal(calls.length, 0);
  assert.doesNotMatch(JSON.stringify(rejections), /hunter2|etc|format-disk/);
});

test("no value at all gets past the schemas of a call that takes none", async () => {
  const { call, calls } = registered();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.anything(), { minLength: 1, maxLength: 3 }), async (args) => {
      const answer = await call("site.close", ...args);
      return !answer.ok && calls.length === 0;
    }),
  );
});

test("a handler that fails is answered with its message", async () => {
  const { call, rejections } = registered(new Error("the disk is full"));
  const answer = await call("app.state");
  assert.deepEqual(answer, {
    ok: false,
    rejection: { code: "failed", call: "app.state", fault: "the disk is full" },
  });
  assert.equal(rejections.length, 1);
});
