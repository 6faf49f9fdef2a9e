import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { impostors } from "../realm/impostors.ts";
import { makePkcs12 } from "../realm/pkcs12.ts";
import { type Realm, type RunningRow, startRealm } from "../realm/realm.ts";
import { receivedTooMuch } from "../realm/received.ts";
import { CLIENT_ISSUER, HOST } from "../realm/scene.ts";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { windowPicture } from "./support/picture.ts";
import { seenNow, watchViews } from "./support/views.ts";

/** One of each kind; the whole table meets the same trust path without a window (test/integration). */
const MET = [
  "other-key-tls12",
  "other-key-tls13",
  "genuine-as-extra-tls13",
  "self-signed-tls13",
  "strange-root-tls12",
  "expired-tls13",
  "not-yet-valid-tls13",
  "name-wrong-tls13",
  "leaf-is-ca-tls13",
  "name-constrained-tls13",
  "issued-by-non-ca-tls12",
  "genuine-without-key-tls13",
  "tls-1.1",
  "staple-revoked-tls13",
  "must-staple-missing-tls12",
  "cut-after-certificate-tls13",
  "plain-http",
  "ssh-banner",
  "never-asks-tls13",
  "rejects-by-alert-tls13",
  "nginx-400-tls13",
] as const;

const CONTROL = "nginx-genuine";

const PASSPHRASE = "e2e";
let desk: Desk;
let realm: Realm;
let app: RunningApp;
const servers = new Map<string, RunningRow>();

before(async () => {
  desk = await startDesk();
  realm = await startRealm();
  for (const id of [...MET, ...controls()]) servers.set(id, await realm.start(id));
  const profile = join(desk.folder, "impostors.json");
  writeFileSync(profile, JSON.stringify(profileOf(servers)));
  app = await launchApp(desk, { profile });
  app.ui.setDefaultTimeout(10_000);
  await app.until("the profile", (state) => state.profile.kind === "loaded");
  await watchViews(app);
  const imported = await app.importIdentity(identityFile(), PASSPHRASE);
  assert.equal(imported.ok, true);
});

after(async () => {
  await app?.close();
  await realm?.close();
  await desk?.stop();
});

function controls(): readonly string[] {
  return impostors.map(({ id }) => id).filter((id) => id.startsWith(CONTROL));
}

/** A row's name as the id of a site. */
function siteOf(id: string): string {
  return id.replaceAll(".", "-");
}

function profileOf(running: ReadonlyMap<string, RunningRow>) {
  return {
    version: 1,
    serial: 1,
    organization: "Impostors",
    sites: [...running].map(([id, { port, host = HOST, server, probe = "/" }]) => ({
      id: siteOf(id),
      name: id,
      origins: [`https://${host}:${port}`],
      addresses: ["127.0.0.1"],
      server,
      client: { method: "certificate", issuer: CLIENT_ISSUER, probe },
    })),
    hostile: ["https://evil.test/"],
    unlisted: "refuse",
  };
}

/** The scene's identity, which every server that asks for one would believe. */
function identityFile(): string {
  const identity = servers.get(MET[0])?.identity;
  assert.ok(identity);
  const file = join(desk.folder, "identity.p12");
  writeFileSync(file, makePkcs12({ ...identity, subject: "Ada Example" }, { passphrase: PASSPHRASE }));
  return file;
}

function expectedOf(id: string) {
  const row = impostors.find((each) => each.id === id);
  assert.ok(row, `${id}: no such row`);
  const { expect, mayReceive, what } = row;
  const code = typeof expect === "object" && "boringssl" in expect ? expect.boringssl : expect;
  return { code, mayReceive, what };
}

/** What a server got, held against its allowance. */
async function complaint(id: string): Promise<string | undefined> {
  const running = servers.get(id);
  assert.ok(running);
  const { port, host = HOST, probe = "/" } = running;
  const { mayReceive } = expectedOf(id);
  return receivedTooMuch(await running.record(), { mayReceive, opens: 1, host: `${host}:${port}`, path: probe });
}

for (const id of MET) {
  const { code, what } = expectedOf(id);
  test(`refused: ${what}`, async () => {
    await app.call("site.open", { site: siteOf(id) });
    const { active } = await app.until(
      "a refusal",
      (state) => state.active?.site === siteOf(id) && state.active.refusal,
    );
    assert.equal(active?.refusal?.code, code);
    assert.equal(active?.seal, "refused");
    const heading = app.ui.getByRole("heading", { level: 1 });
    await heading.getByText(active?.refusal?.title ?? "", { exact: true }).waitFor();
    assert.deepEqual(await seenNow(app), []);
    assert.equal(await complaint(id), undefined);
    await app.call("site.close");
  });
}

for (const id of controls())
  test(`opened: ${expectedOf(id).what}`, async () => {
    await app.call("site.open", { site: siteOf(id) });
    const { active } = await app.until("the page", (state) => state.active?.stage === "page");
    assert.equal(active?.seal, "open");
    await app.eventually("the page on the stage", async () => (await seenNow(app)).length === 1);
  });

test("a refusal's details reach the clipboard, and say what IT needs", async () => {
  await app.call("site.open", { site: "expired-tls13" });
  await app.until("a refusal", (state) => state.active?.refusal);
  await app.ui.getByRole("button", { name: "Copy details for IT" }).click();
  await app.ui.getByRole("button", { name: "Copied" }).waitFor();
  const text = await app.electron.evaluate(({ clipboard }) => clipboard.readText());
  assert.match(text, /Code: server\.expired/);
  assert.match(text, /bank\.example/);
});

test("an address of no site is refused as unlisted, one of the hostile list as hostile", async () => {
  const type = async (address: string) => {
    const line = app.ui.getByRole("textbox", { name: /^Address/ });
    await line.click();
    await line.fill(address);
    await line.press("Enter");
  };
  await type("elsewhere.test/login?user=ada");
  const unlisted = await app.until("a refusal", (state) => state.active?.refusal?.code === "site.unlisted");
  assert.equal(unlisted.active?.refusal?.address, "https://elsewhere.test/login");
  await windowPicture(app, desk, "unlisted");
  await type("https://evil.test/");
  const { active } = await app.until("a refusal", (state) => state.active?.refusal?.code === "site.hostile");
  assert.equal(active?.seal, "hostile");
  await windowPicture(app, desk, "hostile");
});
