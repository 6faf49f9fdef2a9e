/** Forms that would send elsewhere. Elsewhere is a site of the profile, too, and would answer: only the rule is between. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Page } from "playwright";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { shows } from "./support/app-scene.ts";
import { windowPicture } from "./support/picture.ts";
import { type Scene, startScene } from "./support/scene.ts";

let desk: Desk;
let scene: Scene;
let other: Scene;
let app: RunningApp;

before(async () => {
  desk = await startDesk();
  const folder = join(desk.folder, "other");
  mkdirSync(folder);
  scene = await startScene(desk.folder);
  other = await startScene(folder);
  const [mine, theirs] = [scene, other].map(({ sites }) => sites as { sites: object[]; hostile: string[] });
  const sites = [...(mine?.sites ?? []), { ...theirs?.sites[0], id: "other", name: "Other site" }];
  const profile = join(desk.folder, "both.json");
  writeFileSync(profile, JSON.stringify({ ...mine, sites }));
  app = await launchApp(desk, { profile });
  await app.until("the profile", (state) => state.profile.kind === "loaded");
});

after(async () => {
  await app?.close();
  await scene?.stop();
  await other?.stop();
  await desk?.stop();
});

beforeEach(async () => {
  const { notices } = await app.state();
  for (const { id } of notices) await app.call("app.acknowledge", { notice: id });
  await app.call("site.navigate", { text: `${scene.origin}/start` });
  await app.until("the page", shows("/start"));
});

/** Puts a form into the page and presses its button. */
async function submit(page: Page, form: string, within = "document.body"): Promise<void> {
  const script = `${within}.innerHTML = ${JSON.stringify(form)}; ${within}.querySelector("form").requestSubmit(${within}.querySelector("button"))`;
  await page.evaluate((text) => {
    setTimeout(text, 0);
  }, script);
}

const form = (attributes: string, button = "<button>") =>
  `<form ${attributes}><input name=pin value=1234>${button}</form>`;

const targets: Readonly<Record<string, (to: string) => string>> = {
  POST: (to) => form(`method=post action="${to}"`),
  GET: (to) => form(`method=get action="${to}"`),
  "POST, multipart": (to) => form(`method=post enctype=multipart/form-data action="${to}"`),
  "POST by formaction": (to) => form("method=post action=/kept", `<button formaction="${to}">`),
  "POST into a new window": (to) => form(`method=post target=_blank action="${to}"`),
  "POST into a frame": (to) => `<iframe name=f></iframe>${form(`method=post target=f action="${to}"`)}`,
};

for (const [name, html] of Object.entries(targets)) {
  test(`a form to another server is stopped, and the user told where it would have gone: ${name}`, async () => {
    const before = other.visits.length;
    await submit(await app.sitePage(), html(`${other.origin}/take`));
    const host = new URL(other.origin).host;
    const { notices, active } = await app.until("the notice", (state) => state.notices.length > 0);
    assert.match(
      notices[0]?.text ?? "",
      new RegExp(`A form of Scene bank wanted to send what you entered to ${host}\\.`),
    );
    assert.deepEqual([active?.stage, active?.path, active?.site], ["page", "/start", "scene"]);
    assert.equal(other.visits.length, before, "the other server received something");
  });
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`a POST that is answered with ${status} to another server ends there`, async () => {
    const before = other.visits.length;
    scene.answers.set("/lead", (_request, response) => {
      response.writeHead(status, { location: `${other.origin}/take` }).end();
    });
    await submit(await app.sitePage(), form("method=post action=/lead"));
    const { active } = await app.until("the refusal", (state) => state.active?.stage === "refused");
    assert.equal(active?.refusal?.code, "site.form-elsewhere");
    assert.equal(active?.refusal?.formTarget, other.origin);
    assert.equal(other.visits.length, before, "the other server received something");
    if (status === 307) await windowPicture(app, desk, "form-elsewhere");
  });
}

test("a GET form whose answer redirects to another server ends there", async () => {
  const before = other.visits.length;
  scene.answers.set("/lead", (_request, response) => {
    response.writeHead(302, { location: `${other.origin}/take?from=form` }).end();
  });
  await submit(await app.sitePage(), form("method=get action=/lead"));
  const { notices, active } = await app.until("the notice", (state) => state.notices.length > 0);
  assert.match(notices[0]?.text ?? "", new RegExp(`A form of Scene bank .* to ${new URL(other.origin).host}\\.`));
  assert.deepEqual([active?.site, active?.path], ["scene", "/start"]);
  assert.equal(other.visits.length, before, "the other server received something");
});

test("a POST of a script that is redirected to another server ends there", async () => {
  const before = other.visits.length;
  scene.answers.set("/lead", (_request, response) => {
    response.writeHead(307, { location: `${other.origin}/take` }).end();
  });
  const page = await app.sitePage();
  const answer = await page.evaluate(() =>
    fetch("/lead", { method: "POST", body: "1234", redirect: "follow" }).then((it) => it.status),
  );
  assert.equal(answer, 403);
  assert.equal(other.visits.length, before, "the other server received something");
});

test("control: a form goes to the site's own origins, and its redirects among them", async () => {
  scene.answers.set("/lead", (_request, response) => {
    response.writeHead(307, { location: `${scene.login}/arrived` }).end();
  });
  await submit(await app.sitePage(), form(`method=post action="${scene.login}/lead"`));
  await app.until("the page", shows("/arrived"));
  const arrived = scene.visits.find(({ url }) => url === "/arrived");
  assert.equal(arrived?.method, "POST");
  assert.equal(await arrived?.body, "pin=1234");
  assert.deepEqual((await app.state()).notices, []);
});
