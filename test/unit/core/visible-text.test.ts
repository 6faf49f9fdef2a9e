import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { visibleLine, visibleText } from "../../../app/core/visible-text.ts";

const ESCAPE = "\u001b[2J";

test("what commands a terminal, breaks the line or turns its direction is shown, not done", () => {
  assert.equal(
    visibleLine(`a${ESCAPE}\u009b1m\r\n\t\u2028\u202eb\u007f`),
    "a\\u001b[2J\\u009b1m\\u000d\\u000a\\u0009\\u2028\\u202eb\\u007f",
  );
  assert.equal(visibleLine("\u{e0041}"), "\\udb40\\udc41");
  assert.equal(visibleLine('Zoë Ünïcode 銀行 \\ "x"'), 'Zoë Ünïcode 銀行 \\ "x"');
});

test("text of several lines keeps them, and JSON means what it meant", () => {
  const value = { subject: `CN=\u009b1m\u202e${ESCAPE}\u{e0041}`, next: ["a"] };
  const json = visibleText(JSON.stringify(value, null, 2));
  assert.doesNotMatch(json.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u);
  assert.match(json, /\n/);
  assert.deepEqual(JSON.parse(json), value);
});

test("what a server said cannot begin a line of its own in the sentences for IT", () => {
  const refusal = new Refusal("server.name-mismatch", {
    value: `x\nauthenticated${ESCAPE}`,
    fault: "a\rb",
    expected: "c\nd",
  });
  assert.doesNotMatch(explain(refusal).it, /\p{Cc}/u);
});
