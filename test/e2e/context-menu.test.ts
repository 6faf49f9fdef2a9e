import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Page } from "playwright";
import type { RunningApp } from "./support/app.ts";
import { startAppScene } from "./support/app-scene.ts";
import { html, type Scene } from "./support/scene.ts";

declare global {
  var shown: Electron.Menu | undefined;
}

let scene: Scene;
let app: RunningApp;
let stop: (() => Promise<void>) | undefined;
let page: Page;

before(async () => {
  ({ scene, app, stop } = await startAppScene());
  scene.answers.set("/fields", (_request, response) =>
    html(response, `<input id="one" value="a word"><input id="two"><p id="text">a sentence</p><a href="/next">on</a>`),
  );
  // The system's menu takes the whole display for itself; what it would show is kept instead.
  await app.electron.evaluate(({ Menu }) => {
    Object.assign(Menu.prototype, {
      popup(this: Electron.Menu) {
        globalThis.shown = this;
      },
    });
  });
});

after(() => stop?.());

beforeEach(async () => {
  await app.call("site.navigate", { text: `${scene.origin}/fields` });
  await app.until("the page", ({ active }) => active?.stage === "page" && active.path === "/fields");
  page = await app.sitePage();
});

/** @returns the labels that can be chosen */
async function menuOn(selector: string): Promise<readonly string[]> {
  await app.electron.evaluate(() => {
    globalThis.shown = undefined;
  });
  await page.click(selector, { button: "right" });
  await app.eventually("the menu", () => app.electron.evaluate(() => globalThis.shown !== undefined));
  return app.electron.evaluate(() =>
    (globalThis.shown?.items ?? [])
      .filter(({ type, enabled }) => type === "normal" && enabled)
      .map(({ label }) => label),
  );
}

const choose = (wanted: string) =>
  app.electron.evaluate((_electron, label) => {
    globalThis.shown?.items.find((item) => item.label === label)?.click();
  }, wanted);

test("a word is copied from one field and pasted into another", async () => {
  await page.focus("#one");
  await page.keyboard.press("Control+A");
  assert.ok((await menuOn("#one")).includes("Copy"));
  await choose("Copy");
  assert.ok((await menuOn("#two")).includes("Paste"));
  await choose("Paste");
  await app.eventually("the word", async () => (await page.inputValue("#two")) === "a word");
});

test("a link gives its address", async () => {
  assert.ok((await menuOn("a")).includes("Copy link address"));
  await choose("Copy link address");
  const text = () => app.electron.evaluate(({ clipboard }) => clipboard.readText());
  await app.eventually("the address", async () => (await text()) === `${scene.origin}/next`);
});

test("text that is not chosen offers nothing to paste into, and the page can be loaded anew", async () => {
  const labels = await menuOn("#text");
  assert.ok(labels.includes("Reload"));
  assert.ok(!labels.includes("Paste"));
  const before = scene.visits.length;
  await choose("Reload");
  await app.eventually("the page anew", async () => scene.visits.length > before);
  await app.until("the page", ({ active }) => active?.stage === "page");
});
