import assert from "node:assert/strict";
import { statSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Page } from "playwright";
import type { Desk, RunningApp } from "./support/app.ts";
import { shows, startAppScene } from "./support/app-scene.ts";
import { windowPicture } from "./support/picture.ts";
import { html, type Scene } from "./support/scene.ts";

let desk: Desk;
let scene: Scene;
let app: RunningApp;
let stop: (() => Promise<void>) | undefined;

before(async () => {
  ({ desk, scene, app, stop } = await startAppScene());
});

after(() => stop?.());

beforeEach(async () => {
  const { notices } = await app.state();
  for (const { id } of notices) await app.call("app.acknowledge", { notice: id });
  await go("/");
});

/** Opens a path of the site as the address line does. */
async function go(path: string): Promise<Page> {
  await app.call("site.navigate", { text: `${scene.origin}${path}` });
  await app.until(`the page ${path}`, shows(new URL(path, scene.origin).pathname));
  return app.sitePage();
}

/** Not awaited by Playwright: it would wait for navigations that are refused. */
function run(page: Page, script: string): Promise<unknown> {
  return page.evaluate((text) => {
    setTimeout(text, 0);
  }, script);
}

/** What the views of sites show, from below. */
function viewUrls(): Promise<readonly string[]> {
  return app.electron.evaluate(({ BrowserWindow }) =>
    (BrowserWindow.getAllWindows()[0]?.contentView.children ?? []).flatMap((view) =>
      "webContents" in view ? [(view.webContents as Electron.WebContents).getURL()] : [],
    ),
  );
}

test("back, forward and reload move through the site", async () => {
  const page = await app.sitePage();
  await run(page, "location.href = '/next'");
  const next = await app.until("the next page", shows("/next"));
  assert.equal(next.active?.canGoBack, true);
  await app.until("its title", ({ active }) => active?.title === "Page /next");
  await app.call("view.command", "back");
  const back = await app.until("the page before", shows("/"));
  assert.equal(back.active?.canGoForward, true);
  await app.call("view.command", "forward");
  await app.until("the next page again", shows("/next"));
  const before = scene.visits.length;
  await app.call("view.command", "reload");
  await app.until("a request for it", () => scene.visits.slice(before).some(({ url }) => url === "/next"));
  await app.until("the page reloaded", shows("/next"));
});

test("a redirect to the site's other origin is followed, proven there", async () => {
  scene.answers.set("/sign-in", (_request, response) => {
    response.writeHead(302, { location: `${scene.login}/form` }).end();
  });
  await app.call("site.navigate", { text: `${scene.origin}/sign-in` });
  const { active } = await app.until("the form", shows("/form"));
  assert.equal(active?.origin, scene.login);
  assert.equal(active?.trust?.server.host, "login.scene.test");
});

test("a redirect out of the site is refused by code, and back returns to the page before", async () => {
  scene.answers.set("/out", (_request, response) => {
    response.writeHead(302, { location: "https://elsewhere.test/" }).end();
  });
  await app.call("site.navigate", { text: `${scene.origin}/out` });
  const { active } = await app.until("a refusal", (state) => state.active?.stage === "refused");
  assert.equal(active?.refusal?.code, "site.unlisted");
  assert.equal(active?.refusal?.address, "https://elsewhere.test/");
  await app.call("view.command", "back");
  await app.until("the page before", shows("/"));
});

test("a redirect to a look-alike is refused as one, with the genuine site offered", async () => {
  scene.answers.set("/astray", (_request, response) => {
    response.writeHead(302, { location: "https://scene-login.test/?from=here" }).end();
  });
  await app.call("site.navigate", { text: `${scene.origin}/astray` });
  const { active } = await app.until("a refusal", (state) => state.active?.stage === "refused");
  assert.equal(active?.refusal?.code, "site.lookalike");
  assert.equal(active?.refusal?.address, "https://scene-login.test/");
  assert.ok(active?.refusal?.genuine);
  await app.call("view.command", "back");
  await app.until("the page before", shows("/"));
});

test("a page that leads itself to an empty document is refused, and back returns", async () => {
  const page = await go("/next");
  await run(page, "location.href = 'about:blank'");
  const { active } = await app.until("the refusal", ({ active: at }) => at?.stage === "refused");
  assert.equal(active?.refusal?.code, "site.unlisted");
  await app.call("view.command", "back");
  await app.until("the page before", shows("/next"));
});

test("links out of the site are refused with a word, and the page stays", async () => {
  const page = await app.sitePage();
  await run(page, "location.href = 'https://elsewhere.test/a?b'");
  await run(page, "window.open('https://third.test/')");
  await run(page, "location.href = 'sip:someone@example.test'");
  const { notices, active } = await app.until("three notices", (state) => state.notices.length === 3);
  assert.ok(notices.some(({ text }) => text.startsWith("elsewhere.test ")));
  assert.ok(notices.some(({ text }) => text.startsWith("third.test ")));
  assert.ok(notices.some(({ text }) => text.includes("sip:")));
  assert.equal(active?.stage, "page");
  assert.equal((await viewUrls()).length, 1);
});

test("a link to a hostile address shows the refusal, and back returns", async () => {
  await run(await app.sitePage(), "location.href = 'https://evil.test/'");
  const { active } = await app.until("a refusal", (state) => state.active?.stage === "refused");
  assert.equal(active?.refusal?.code, "site.hostile");
  assert.equal(active?.seal, "hostile");
  await app.call("view.command", "back");
  await app.until("the page before", shows("/"));
});

test("a pop-up opens inside the site, speaks with its opener, and closes itself", async () => {
  scene.answers.set("/pop-up", (_request, response) => {
    html(response, "<title>Pop-up</title><script>opener.postMessage('hello', '*')</script>");
  });
  const opener = await app.sitePage();
  await opener.evaluate(() => window.addEventListener("message", ({ data }) => (document.title = `heard ${data}`)));
  await run(opener, "window.open('/pop-up', 'sign-in', 'width=300,height=300')");
  await app.until("the pop-up", shows("/pop-up"));
  assert.equal((await viewUrls()).length, 2);
  assert.equal(await opener.title(), "heard hello");
  await run(await app.sitePage(), "window.close()");
  await app.until("the opener", shows("/"));
  assert.equal((await viewUrls()).length, 1);
});

test("sign-in at the site's identity provider works by redirects and in a pop-up", async () => {
  const redirect = (location: string, cookie?: string) => (_request: unknown, response: ServerResponse) =>
    response.writeHead(303, { location, ...(cookie === undefined ? {} : { "set-cookie": cookie }) }).end();
  scene.answers.set("/private", (request, response) => {
    if (request.headers.cookie?.includes("session=1")) html(response, "<title>Welcome</title>");
    else redirect(`${scene.login}/authorize?state=7`)(request, response);
  });
  scene.answers.set("/authorize", (_request, response) =>
    html(
      response,
      "<title>Sign in</title><form method=post action=/authorize/answer><input name=user value=ann></form>",
    ),
  );
  scene.answers.set("/authorize/answer", redirect(`${scene.origin}/callback?code=abc&state=7`, "idp=1; Secure"));
  scene.answers.set("/callback", redirect("/private", "session=1; Secure; HttpOnly"));
  await app.call("site.navigate", { text: `${scene.origin}/private` });
  await app.until("the provider's form", (state) => state.active?.origin === scene.login && shows("/authorize")(state));
  await run(await app.sitePage(), "document.querySelector('form').submit()");
  const { active } = await app.until("the page behind it", (state) => state.active?.title === "Welcome");
  assert.deepEqual([active?.origin, active?.path, active?.seal], [scene.origin, "/private", "open"]);

  scene.answers.set("/callback-window", (_request, response) =>
    html(response, "<script>opener.postMessage('signed in', location.origin); close()</script>"),
  );
  scene.answers.set("/authorize/silent", redirect(`${scene.origin}/callback-window`));
  const page = await go("/");
  await page.evaluate(() => window.addEventListener("message", ({ data }) => (document.title = String(data))));
  await run(page, `window.open('${scene.login}/authorize/silent', 'sign-in', 'popup')`);
  await app.until("the word of the pop-up", (state) => shows("/")(state) && state.active?.title === "signed in");
  assert.equal((await viewUrls()).length, 1, "the pop-up has closed itself");
  await app.call("site.sign-out", { site: "scene" });
});

test("target=_blank without an opener opens inside the site; back closes it", async () => {
  const page = await app.sitePage();
  await run(
    page,
    "document.body.innerHTML = '<a href=/blank target=_blank rel=noopener>go</a>'; document.querySelector('a').click()",
  );
  await app.until("the page", shows("/blank"));
  await app.call("view.command", "back");
  await app.until("the page below", shows("/"));
  assert.equal((await viewUrls()).length, 1);
});

test("a pop-up that its opener writes belongs to the opener's origin", async () => {
  await run(
    await app.sitePage(),
    "const w = window.open(''); w.document.write('<title>Written</title>ok'); w.document.close()",
  );
  const { active } = await app.until("the pop-up", (state) => state.active?.title === "Written");
  assert.deepEqual([active?.stage, active?.origin], ["page", scene.origin]);
  await app.call("view.command", "back");
  await app.until("the page below", shows("/"));
});

test("a download is saved where the user says and leaves the page where it was", async () => {
  scene.answers.set("/file", (_request, response) => {
    response.writeHead(200, { "content-disposition": 'attachment; filename="a.bin"', "content-type": "application/x" });
    response.end(Buffer.alloc(123_456, 7));
  });
  const target = join(desk.folder, "saved.bin");
  await app.electron.evaluate(({ session }, path) => {
    session.fromPartition("persist:site-scene").once("will-download", (_event, item) => item.setSavePath(path));
  }, target);
  await run(await app.sitePage(), "location.href = '/file'");
  const { downloads } = await app.until("the download", (state) =>
    state.downloads.some(({ state: is }) => is === "done"),
  );
  assert.equal(downloads[0]?.fileName, "saved.bin");
  assert.equal(statSync(target).size, 123_456);
  await app.until("the page", shows("/"));
  await app.call("download.clear");
  assert.deepEqual((await app.state()).downloads, []);
});

test("nothing is saved before the user has said where; a long name keeps its ending", async () => {
  const name = `${"statement-".repeat(30)}2026.pdf`;
  scene.answers.set("/file", (_request, response) => {
    const disposition = `attachment; filename="${name}"`;
    response.writeHead(200, { "content-disposition": disposition, "content-type": "application/pdf" }).end("%PDF-");
  });
  await app.electron.evaluate(({ session }) => {
    session.fromPartition("persist:site-scene").once("will-download", (_event, item) => {
      // After the client has seen it, before the engine asks.
      setImmediate(() => {
        const { title, defaultPath } = item.getSaveDialogOptions();
        Object.assign(globalThis, { asked: { title, defaultPath, savePath: item.getSavePath() } });
        item.cancel();
      });
    });
  });
  await run(await app.sitePage(), "location.href = '/file'");
  const asked = () =>
    app.electron.evaluate(
      () => (globalThis as { asked?: { title: string; defaultPath: string; savePath: string } }).asked,
    );
  await app.eventually("the file", async () => (await asked()) !== undefined);
  const { title, defaultPath = "", savePath } = (await asked()) ?? {};
  assert.deepEqual([title, savePath], ["Save a file from Scene bank", ""], "no path is set, so the engine asks");
  const offered = defaultPath.split("/").at(-1) ?? "";
  assert.match(offered, /^statement-.*…?.*\.pdf$/);
  assert.ok(Buffer.byteLength(offered) <= 200, offered);
  assert.deepEqual((await app.state()).downloads, [], "nothing is shown of a file that nobody wanted");
});

test("an HTTP login asks in the interface's sheet, says when it was wrong, and may be declined", async () => {
  scene.answers.set("/secret", (request, response) => {
    if (request.headers.authorization === `Basic ${Buffer.from("ann:right").toString("base64")}`) {
      html(response, "<title>Secret</title>");
    } else response.writeHead(401, { "www-authenticate": 'Basic realm="Vault"' }).end("no");
  });
  await app.call("site.navigate", { text: `${scene.origin}/secret` });
  const { httpAuth } = await app.until("the question", (state) => state.httpAuth);
  assert.deepEqual(
    { ...httpAuth, id: "" },
    { id: "", site: "scene", origin: scene.origin, realm: "Vault", retry: false },
  );
  await app.call("http-auth.answer", { id: httpAuth?.id ?? "", answer: { username: "ann", password: "wrong" } });
  const again = await app.until("the question again", (state) => state.httpAuth && state.httpAuth.id !== httpAuth?.id);
  assert.equal(again.httpAuth?.retry, true);
  await app.call("http-auth.answer", { id: again.httpAuth?.id ?? "", answer: { username: "ann", password: "right" } });
  const { active } = await app.until("the secret", (state) => state.active?.title === "Secret");
  assert.equal(active?.stage, "page");
});

test("find in page counts, zoom steps and returns", async () => {
  scene.answers.set("/words", (_request, response) => html(response, "<p>one two one two one</p>"));
  await go("/words");
  await app.call("find.start", { text: "one", forward: true, next: false });
  const found = await app.until("three matches", (state) => state.active?.find?.matches === 3);
  assert.equal(found.active?.find?.current, 1);
  await app.call("find.start", { text: "one", forward: true, next: true });
  await app.until("the second", (state) => state.active?.find?.current === 2);
  await app.call("find.stop");
  await app.until("no search", (state) => !state.active?.find);
  await app.call("view.command", "zoom-in");
  await app.until("a larger page", (state) => (state.active?.zoom ?? 0) > 1);
  await app.call("view.command", "zoom-reset");
  await app.until("its own size", (state) => state.active?.zoom === 1);
});

test("stop ends a document that does not come and returns to the one before", async () => {
  scene.answers.set("/never", () => undefined);
  await app.call("site.navigate", { text: `${scene.origin}/never` });
  await app.until("a request", () => scene.visits.some(({ url }) => url === "/never"));
  assert.equal((await app.state()).active?.stage, "waiting");
  await app.call("view.command", "stop");
  await app.until("the page before", shows("/"));
});

test("a crashed page says so and comes back", async () => {
  await app.electron.evaluate(({ webContents, session }) => {
    const own = session.fromPartition("persist:site-scene");
    webContents
      .getAllWebContents()
      .find((each) => each.session === own)
      ?.forcefullyCrashRenderer();
  });
  await app.until("the crash", (state) => state.active?.stage === "crashed");
  await app.call("view.command", "reload");
  await app.until("the page", shows("/"));
  // Playwright does not take up a page again that has crashed.
  await app.call("site.close");
});

test("a form is posted, a file uploaded, and cookies kept until the user signs out", async () => {
  scene.answers.set("/keep", (_request, response) => {
    response.writeHead(200, { "content-type": "text/html", "set-cookie": "kept=1; Max-Age=1000; Secure; Path=/" });
    response.end("<form method=post enctype=multipart/form-data action=/posted><input type=file name=f><button>");
  });
  const page = await go("/keep");
  await page.setInputFiles("input", { name: "paper.txt", mimeType: "text/plain", buffer: Buffer.from("the paper") });
  await run(page, "document.querySelector('form').submit()");
  await app.until("the answer", shows("/posted"));
  const posted = scene.visits.find(({ url }) => url === "/posted");
  assert.equal(posted?.method, "POST");
  assert.match((await posted?.body) ?? "", /paper\.txt[\s\S]*the paper/);
  assert.equal(posted?.headers.cookie, "kept=1");
  const answer = await app.call("site.sign-out", { site: "scene" });
  assert.equal(answer.ok, true);
  await app.until("no site", ({ active }) => active === undefined);
  await go("/after");
  assert.equal(scene.visits.find(({ url }) => url === "/after")?.headers.cookie, undefined);
});

test("a form whose sending was refused goes once: trying again asks for nothing, and back returns to it", async () => {
  scene.answers.set("/form", (_request, response) =>
    html(response, "<title>Form</title><form method=post action=/sent><input name=field value=typed></form>"),
  );
  scene.answers.set("/sent", (request) => request.socket.destroy());
  const page = await go("/form");
  const before = scene.visits.length;
  await run(page, "document.querySelector('form').submit()");
  const { active } = await app.until("the refusal", (state) => state.active?.stage === "refused");
  assert.deepEqual([active?.refusal?.form, active?.refusal?.canRetry], [true, false]);
  await app.ui.getByText("Countersign never sends one twice").waitFor();
  await windowPicture(app, desk, "refusal-form");
  await app.call("view.command", "reload");
  await app.call("view.command", "reload");
  await app.call("view.command", "back");
  await app.until("the form", shows("/form"));
  const sent = scene.visits.slice(before).filter(({ url }) => url === "/sent");
  assert.deepEqual(
    sent.map(({ method }) => method),
    ["POST"],
  );
  scene.answers.delete("/sent");
});

test("the answer to a form is not asked for again by reloading it", async () => {
  scene.answers.set("/form", (_request, response) =>
    html(response, "<title>Form</title><form method=post action=/sent><input name=field value=typed></form>"),
  );
  const page = await go("/form");
  await run(page, "document.querySelector('form').submit()");
  await app.until("the answer", shows("/sent"));
  const before = scene.visits.length;
  await app.call("view.command", "reload");
  const { notices } = await app.until("a word", (state) => state.notices.length > 0);
  assert.match(notices[0]?.text ?? "", /answers a form/);
  assert.ok(shows("/sent")(await app.state()), "the page stays");
  assert.equal(scene.visits.length, before);
});
