import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../build/electron-command.mjs";

/** Calls that put something into a page, or edit in it, even while the engine ignores its input. */
const TEXT_COMMANDS = [
  /\binsertText\b/,
  /\.paste(?:AndMatchStyle)?\(/,
  /\.(?:cut|undo|redo|delete)\(\)/,
  /\.replace(?:Misspelling)\(/,
  /\bsendInputEvent\b/,
  /\bsimulateDrag\b|\bstartDrag\b/,
  /"Input\.(?!setIgnoreInputEvents")/,
  /\bsetFileInputFiles\b/,
  /\bexecCommand\b/,
  /\brole:\s*"(?:paste|pasteAndMatchStyle|cut|undo|redo|delete)"/,
] as const;

/**
 * Who may: the one guarded wrapper; on macOS the system, which gives them to whatever has the keyboard; and the isolated
 * world of a page, which erases and pastes when the main process, having looked, tells it to.
 */
const OWNERS: Readonly<Record<string, readonly RegExp[]>> = {
  "app/shell/page-input.ts": TEXT_COMMANDS,
  "app/shell/page-preload.ts": [/\bexecCommand\("(?:delete|insertText)"/],
  "app/shell/menu.ts": [/\brole:\s*"(?:cut|undo|redo|paste)"/],
};

const sources = readdirSync(join(root, "app"), { recursive: true })
  .map((name) => join("app", String(name)))
  .filter((name) => name.endsWith(".ts"));

test("text reaches a page through the guarded wrapper alone", () => {
  const found: string[] = [];
  for (const file of sources) {
    const allowed = OWNERS[file] ?? [];
    for (const line of readFileSync(join(root, file), "utf8").split("\n")) {
      if (/^\s*(?:\*|\/[/*])/.test(line) || allowed.some((pattern) => pattern.test(line))) continue;
      if (TEXT_COMMANDS.some((pattern) => pattern.test(line))) found.push(`${file}: ${line.trim()}`);
    }
  }
  assert.deepEqual(found, []);
});

test("the search finds what it looks for", () => {
  const calls = [
    "contents.insertText(text)",
    "contents.paste()",
    "contents.undo()",
    'command("Input.imeSetComposition")',
  ];
  for (const call of calls)
    assert.ok(
      TEXT_COMMANDS.some((pattern) => pattern.test(call)),
      call,
    );
  assert.ok(!TEXT_COMMANDS.some((pattern) => pattern.test('command("Input.setIgnoreInputEvents", { ignore })')));
  assert.ok(sources.includes("app/shell/page-input.ts"));
});
