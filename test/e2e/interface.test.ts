import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Desk, RunningApp } from "./support/app.ts";
import { shows, startAppScene } from "./support/app-scene.ts";
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

after(() => stop?.());

beforeEach(async () => {
  await app.call("site.navigate", { text: `${scene.origin}/` });
  await app.until("the page", shows("/"));
});

const button = (name: string) => app.ui.getByRole("button", { name, exact: true });

test("a server's login is answered in a sheet that covers the page", async () => {
  scene.answers.set("/vault", (request, response) => {
    const right = `Basic ${Buffer.from("ann:right").toString("base64")}`;
    if (request.headers.authorization === right) html(response, "<title>Vault</title>");
    else response.writeHead(401, { "www-authenticate": 'Basic realm="Vault"' }).end();
  });
  await app.call("site.navigate", { text: `${scene.origin}/vault` });
  const sheet = app.ui.getByRole("dialog", { name: "Sign in to Scene bank" });
  await sheet.getByText(new URL(scene.origin).host).waitFor();
  assert.deepEqual(await seenNow(app), []);
  await sheet.getByLabel("User name").fill("ann");
  await sheet.getByLabel("Password").fill("wrong");
  await app.ui.keyboard.press("Enter");
  await sheet.getByRole("alert").getByText("did not accept").waitFor();
  await windowPicture(app, desk, "sign-in");
  assert.equal(await sheet.getByLabel("Password").inputValue(), "");
  await sheet.getByLabel("User name").fill("ann");
  await sheet.getByLabel("Password").fill("right");
  await sheet.getByRole("button", { name: "Sign in" }).click();
  await app.until("the vault", shows("/vault"));
  await sheet.waitFor({ state: "detached" });
  await app.eventually("the page on the stage", async () => (await seenNow(app)).length === 1);
});

test("Escape declines a login, and the server's own answer is shown", async () => {
  scene.answers.set("/safe", (_request, response) => {
    response.writeHead(401, { "www-authenticate": 'Basic realm="Safe"', "content-type": "text/html" });
    response.end("<title>Members only</title>");
  });
  await app.call("site.navigate", { text: `${scene.origin}/safe` });
  await app.ui.getByRole("dialog").waitFor();
  await app.ui.keyboard.press("Escape");
  // The title arrives a moment after the page.
  await app.until("the answer", (state) => shows("/safe")(state) && state.active?.title === "Members only");
});

test("a refused pop-up says so above the page, until it is dismissed", async () => {
  const before = await app.ui.getByRole("main").boundingBox();
  await (await app.sitePage()).evaluate(() => {
    setTimeout(() => window.open("https://elsewhere.test/"), 0);
  });
  const notice = app.ui.getByRole("listitem").filter({ hasText: "elsewhere.test" });
  await notice.waitFor();
  assert.ok(
    ((await app.ui.getByRole("main").boundingBox())?.y ?? 0) > (before?.y ?? 0),
    "the notice has room of its own",
  );
  await notice.getByRole("button", { name: "Dismiss" }).click();
  await notice.waitFor({ state: "detached" });
  assert.deepEqual(await app.ui.getByRole("main").boundingBox(), before);
});

test("a crashed page offers to load anew", async () => {
  await app.electron.evaluate(({ webContents, session }) => {
    const own = session.fromPartition("persist:site-scene");
    for (const contents of webContents.getAllWebContents())
      if (contents.session === own) contents.forcefullyCrashRenderer();
  });
  await app.ui.getByRole("heading", { name: "This page has stopped working" }).waitFor();
  await button("Not proved. Show the proofs.").waitFor();
  assert.deepEqual(await seenNow(app), []);
  await windowPicture(app, desk, "crashed");
  await button("Load it anew").click();
  await app.until("the page", shows("/"));
});

test("zoom shows in the address line and is taken back there", async () => {
  await app.call("view.command", "zoom-in");
  const zoom = app.ui.getByRole("button", { name: /^Zoom is 1\d\d %/ });
  await zoom.click();
  await zoom.waitFor({ state: "detached" });
  await app.until("its own size", (state) => state.active?.zoom === 1);
});

test("a screen reader hears the verdict politely and a refusal at once", async () => {
  const heard = (role: "status" | "alert") => app.ui.locator(`.visually-hidden > [role=${role}]`);
  await app.call("site.close");
  await app.until("no site", ({ active }) => active === undefined);
  await app.call("site.open", { site: "scene" });
  await heard("status").getByText("Scene bank has proved who it is.").waitFor();
  await app.call("site.navigate", { text: "https://evil.test/" });
  const { active } = await app.until("the refusal", (state) => state.active?.refusal);
  await heard("alert")
    .getByText(active?.refusal?.title ?? "")
    .waitFor();
  await button("Go back").click();
  await app.until("the page", shows("/"));
});

test("what was typed into the address line is shown as text, whatever it holds", async () => {
  const line = app.ui.getByRole("textbox", { name: /^Address/ });
  await line.click();
  await line.fill("<img src=x onerror=alert(1)>");
  await line.press("Enter");
  await app.until("a refusal", (state) => state.active?.stage === "refused");
  assert.equal(await app.ui.locator("img").count(), 0);
  assert.equal(await button("Try again").count(), 0);
  await windowPicture(app, desk, "malformed");
});

test("the interface follows the system into the dark", async () => {
  const colour = () => app.ui.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await colour();
  // Playwright stands between the system's wish and the pages.
  for (const page of app.electron.windows()) await page.emulateMedia({ colorScheme: "dark" });
  await app.eventually("the dark", async () => (await colour()) !== light);
  await windowPicture(app, desk, "dark");
});

test("the interface breaks none of its own policy", async () => {
  const faults: string[] = [];
  app.ui.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  app.ui.on("pageerror", (error) => faults.push(error.message));
  await app.ui.reload();
  await app.ui.getByRole("button", { name: /proved/ }).click();
  await app.ui.getByRole("complementary", { name: "Proofs" }).getByRole("button", { name: "Show all" }).click();
  await button("Your identities").click();
  await app.ui.getByRole("heading", { name: "Your identities" }).waitFor();
  await button("Sign out and clear").click();
  await app.ui.getByRole("alertdialog").waitFor();
  assert.equal(faults.join("\n"), "");
  // A breach is seen.
  await app.ui.evaluate(() => {
    const style = document.createElement("style");
    style.textContent = "body { color: red }";
    document.head.append(style);
  });
  await app.eventually("the breach", async () => faults.some((text) => text.includes("Content Security Policy")));
});
