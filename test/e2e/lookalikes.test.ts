import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makePkcs12 } from "../realm/pkcs12.ts";
import { type Realm, type RunningRow, startRealm } from "../realm/realm.ts";
import { CLIENT_ISSUER, HOST } from "../realm/scene.ts";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { windowPicture } from "./support/picture.ts";
import { seenNow, watchViews } from "./support/views.ts";

const PASSPHRASE = "e2e";
let desk: Desk;
let realm: Realm;
let app: RunningApp;
let data: string;
let genuine: RunningRow;
let impostor: RunningRow;

before(async () => {
  desk = await startDesk();
  realm = await startRealm();
  genuine = await realm.start("nginx-genuine-tls13");
  impostor = await realm.start("other-key-tls13");
  const profile = join(desk.folder, "profile.json");
  writeFileSync(profile, JSON.stringify(profileOf()));
  data = join(desk.folder, "data");
  app = await launchApp(desk, { profile, userData: data });
  app.ui.setDefaultTimeout(10_000);
  await app.until("the profile", (state) => state.profile.kind === "loaded");
  await watchViews(app);
  assert.ok(genuine.identity);
  const file = join(desk.folder, "identity.p12");
  writeFileSync(file, makePkcs12({ ...genuine.identity, subject: "Ada Example" }, { passphrase: PASSPHRASE }));
  assert.equal((await app.importIdentity(file, PASSPHRASE)).ok, true);
});

after(async () => {
  await app?.close();
  await realm?.close();
  await desk?.stop();
});

function profileOf() {
  const site = (id: string, name: string, { port, server }: RunningRow) => ({
    id,
    name,
    origins: [`https://${HOST}:${port}`],
    addresses: ["127.0.0.1"],
    server,
    client: { method: "certificate", issuer: CLIENT_ISSUER },
  });
  return {
    version: 1,
    serial: 1,
    organization: "Example Bank",
    sites: [site("bank", "Online banking", genuine), site("payments", "Payments", impostor)],
    hostile: ["https://evil.test/"],
    unlisted: "refuse",
  };
}

async function type(address: string): Promise<void> {
  const line = app.ui.getByRole("textbox", { name: /^Address/ });
  await line.click();
  await line.fill(address);
  await line.press("Enter");
}

/** The same in both looks. */
async function pictures(name: string): Promise<void> {
  for (const theme of ["light", "dark"] as const) {
    await app.ui.emulateMedia({ colorScheme: theme });
    await windowPicture(app, desk, `${name}-${theme}`);
  }
}

const refusedAs = (code: string) => app.until(code, (state) => state.active?.refusal?.code === code);

test("a look-alike is refused, and a key leads to the genuine site", async () => {
  await type("bank-login.example/steal?token=secret");
  const { active } = await refusedAs("site.lookalike");
  assert.deepEqual(active?.refusal?.genuine, {
    site: "bank",
    name: "Online banking",
    origin: `https://${HOST}:${genuine.port}`,
  });
  assert.doesNotMatch(JSON.stringify(active), /secret/);
  assert.deepEqual(await seenNow(app), []);
  await pictures("lookalike");
  const way = app.ui.getByRole("button", { name: "Go to Online banking" });
  for (let presses = 0; presses < 30 && !(await way.evaluate((node) => node === document.activeElement)); presses += 1)
    await app.ui.keyboard.press("Tab");
  await app.ui.keyboard.press("Enter");
  const opened = await app.until("the genuine site", (state) => state.active?.stage === "page");
  assert.equal(opened.active?.site, "bank");
  assert.equal(opened.active?.origin, `https://${HOST}:${genuine.port}`);
});

test("a link of a page to a look-alike is refused as one, too", async () => {
  const page = await app.sitePage();
  await page.evaluate(() => {
    setTimeout(() => {
      location.href = "https://xn--bnk-6cd.example/";
    }, 0);
  });
  const { active } = await refusedAs("site.lookalike");
  assert.equal(active?.refusal?.address, "https://xn--bnk-6cd.example/");
  assert.equal(active?.refusal?.genuine?.site, "bank");
  await app.call("view.command", "back");
  await app.until("the page again", (state) => state.active?.stage === "page");
});

test("a hostile address is refused, and the page says which list has it", async () => {
  await type("https://evil.test/login");
  const { active } = await refusedAs("site.hostile");
  assert.equal(active?.seal, "hostile");
  assert.deepEqual(await seenNow(app), []);
  await app.ui.getByText("It is on your organisation’s own list. If that is a mistake, copy the details").waitFor();
  await pictures("hostile");
  await app.call("site.close");
});

test("an impostor is flagged, refused at once the next time, shown, exported and forgotten", async () => {
  await app.call("site.open", { site: "payments" });
  await refusedAs("server.pin-mismatch");
  await app.call("view.command", "reload");
  const { active } = await refusedAs("server.known-impostor");
  assert.equal(active?.seal, "hostile");
  await pictures("known-impostor");
  const folder = join(data, "impostors");
  await app.eventually("the entry on the disk", async () => readdirSync(folder).some((name) => name.endsWith(".json")));
  assert.equal(statSync(data).mode & 0o777, 0o700);
  assert.equal(statSync(folder).mode & 0o777, 0o700);

  await app.ui.locator(".refusal").getByRole("button", { name: "Flagged servers" }).press("Enter");
  await app.ui.getByRole("heading", { name: "Answered for Payments" }).waitFor();
  await app.ui.locator("summary").press("Enter");
  await app.ui.getByText("CertificateVerify, TLSv1.3").waitFor();
  await pictures("flagged-servers");

  const file = join(desk.folder, "export.json");
  await app.electron.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = async () => ({ canceled: false, filePath });
  }, file);
  await app.ui.getByRole("button", { name: "Export for IT" }).click();
  await app.ui.getByText("Saved as export.json").waitFor();
  const { impostors } = JSON.parse(readFileSync(file, "utf8"));
  assert.equal(impostors.length, 1);
  assert.equal(impostors[0].appearances[0].origin, `https://${HOST}:${impostor.port}`);

  await app.ui.getByRole("button", { name: "No longer flag…" }).click();
  await app.ui.getByRole("alertdialog").getByRole("button", { name: "No longer flag" }).click();
  await app.ui.getByRole("heading", { name: "No server is flagged" }).waitFor();
  assert.deepEqual(readdirSync(folder), []);
  await app.call("view.command", "reload");
  await refusedAs("server.pin-mismatch");
});

test("what a hostile origin has stored goes with it, and nothing else does", async () => {
  const hosts = () =>
    app.electron.evaluate(async ({ session }) => {
      const cookies = await session.fromPartition("persist:site-bank").cookies.get({});
      return cookies.map(({ domain }) => domain).sort();
    });
  await app.electron.evaluate(async ({ session }) => {
    const { cookies } = session.fromPartition("persist:site-bank");
    for (const host of ["bank.example", "evil.test"]) {
      await cookies.set({ url: `https://${host}/`, name: "kept", value: "1", expirationDate: 4_000_000_000 });
    }
  });
  assert.deepEqual(await hosts(), ["bank.example", "evil.test"]);
  await type("https://evil.test/login");
  await refusedAs("site.hostile");
  await app.eventually("the cookies of the hostile origin gone", async () => !(await hosts()).includes("evil.test"));
  assert.deepEqual(await hosts(), ["bank.example"]);
});
