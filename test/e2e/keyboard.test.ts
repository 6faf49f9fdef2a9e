import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { Desk, RunningApp } from "./support/app.ts";
import { shows, startAppScene } from "./support/app-scene.ts";
import { html, type Scene } from "./support/scene.ts";

const run = promisify(execFile);

let desk: Desk;
let scene: Scene;
let app: RunningApp;
let stop: (() => Promise<void>) | undefined;

before(async () => {
  ({ desk, scene, app, stop } = await startAppScene());
  scene.answers.set("/words", (_request, response) =>
    html(response, "<title>Words</title><p>one two one</p><input id=field>"),
  );
  await app.ui.getByRole("listbox", { name: "Sites" }).waitFor();
  // Gives the window the keyboard of the display, which has no window manager to do so.
  await app.press("Escape");
});

after(() => stop?.());

/** Keys as the X server sends them: through window, menu and page, like a person's. */
const keys = (...names: readonly string[]) =>
  run("xdotool", ["key", "--delay", "40", ...names], { env: desk.env, timeout: 10_000 });
const type = (text: string) => run("xdotool", ["type", "--delay", "20", text], { env: desk.env, timeout: 10_000 });

/** Role and name of what has the keyboard in the interface. */
const focused = () =>
  app.ui.evaluate(() => {
    const at = document.activeElement;
    return at?.getAttribute("aria-label") ?? at?.getAttribute("data-key") ?? at?.textContent ?? "";
  });
const untilFocused = (name: string | RegExp) =>
  app.eventually(`the focus on ${name}`, async () => {
    const found = await focused();
    return typeof name === "string" ? found === name : name.test(found);
  });

test("a site is opened from the list by arrow keys and Enter", async () => {
  await keys("ctrl+shift+s");
  await untilFocused("scene");
  await keys("Return");
  await app.until("the page", shows("/"));
});

test("the page has the keyboard when it comes", async () => {
  const page = await app.sitePage();
  await app.eventually("the keyboard", () => page.evaluate(() => document.hasFocus()));
  await keys("Tab");
  await type("typed");
  await app.eventually("what was typed", async () => (await page.inputValue("#field")) === "typed");
});

test("the address line takes an address and Enter", async () => {
  await keys("ctrl+l");
  await untilFocused(/^Address of/);
  await type(`${scene.origin}/words`);
  await keys("Return");
  await app.until("the page", shows("/words"));
});

test("Escape leaves the address line as it was", async () => {
  await keys("ctrl+l");
  await untilFocused(/^Address of/);
  await type("nonsense");
  await keys("Escape");
  const line = app.ui.getByRole("textbox", { name: /^Address of/ });
  await app.eventually("the address", async () => (await line.inputValue()) === `${scene.origin}/words`);
  assert.equal((await app.state()).active?.path, "/words");
});

test("find counts, goes on, and closes by Escape", async () => {
  await keys("ctrl+f");
  await untilFocused("Find in page");
  await type("one");
  await app.until("two matches", (state) => state.active?.find?.matches === 2);
  await keys("Return");
  await app.until("the second", (state) => state.active?.find?.current === 2);
  await app.ui.getByText("2 of 2").waitFor();
  await keys("Escape");
  await app.ui.getByRole("search").waitFor({ state: "detached" });
  await app.until("no search", (state) => state.active?.find === undefined);
});

test("the proofs open and close", async () => {
  await keys("ctrl+i");
  await untilFocused("Proofs");
  await keys("Escape");
  await app.ui.getByRole("complementary", { name: "Proofs" }).waitFor({ state: "detached" });
});

test("the derivation is walked by arrow keys", async () => {
  await keys("ctrl+i");
  await untilFocused("Proofs");
  const tree = app.ui.getByRole("treegrid", { name: "Derivation" });
  const folded = await tree.getByRole("row").count();
  for (
    let press = 0;
    press < 12 && !(await tree.evaluate((element) => element.contains(document.activeElement)));
    press += 1
  )
    await keys("Tab");
  await keys("Right");
  await app.eventually("its premises", async () => (await tree.getByRole("row").count()) > folded);
  await keys("Escape");
});

test("back, zoom, reload and closing work from the page", async () => {
  await keys("ctrl+l");
  await untilFocused(/^Address of/);
  await type(`${scene.origin}/words`);
  await keys("Return");
  await app.until("the page", shows("/words"));
  await keys("alt+Left");
  await app.until("the page before", (state) => state.active?.stage === "page");
  await keys("ctrl+plus");
  await app.until("a larger page", (state) => (state.active?.zoom ?? 1) > 1);
  await keys("ctrl+0");
  await app.until("its own size", (state) => state.active?.zoom === 1);
  const before = scene.visits.length;
  await keys("F5");
  await app.until("a request", () => scene.visits.length > before);
  await app.until("the page", (state) => state.active?.stage === "page");
});

test("the identities open, and a dialog holds the keyboard until Escape", async () => {
  await keys("ctrl+shift+k");
  await app.ui.getByRole("heading", { name: "Your identities" }).waitFor();
  await keys("ctrl+shift+k");
  await app.ui.getByRole("heading", { name: "Your identities" }).waitFor({ state: "detached" });
  await app.ui.getByRole("button", { name: "Sign out and clear" }).focus();
  await keys("Return");
  await untilFocused("Stay signed in");
  for (const expected of ["Sign out and clear", "Stay signed in", "Sign out and clear"]) {
    await keys("Tab");
    await untilFocused(expected);
  }
  await keys("Escape");
  await app.ui.getByRole("alertdialog").waitFor({ state: "detached" });
  await untilFocused("Sign out and clear");
});

test("closing the site leads back to the list of sites", async () => {
  await keys("ctrl+w");
  await app.until("no site", ({ active }) => active === undefined);
  await app.ui.getByRole("heading", { level: 1, name: "Scene" }).waitFor();
  await untilFocused("scene");
});
