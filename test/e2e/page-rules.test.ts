/** What pages ask for, by the site's rules: default, deny, allow. Each question is a sheet of the client. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Page } from "playwright";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { shows } from "./support/app-scene.ts";
import { windowPicture } from "./support/picture.ts";
import { type Scene, startScene } from "./support/scene.ts";

let desk: Desk;
let app: RunningApp;
/** The same server three times, by site: what it says of pages is all that differs. */
const scenes: Record<string, Scene> = {};
let folder = "";

const rules: Readonly<Record<string, object | undefined>> = {
  silent: undefined,
  strict: { downloads: "deny", clipboard: "deny", print: "deny", externalLinks: "deny" },
  easy: { permissions: ["notifications"], downloads: "allow", clipboard: "allow", externalLinks: "allow" },
};

before(async () => {
  desk = await startDesk();
  folder = join(desk.folder, "downloads");
  mkdirSync(folder);
  const sites: object[] = [];
  for (const [id, pages] of Object.entries(rules)) {
    const own = join(desk.folder, id);
    mkdirSync(own);
    const scene = await startScene(own);
    scenes[id] = scene;
    scene.answers.set("/file", (_request, response) => {
      response.writeHead(200, { "content-disposition": 'attachment; filename="statement.pdf"' });
      response.end(Buffer.alloc(12_345, 7));
    });
    const [site] = (scene.sites as { sites: object[] }).sites;
    sites.push({ ...site, id, name: `Site ${id}`, ...(pages === undefined ? {} : { pages }) });
  }
  const profile = join(desk.folder, "rules.json");
  writeFileSync(profile, JSON.stringify({ version: 1, serial: 1, organization: "Scene", sites }));
  app = await launchApp(desk, { profile });
  await app.electron.evaluate(({ app: electron, shell }, path) => {
    electron.setPath("downloads", path);
    Object.assign(globalThis, { opened: [] as string[] });
    shell.openExternal = async (url) => {
      (globalThis as unknown as { opened: string[] }).opened.push(url);
    };
  }, folder);
  await app.until("the profile", (state) => state.profile.kind === "loaded");
});

after(async () => {
  await app?.close();
  for (const scene of Object.values(scenes)) await scene.stop();
  await desk?.stop();
});

beforeEach(async () => {
  const { notices } = await app.state();
  for (const { id } of notices) await app.call("app.acknowledge", { notice: id });
  while ((await app.state()).active) await app.call("site.close");
});

const sceneOf = (site: string): Scene => {
  const scene = scenes[site];
  assert.ok(scene, site);
  return scene;
};

async function open(site: string): Promise<Page> {
  await app.call("site.navigate", { text: `${sceneOf(site).origin}/start` });
  await app.until("the page", shows("/start"));
  const find = () => app.electron.windows().find((each) => each.url() === `${sceneOf(site).origin}/start`);
  await app.eventually(`the page of ${site}`, async () => find() !== undefined);
  return find() ?? app.sitePage();
}

function run(page: Page, script: string): Promise<unknown> {
  return page.evaluate((text) => {
    setTimeout(text, 0);
  }, script);
}

async function answerQuestion(allow: boolean): Promise<void> {
  const { consent } = await app.until("the question", (state) => state.consent);
  await app.call("consent.answer", { id: consent?.id ?? "", allow });
}

test("a site without rules has its files saved where the user says, in a dialog that names it", async () => {
  const page = await open("silent");
  await app.electron.evaluate(({ session }) => {
    session.fromPartition("persist:site-silent").once("will-download", (_event, item) => {
      // After the client has seen it, before the engine asks.
      setImmediate(() => {
        const { title, defaultPath } = item.getSaveDialogOptions();
        Object.assign(globalThis, { asked: [title, defaultPath, item.getSavePath()] });
        item.cancel();
      });
    });
  });
  await run(page, "location.href = '/file'");
  const asked = () => app.electron.evaluate(() => (globalThis as { asked?: string[] }).asked);
  await app.eventually("the dialog", async () => (await asked()) !== undefined);
  assert.deepEqual(await asked(), ["Save a file from Site silent", join(folder, "statement.pdf"), ""]);
  await app.until("the page", shows("/start"));
  assert.deepEqual(readdirSync(folder), []);
});

test("deny saves nothing and says so; allow saves without a question, beside what is there", async () => {
  const strict = await open("strict");
  await run(strict, "location.href = '/file'");
  await app.until("the notice", ({ notices }) => notices.some(({ text }) => text.includes("statement.pdf")));
  writeFileSync(join(folder, "statement.pdf"), "an older one");
  const easy = await open("easy");
  await run(easy, "location.href = '/file'");
  const { consent } = await app.until("the file", ({ downloads }) => downloads.some(({ state }) => state === "done"));
  assert.equal(consent, undefined);
  assert.ok(existsSync(join(folder, "statement (2).pdf")));
});

const WRITE =
  "navigator.clipboard.writeText('typed').then(() => (document.title = 'wrote'), () => (document.title = 'denied'))";

test("scripts reach the clipboard as the rules say, and ask once", async () => {
  const page = await open("silent");
  await run(page, WRITE);
  const { consent } = await app.until("the question", (state) => state.consent);
  assert.equal(consent?.kind, "clipboard-write");
  await app.call("consent.answer", { id: consent?.id ?? "", allow: false });
  await app.until("no", ({ active }) => active?.title === "denied");
  for (const [site, title] of [
    ["strict", "denied"],
    ["easy", "wrote"],
  ] as const) {
    await run(await open(site), WRITE);
    const { consent: none } = await app.until(title, ({ active }) => active?.title === title);
    assert.equal(none, undefined);
  }
});

test("permissions are the profile's to grant", async () => {
  const asked = (page: Page) => page.evaluate(() => Notification.requestPermission());
  assert.equal(await asked(await open("silent")), "denied");
  assert.equal(await asked(await open("easy")), "granted");
  const page = await open("easy");
  const location = () =>
    new Promise((resolve) =>
      navigator.geolocation.getCurrentPosition(
        () => resolve("found"),
        ({ code }) => resolve(code),
      ),
    );
  assert.equal(await page.evaluate(location), 1);
});

test("a link to another site of the profile shows its whole address first", async () => {
  const page = await open("silent");
  const target = `${sceneOf("easy").origin}/arrived?typed=1234`;
  await run(page, `location.href = ${JSON.stringify(target)}`);
  const { consent } = await app.until("the question", (state) => state.consent);
  assert.deepEqual([consent?.kind, consent?.subject], ["link", target]);
  await windowPicture(app, desk, "question-link");
  await app.call("consent.answer", { id: consent?.id ?? "", allow: false });
  await app.until("the page", shows("/start"));
  assert.ok(!sceneOf("easy").visits.some(({ url }) => url.startsWith("/arrived")), "nothing has gone there");
  await run(page, `location.href = ${JSON.stringify(target)}`);
  await answerQuestion(true);
  await app.until("the other site", shows("/arrived"));
});

test("a page that hears no three times is not put before the user again", async () => {
  const page = await open("silent");
  for (let time = 0; time < 3; time += 1) {
    await run(page, "location.href = 'tel:+100'");
    await answerQuestion(false);
  }
  await run(page, "location.href = 'tel:+100'; setTimeout(() => (document.title = 'later'), 300)");
  const { consent } = await app.until("later", ({ active }) => active?.title === "later");
  assert.equal(consent, undefined);
});

test("deny keeps the page where it is; mail goes to its program only when the user says so", async () => {
  const opened = () => app.electron.evaluate(() => (globalThis as unknown as { opened: string[] }).opened);
  const strict = await open("strict");
  await run(strict, `location.href = ${JSON.stringify(`${sceneOf("easy").origin}/denied`)}`);
  await app.until("the notice", ({ notices }) => notices.some(({ text }) => text.includes("/denied")));
  await run(strict, "location.href = 'mailto:a@b.example?body=typed'");
  await app.until("the notice", ({ notices }) => notices.some(({ text }) => text.includes("mailto:")));
  assert.deepEqual(await opened(), []);
  await run(await open("silent"), "location.href = 'mailto:a@b.example?body=typed'");
  await answerQuestion(true);
  await app.eventually("the program", async () => (await opened()).length === 1);
  assert.deepEqual(await opened(), ["mailto:a@b.example?body=typed"]);
});

/** The engine tells the page that it is about to print, and then shows the system's dialog. */
const PRINT = `addEventListener("beforeprint", () => (document.title = "printing"));
  document.body.append(document.createElement("iframe"));
  frames[0].addEventListener("beforeprint", () => (document.title = "printing"));
  print(); frames[0].print(); setTimeout(() => (document.title ||= "over"), 200);`;

test("print: deny takes the dialog away, in frames, too", async () => {
  await run(await open("strict"), `document.title = ""; ${PRINT}`);
  const { active } = await app.until("the end", (state) => ["over", "printing"].includes(state.active?.title ?? ""));
  assert.equal(active?.title, "over");
});

test("print: otherwise the system's dialog comes (control)", async () => {
  await run(await open("silent"), `document.title = ""; ${PRINT}`);
  const { active } = await app.until("the end", (state) => ["over", "printing"].includes(state.active?.title ?? ""));
  assert.equal(active?.title, "printing");
});
