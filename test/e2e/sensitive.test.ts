import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { promisify } from "node:util";
import type { Page } from "playwright";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { windowPicture } from "./support/picture.ts";
import { html, type Scene, startScene } from "./support/scene.ts";

const run = promisify(execFile);

let desk: Desk;
let scene: Scene;
let app: RunningApp;
let page: Page;

const PAGE = `<!doctype html><meta charset=utf-8><title>Sign in</title>
<style>body{font:16px sans-serif;margin:32px;max-width:26em}label{display:block;margin:12px 0}input{display:block;padding:8px;font:inherit}</style>
<h1>Sign in</h1><label>User name <input id=user></label><label>Password <input id=password type=password></label>
<label>PIN <input id=pin inputmode=numeric maxlength=6></label><label>IBAN <input id=iban></label>
<script>var heard = []; for (const type of ["keydown","keyup","keypress","input"]) addEventListener(type, (e) => heard.push(type), true)</script>`;

before(async () => {
  desk = await startDesk();
  scene = await startScene(desk.folder);
  scene.answers.set("/sign-in", (_request, response) => html(response, PAGE));
  const { sites, ...profile } = scene.sites as { readonly sites: readonly object[] };
  const demanding = sites.map((site) => ({ ...site, sensitive: { reauthenticate: true } }));
  const [first] = demanding;
  const apart = [
    { ...first, origins: [scene.origin] },
    { ...first, id: "other", name: "Other bank", origins: [scene.login] },
  ];
  writeFileSync(scene.profile, JSON.stringify({ ...profile, sites: apart }));
  app = await launchApp(desk, { profile: scene.profile });
  app.ui.setDefaultTimeout(10_000);
  await app.until("the profile", ({ profile }) => profile.kind === "loaded");
  await app.press("Escape");
});

after(async () => {
  await app?.close();
  await scene?.stop();
  await desk?.stop();
});

beforeEach(async () => {
  await app.call("site.navigate", { text: `${scene.origin}/sign-in` });
  await app.until("the page", ({ active }) => active?.stage === "page" && !active.loading);
  page = await app.sitePage();
});

/** Puts the cursor into a field; the engine keeps input from a document that has not been drawn yet. */
async function enter(selector: string, kind: string | undefined): Promise<void> {
  await app.eventually(`the cursor in ${selector}`, async () => {
    await page.click(selector);
    return (await app.state()).active?.field?.kind === kind;
  });
}

async function inTheDark(work: () => Promise<void>): Promise<void> {
  await app.ui.emulateMedia({ colorScheme: "dark" });
  await work();
  await app.ui.emulateMedia({ colorScheme: "light" });
}

const openKeys = () => app.ui.getByRole("button", { name: "Type with keys on the screen" }).click();
const closeKeys = () =>
  app.ui.getByRole("toolbar").or(app.ui.locator(".toolbar")).getByRole("button", { name: "Close the keys" }).click();
const filterOf = (selector: string) =>
  page.evaluate((at) => getComputedStyle(document.querySelector(at) as Element).filter, selector);

/** Every key that the display hands to anybody, as a program that listens to all of them would record it. */
async function recordKeys(): Promise<() => Promise<number>> {
  const listener = spawn("xinput", ["test-xi2", "--root"], { env: desk.env, stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  listener.stdout.on("data", (bytes: Buffer) => {
    text += String(bytes);
  });
  await new Promise((resolve) => setTimeout(resolve, 400));
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    listener.kill();
    return text.match(/RawKeyPress/g)?.length ?? 0;
  };
}

test("sensitive fields are recognised, others are not", async () => {
  await enter("#password", "password");
  await enter("#pin", "pin");
  await enter("#iban", "iban");
  await enter("#user", undefined);
});

test("a PIN comes from the keypad, and no program sees a key", async () => {
  await enter("#pin", "pin");
  await openKeys();
  const digits = app.ui.getByRole("group", { name: "Digits in random order" });
  await digits.waitFor();
  const recorded = await recordKeys();
  await page.evaluate("heard = []");
  for (const digit of "402931") await digits.getByRole("button", { name: digit, exact: true }).click();
  await app.eventually("the digits", async () => (await page.inputValue("#pin")) === "402931");
  await app.ui.getByRole("button", { name: "Erase the last character" }).click();
  await app.eventually("one less", async () => (await page.inputValue("#pin")) === "40293");
  assert.equal(await recorded(), 0, "no key event of the display");
  assert.doesNotMatch(((await page.evaluate("heard")) as string[]).join(" "), /key/, "none in the page");
  await windowPicture(app, desk, "keypad");
  await inTheDark(() => windowPicture(app, desk, "keypad-dark"));
  await closeKeys();
});

test("the recorder hears a key that is pressed", async () => {
  const recorded = await recordKeys();
  await run("xdotool", ["key", "x"], { env: desk.env });
  assert.ok((await recorded()) > 0);
});

test("the digits change places", async () => {
  await enter("#pin", "pin");
  await openKeys();
  const order = () =>
    app.ui.getByRole("group", { name: "Digits in random order" }).getByRole("button").allTextContents();
  const orders = new Set([(await order()).join("")]);
  for (let again = 0; again < 6; again += 1) {
    await app.ui.getByRole("button", { name: "New order" }).click();
    orders.add((await order()).join(""));
  }
  assert.ok(orders.size > 1);
  await closeKeys();
});

test("a password comes from the keyboard on the screen, and is shown while a button is held", async () => {
  await enter("#password", "password");
  await openKeys();
  const keyboard = app.ui.getByRole("group", { name: "Keyboard" });
  const press = (name: string) => keyboard.getByRole("button", { name, exact: true }).click();
  for (const letter of "gut") await press(letter);
  await press("Capitals");
  await press("E");
  await press("?#&");
  await press("&");
  await app.eventually("the word", async () => (await page.inputValue("#password")) === "gutE&");
  const typeOf = () => page.evaluate(() => document.querySelector<HTMLInputElement>("#password")?.type);
  await app.ui.getByRole("button", { name: "Hold to show" }).hover();
  await app.ui.mouse.down();
  await app.eventually("the word in letters", async () => (await typeOf()) === "text");
  await windowPicture(app, desk, "keyboard-on-screen");
  await app.ui.mouse.up();
  await app.eventually("dots again", async () => (await typeOf()) === "password");
  await closeKeys();
});

test("the keys on the screen reach a shut page no more than others", async () => {
  await enter("#pin", "pin");
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("suspend"));
  await app.until("the curtain", ({ active }) => active?.stage === "refused");
  await app.call("keys.type", { text: "1" });
  await app.call("keys.erase");
  assert.equal(await page.inputValue("#pin"), "");
  await windowPicture(app, desk, "curtain");
  await inTheDark(() => windowPicture(app, desk, "curtain-dark"));
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("resume"));
  await app.until("the page", ({ active }) => active?.stage === "page");
});

test("only a sensitive field takes the keys on the screen", async () => {
  await enter("#pin", "pin");
  await enter("#user", undefined);
  await app.call("keys.type", { text: "1" });
  assert.equal(await page.inputValue("#user"), "");
});

test("sensitive fields are blurred while the window has lost the keyboard, and after a key that captures", async () => {
  await page.fill("#iban", "CH93 0076 2011 6238 5295 7");
  await enter("#iban", "iban");
  assert.equal(await filterOf("#iban"), "none");
  const tell = (event: "blur" | "focus") =>
    app.electron.evaluate(({ BrowserWindow }, name) => void BrowserWindow.getAllWindows()[0]?.emit(name), event);
  await tell("blur");
  await app.eventually("the blur", async () => (await filterOf("#iban")).startsWith("blur"));
  assert.equal(await filterOf("#user"), "none");
  await windowPicture(app, desk, "fields-blurred");
  await tell("focus");
  await app.eventually("clear sight", async () => (await filterOf("#iban")) === "none");
  await run("xdotool", ["key", "Print"], { env: desk.env });
  await app.eventually("the blur once more", async () => (await filterOf("#iban")).startsWith("blur"));
  await app.eventually("clear sight again", async () => (await filterOf("#iban")) === "none");
});

test("with reauthenticate, a form with something sensitive waits for the user's word and a new proof", async () => {
  const posts = () => scene.visits.filter(({ method }) => method === "POST").length;
  scene.answers.set("/form", (_request, response) =>
    html(
      response,
      "<title>Form</title><form method=post action=/taken><input id=pin name=pin><button>Go</button></form>",
    ),
  );
  const send = async () => {
    await app.call("site.navigate", { text: `${scene.origin}/form` });
    await app.until("the form", ({ active }) => active?.title === "Form");
    await app.eventually("a digit", async () => {
      await page.click("#pin");
      await page.keyboard.type("1");
      return (await page.inputValue("#pin")) !== "";
    });
    await page.evaluate(() => void setTimeout(() => document.querySelector("button")?.click(), 200));
    return app.until("the question", ({ question }) => question?.kind === "submit");
  };
  const first = await send();
  assert.equal(first.question?.text, new URL(scene.origin).host);
  await windowPicture(app, desk, "send-question");
  await app.call("question.answer", { id: first.question?.id ?? "", accepted: false, silence: false });
  await app.until("the form again", ({ active }) => active?.stage === "page" && active.path === "/form");
  assert.equal(posts(), 0, "nothing was sent");
  const second = await send();
  await app.call("question.answer", { id: second.question?.id ?? "", accepted: true, silence: false });
  await app.until("the answer", ({ active }) => active?.stage === "page" && active.path === "/taken");
  assert.equal(posts(), 1);
});

test("what was typed into another site's secret field is asked about before it is pasted", async () => {
  const paste = async (text: string) => {
    await app.electron.evaluate(async ({ clipboard }, words) => await clipboard.writeText(words), text);
    await page.click("#field");
    await page.keyboard.press("Control+V");
  };
  await enter("#password", "password");
  await page.keyboard.type("geheimnis");
  await page.click("#user");
  await app.call("site.navigate", { text: `${scene.login}/plain` });
  await app.until("the other site", ({ active }) => active?.site === "other" && active.stage === "page");
  await app.eventually("its page", async () => (await app.sitePage()).url().includes("/plain"));
  page = await app.sitePage();
  await app.eventually("an ordinary word", async () => {
    await paste("weather");
    return (await page.inputValue("#field")).includes("weather");
  });
  await page.fill("#field", "");
  await paste("geheimnis");
  const { question } = await app.until("the question", (state) => state.question?.kind === "paste");
  assert.equal(question?.text, "scene");
  await windowPicture(app, desk, "paste-question");
  assert.equal(await page.inputValue("#field"), "");
  await app.call("question.answer", { id: question?.id ?? "", accepted: false, silence: false });
  await paste("geheimnis");
  const again = await app.until("the question again", (state) => state.question && state.question.id !== question?.id);
  assert.equal(await page.inputValue("#field"), "", "a refused one did not arrive");
  await app.call("question.answer", { id: again.question?.id ?? "", accepted: true, silence: false });
  await app.eventually("the word", async () => (await page.inputValue("#field")) === "geheimnis");
  await app.call("site.close");
});

test("captures of the window are asked away while a sensitive field is there", async () => {
  await app.electron.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    const asked = globalThis as { asked?: boolean[] };
    asked.asked = [];
    if (window) window.setContentProtection = (on) => void asked.asked?.push(on);
  });
  const asked = () => app.electron.evaluate(() => (globalThis as { asked?: boolean[] }).asked ?? []);
  await app.call("site.navigate", { text: `${scene.origin}/plain` });
  await app.eventually("no more", async () => (await asked()).at(-1) === false);
  await app.call("site.navigate", { text: `${scene.origin}/sign-in` });
  await app.eventually("protection", async () => (await asked()).at(-1) === true);
});
