import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type DemoRealm, startDemoRealm } from "../../build/demo/realm.ts";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";

let desk: Desk;
let realm: DemoRealm;
let app: RunningApp;

before(async () => {
  desk = await startDesk();
  realm = await startDemoRealm();
  app = await launchApp(desk, { profile: realm.profile });
});

after(async () => {
  await app?.close();
  await realm?.stop();
  await desk?.stop();
});

test("the window shows the sites of the profile, all sealed", async () => {
  const state = await app.until("the profile", ({ profile }) => profile.kind === "loaded");
  assert.deepEqual(
    state.sites.map(({ id, seal, open }) => ({ id, seal, open })),
    ["bank", "hijacked", "staff"].map((id) => ({ id, seal: "shut", open: false })),
  );
  await app.ui.getByText("Meridian Bank", { exact: true }).first().waitFor();
  await app.picture("sites");
});

test("without an identity the portal stays shut and says why", async () => {
  await app.call("site.open", { site: "bank" });
  const { active } = await app.until("a refusal", (state) => state.active?.stage === "refused");
  assert.equal(active?.refusal?.code, "client.no-identity");
  assert.equal(active?.seal, "refused");
});

test("an identity imported, the portal opens and the seal with it", async () => {
  const imported = await app.importIdentity(realm.identity.file, readFileSync(realm.identity.passphraseFile, "utf8"));
  assert.equal(imported.ok, true);
  const { active } = await app.until("the page", (state) => state.active?.stage === "page");
  assert.equal(active?.seal, "open");
  assert.equal(active?.trust?.client.method, "certificate");
  assert.equal(active?.trust?.server.host, "banking.meridian.test");
  const page = await app.sitePage();
  assert.match(await page.content(), /Robin Example/);
  await app.picture("portal");
});

test("an impostor with a valid certificate of another key is refused, and none of it is shown", async () => {
  await app.call("site.open", { site: "hijacked" });
  const { active } = await app.until("a refusal", (state) => state.active?.stage === "refused");
  assert.equal(active?.refusal?.code, "server.pin-mismatch");
  await app.picture("impostor");
});
