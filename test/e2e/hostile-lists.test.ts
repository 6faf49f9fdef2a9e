/** The window with a signed list of hostile addresses: refusals that name it, and the end of what a listed site stored. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ReleaseFolder } from "../support/hostile-release.ts";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { windowPicture } from "./support/picture.ts";
import { PASSPHRASE, type Portal, startPortal } from "./support/portal.ts";

const place = new ReleaseFolder();
let desk: Desk;
let portal: Portal;
let app: RunningApp;

before(async () => {
  desk = await startDesk();
  portal = await startPortal(desk.folder);
  place.publish({
    number: 1,
    list: "phish.example 2026-11-03\nhttps://bank.example/trap\n",
    issued: "2020-01-01T00:00:00Z",
  });
  const hostileLists = [
    {
      id: "test",
      name: "Banking threats",
      file: place.release,
      publicKey: place.keys.publicKey,
      reportTo: "mailto:phishing@bank.example",
    },
  ];
  const profile = JSON.parse(readFileSync(portal.profile, "utf8"));
  writeFileSync(portal.profile, JSON.stringify({ ...profile, hostileLists }));
  app = await launchApp(desk, { profile: portal.profile });
  await app.until("the profile", ({ profile: { kind } }) => kind === "loaded");
});

after(async () => {
  await app?.close();
  await portal?.stop();
  await desk?.stop();
  place.remove();
});

const noticed = (words: RegExp) =>
  app.until(`a notice ${words}`, ({ notices }) => notices.some(({ text }) => words.test(text)));

test("an old list is used, and the user is told that it is old", async () => {
  await noticed(/out of date \(“Banking threats”\)/);
});

test("an address of the list is refused with the list's name, since when, and who corrects it", async () => {
  await app.eventually("the list is in use", async () => {
    await app.call("site.navigate", { text: "https://www.phish.example/login?user=ada" });
    const { active } = await app.until("an answer", (state) => state.active?.refusal);
    return active?.refusal?.code === "site.hostile";
  });
  const { active } = await app.state();
  assert.equal(active?.seal, "hostile");
  assert.deepEqual(active?.refusal?.listing, {
    list: "Banking threats",
    since: "2026-11-03T00:00:00.000Z",
    reportTo: "phishing@bank.example",
  });
  await app.ui.getByText("It is on the list “Banking threats” since 3 November 2026.").waitFor();
  await windowPicture(app, desk, "hostile-list");
});

test("a listed path of a site is refused, and what the site stored stays", async () => {
  await app.importIdentity(portal.identity("CN=Ada Example"), PASSPHRASE);
  await app.call("site.navigate", { text: portal.origin });
  await app.until("the bank", (state) => state.active?.stage === "page");
  await app.electron.evaluate(({ session }, url) => {
    const own = session.fromPartition("persist:site-bank");
    return own.cookies.set({ url, name: "kept", value: "1", secure: true, expirationDate: 4e9 });
  }, portal.origin);
  await app.call("site.navigate", { text: `${portal.origin}/trap/door` });
  await app.until("the refusal", (state) => state.active?.refusal?.code === "site.hostile");
  assert.equal(await cookies(), 1);
});

test("a site that the list has as a whole is refused, and what it stored is cleared", async () => {
  await app.call("site.navigate", { text: portal.origin });
  await app.until("the bank", (state) => state.active?.stage === "page");
  const before = portal.requests().length;
  place.publish({ number: 2, list: "bank.example\n" });
  await app.call("app.reload-profile");
  await app.eventually("the site is refused", async () => {
    await app.call("site.open", { site: "bank" });
    const { active } = await app.until("an answer", (state) => state.active?.refusal ?? state.active?.stage === "page");
    if (active?.refusal?.code === "site.hostile") return true;
    await app.call("app.reload-profile");
    return false;
  });
  await app.eventually("its cookies are gone", async () => (await cookies()) === 0);
  await windowPicture(app, desk, "hostile-site");
  assert.ok(portal.requests().length >= before);
});

test("a list with a wrong signature is reported, and the last good one stays in use", async () => {
  place.publish({ number: 3, list: "other.example\n" });
  writeFileSync(`${place.release}.sig`, "no signature");
  await app.call("app.reload-profile");
  await noticed(/not genuine \(“Banking threats”\)/);
  await app.call("site.navigate", { text: "https://bank.example/" });
  await app.until("the refusal", (state) => state.active?.refusal?.code === "site.hostile");
});

const cookies = (): Promise<number> =>
  app.electron.evaluate(async ({ session }) => {
    const own = session.fromPartition("persist:site-bank");
    return (await own.cookies.get({ name: "kept" })).length;
  });
