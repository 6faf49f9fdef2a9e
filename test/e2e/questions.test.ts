/** What pages ask the user by themselves: whether they may be left, and their own words. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Page } from "playwright";
import type { QuestionView } from "../../app/ipc/contract.ts";
import type { Desk, RunningApp } from "./support/app.ts";
import { refused, shows, startAppScene } from "./support/app-scene.ts";
import { windowPicture } from "./support/picture.ts";
import { html, type Scene } from "./support/scene.ts";
import { seenNow, watchViews } from "./support/views.ts";

let desk: Desk;
let scene: Scene;
let app: RunningApp;
let stop: (() => Promise<void>) | undefined;

before(async () => {
  ({ desk, scene, app, stop } = await startAppScene());
  await watchViews(app);
});

after(async () => {
  // A page that asks would hold up an orderly end.
  await app?.electron.evaluate(({ app: program }) => program.exit(0)).catch(() => undefined);
  await stop?.();
});

beforeEach(async () => {
  const closed = app.call("site.close");
  await app.until("no site", async ({ active, question: asked }) => {
    if (asked) await app.call("question.answer", { id: asked.id, accepted: true, silence: false });
    return active === undefined;
  });
  await closed;
  for (const { id } of (await app.state()).notices) await app.call("app.acknowledge", { notice: id });
});

async function go(path: string): Promise<Page> {
  await app.call("site.navigate", { text: `${scene.origin}${path}` });
  await app.until(`the page ${path}`, shows(path));
  await app.eventually("the page in sight", async () => (await seenNow(app)).length === 1);
  const page = await app.sitePage();
  // Playwright would answer dialogs by itself.
  page
    .removeAllListeners("dialog")
    .on("dialog", (dialog) => void (dialog.type() === "beforeunload" && dialog.accept().catch(() => undefined)));
  return page;
}

/** Not awaited by Playwright: it would wait for what the page waits for. */
const run = (page: Page, script: string) =>
  page.evaluate((text) => {
    setTimeout(text, 0);
  }, script);

/** Past Playwright and the page's own queue, whose commands wait while a document is under way. */
const inPage = (script: string): Promise<unknown> =>
  app.electron.evaluate(({ webContents, session }, text) => {
    const own = session.fromPartition("persist:site-scene");
    return webContents
      .getAllWebContents()
      .find((each) => each.session === own)
      ?.mainFrame.executeJavaScript(text);
  }, script);

async function question(kind: QuestionView["kind"]): Promise<QuestionView> {
  const state = await app.until(`a question: ${kind}`, ({ question: asked }) => asked?.kind === kind);
  assert.ok(state.question);
  return state.question;
}

async function answer(kind: QuestionView["kind"], accepted: boolean, silence = false): Promise<void> {
  const { id } = await question(kind);
  await app.call("question.answer", { id, accepted, silence });
  await app.until("no such question", ({ question: asked }) => asked?.id !== id);
}

/** A form with something typed into it, which asks before it is left. */
async function typedForm(): Promise<Page> {
  scene.answers.set("/form", (_request, response) =>
    html(response, "<title>Form</title><form method=post action=/sent><input id=field name=field><button>"),
  );
  const page = await go("/form");
  // What is typed while the page is being proved does not arrive.
  await app.eventually("a typed field", async () => {
    await page.fill("#field", "");
    await page.click("#field");
    await page.keyboard.type("typed");
    return (await page.inputValue("#field")) === "typed";
  });
  await page.evaluate(() => {
    document.title = "Call 0800";
    window.onbeforeunload = (event) => event.preventDefault();
  });
  return page;
}

test("a page that would rather not be left stays as it was until the user has answered", async () => {
  const page = await typedForm();
  await page.evaluate(() => Object.assign(window, { ticks: 0 }));
  for (const leave of [
    () => app.call("site.navigate", { text: `${scene.origin}/next` }),
    () => run(page, "location.href = '/next'"),
    () => app.call("view.command", "reload"),
    () => run(page, "document.querySelector('form').submit()"),
  ]) {
    const before = scene.visits.length;
    await leave();
    const { text, site } = await question("leave");
    assert.deepEqual([text, site], ["", "scene"], "the page has no word in it");
    await app.until("the page, still there", shows("/form"));
    await app.eventually("the page in sight", async () => (await seenNow(app)).length === 1);
    assert.equal(await inPage("fetch('/own').then(({ status }) => status)"), 200, "the gateway goes on");
    assert.deepEqual(
      scene.visits.slice(before).map(({ url }) => url),
      ["/own"],
      "nothing is asked for before the answer",
    );
    await answer("leave", false);
    await app.until("the page, still there", (state) => shows("/form")(state) && state.active?.loading === false);
    assert.equal(await page.inputValue("#field"), "typed");
  }
});

test("leaving carries the form that the page was sending, once", async () => {
  const page = await typedForm();
  await run(page, "document.querySelector('form').submit()");
  await answer("leave", true);
  await app.until("the answer", shows("/sent"));
  const sent = scene.visits.filter(({ url }) => url === "/sent");
  assert.deepEqual([sent.length, sent[0]?.method, await sent[0]?.body], [1, "POST", "field=typed"]);
});

test("the question stands above the page, and the keyboard alone answers it", async () => {
  const page = await typedForm();
  await run(page, "location.href = '/next'");
  await question("leave");
  await app.ui.getByRole("alertdialog", { name: "Leave this page of Scene bank?" }).waitFor();
  await windowPicture(app, desk, "question-leave");
  await app.press("Return");
  await app.until("no question", (state) => state.question === undefined);
  assert.equal(await page.inputValue("#field"), "typed");
  await app.press("s");
  await app.eventually("the keyboard back in the page", async () => (await page.inputValue("#field")) === "typeds");
  await run(page, "location.href = '/next'");
  await question("leave");
  await app.press("shift+Tab");
  await app.press("Return");
  await app.until("the next page", shows("/next"));
});

test("closing asks too, and the site stays open while the user thinks", async () => {
  const page = await typedForm();
  const closing = app.call("site.close");
  await question("leave");
  assert.ok(shows("/form")(await app.state()));
  await answer("leave", false);
  await closing;
  assert.equal(await page.inputValue("#field"), "typed");
  const again = app.call("site.close");
  await answer("leave", true);
  await again;
  assert.equal((await app.state()).active, undefined);
});

test("a page that is shut asks nothing any more, and what was typed is still there afterwards", async () => {
  const page = await typedForm();
  await run(page, "location.href = '/next'");
  await question("leave");
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("suspend"));
  await app.until("the lapse", refused);
  assert.equal((await app.state()).question, undefined);
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("resume"));
  await app.until("the page, proven again", shows("/form"));
  assert.equal(await page.inputValue("#field"), "typed");
});

test("a page's own words stand under the site's name, and its scripts wait for the answer", async () => {
  const page = await go("/words");
  await run(page, "document.title = String(confirm('Pay now?'))");
  const { text, canSilence } = await question("confirm");
  assert.deepEqual([text, canSilence], ["Pay now?", false]);
  await app.ui.getByRole("alertdialog", { name: "The page of Scene bank says" }).waitFor();
  await windowPicture(app, desk, "question-confirm");
  await answer("confirm", true);
  await app.until("the answer", ({ active }) => active?.title === "true");
  await run(page, "document.title = String(confirm('Really?'))");
  await answer("confirm", false);
  await app.until("the answer", ({ active }) => active?.title === "false");
});

test("a page that goes on asking may be told to be silent", async () => {
  const page = await go("/words");
  await run(page, "for (let i = 0; i < 5; i += 1) alert('Call 0800'); document.title = 'done'");
  assert.equal((await question("alert")).canSilence, false);
  await answer("alert", true);
  assert.equal((await question("alert")).canSilence, true);
  await answer("alert", true, true);
  await app.until("the end", ({ active }) => active?.title === "done");
  assert.equal((await app.state()).question, undefined);
});

test("prompt() is refused without a box", async () => {
  const page = await go("/words");
  const said = await page.evaluate(() => {
    try {
      return String(prompt("Your password?"));
    } catch {
      return "refused";
    }
  });
  assert.match(said, /^(null|refused)$/);
  assert.equal((await app.state()).question, undefined);
});

test("without our own drawing the engine draws none", async () => {
  await app.electron.evaluate(({ app: program, dialog }) => {
    const drawn = { boxes: 0, listeners: 0 };
    // What the engine itself brings along, before ours takes its place.
    program.once("web-contents-created", (_event, contents) => {
      const own = contents.listeners("-run-dialog" as never);
      drawn.listeners = own.length;
      setImmediate(() => {
        contents.removeAllListeners("-run-dialog" as never);
        for (const draw of own) contents.on("-run-dialog" as never, draw as never);
      });
    });
    dialog.showMessageBox = (async () => {
      drawn.boxes += 1;
      return { response: 0, checkboxChecked: false };
    }) as typeof dialog.showMessageBox;
    Object.assign(globalThis, { drawn });
  });
  const page = await go("/words");
  assert.equal(await page.evaluate(() => confirm("Pay now?")), false);
  const drawn = await app.electron.evaluate(() => (globalThis as unknown as { drawn: object }).drawn);
  assert.deepEqual(drawn, { boxes: 0, listeners: 1 });
});
