/** The Kerberos portal in the real app, with a real KDC and Apache: tickets come and go while the page is open. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright";
import type { UiState } from "../../app/ipc/contract.ts";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { type Corporate, PRINCIPAL, startCorporate, USER } from "./support/corporate.ts";
import { windowPicture } from "./support/picture.ts";
import { seenNow, watchViews } from "./support/views.ts";

const PROGRAMS = [
  "/usr/sbin/krb5kdc",
  "/usr/sbin/kadmin.local",
  "/usr/sbin/apache2",
  "/usr/lib/apache2/modules/mod_auth_gssapi.so",
];
const missing = PROGRAMS.filter((program) => !existsSync(program));
const shows = (path: string) => (state: UiState) =>
  state.active?.stage === "page" && !state.active.loading && state.active.path === path;
const refused = (code: string) => (state: UiState) =>
  state.active?.stage === "refused" && state.active.refusal?.code === code;

describe("a portal with Kerberos", { skip: missing.length > 0 && `not installed: ${missing.join(", ")}` }, () => {
  let desk: Desk;
  let corporate: Corporate;
  let app: RunningApp;

  before(async () => {
    desk = await startDesk();
    corporate = await startCorporate(desk.folder);
    app = await launchApp({ ...desk, env: { ...desk.env, ...corporate.env } }, { profile: corporate.profile });
    app.ui.setDefaultTimeout(10_000);
    await watchViews(app);
    await app.until("the profile", ({ profile }) => profile.kind === "loaded");
  });

  after(async () => {
    await app?.close();
    await corporate?.stop();
    await desk?.stop();
  });

  const button = (name: string | RegExp) => app.ui.getByRole("button", { name });
  /** Requests of the user, without those that only open a channel. */
  const ofUser = (method: string) =>
    corporate.apache.requests().filter(({ request, user }) => user === USER && request.startsWith(`${method} `));
  const retry = () => button("Try again").click();
  const formPage = async (): Promise<Page> => {
    const page = await app.sitePage();
    await page.getByRole("textbox", { name: "Note" }).waitFor();
    return page;
  };

  test("without a ticket nothing is asked of the server, and the user is told to sign in", async () => {
    await app.call("site.open", { site: "portal" });
    await app.until("the refusal", refused("kerberos.no-ticket"));
    await app.ui.getByRole("heading", { name: "You are not signed in" }).waitFor();
    assert.equal(await app.ui.locator(".refusal-remedy code").innerText(), "kinit");
    await windowPicture(app, desk, "kerberos-no-ticket");
    assert.deepEqual(await seenNow(app), []);
    assert.deepEqual(corporate.apache.requests(), []);
  });

  test("with a ticket it opens by itself; the panel names the service and the user", async () => {
    corporate.kinit();
    const { active } = await app.until("the page", shows("/"));
    assert.equal(active?.seal, "open");
    assert.deepEqual(active?.trust?.client, { method: "kerberos", principal: USER });
    assert.equal(active?.trust?.server.service?.principal, PRINCIPAL);
    assert.equal(active?.trust?.server.service?.bound, true);
    await button(/Both proved/).click();
    const panel = app.ui.getByRole("complementary", { name: "Proofs" });
    await panel.getByText(PRINCIPAL, { exact: true }).waitFor();
    await panel.getByText(USER, { exact: true }).waitFor();
    await windowPicture(app, desk, "kerberos-trust");
    await app.ui.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
  });

  test("a form goes through with a token of its own", async () => {
    const page = await formPage();
    await page.getByRole("textbox", { name: "Note" }).fill("lunch");
    await page.getByRole("button", { name: "Save" }).click();
    await app.until("the answer", shows("/saved.html"));
    await (await app.sitePage()).getByText("Thank you.").waitFor();
    await windowPicture(app, desk, "kerberos-saved");
    assert.deepEqual(
      ofUser("POST").map(({ request, status }) => ({ request, status })),
      [{ request: "POST /saved.html HTTP/1.1", status: 200 }],
    );
    assert.deepEqual(
      corporate.apache.requests().filter(({ request, user }) => user !== USER && !request.startsWith("HEAD ")),
      [],
      "no request of the page came without the user's proof",
    );
  });

  test("the ticket destroyed while the page is open: the form is refused, and sent nowhere", async () => {
    await app.call("site.navigate", { text: `${corporate.origin}/` });
    await app.until("the page", shows("/"));
    const page = await formPage();
    const before = corporate.apache.requests().length;
    await page.getByRole("textbox", { name: "Note" }).fill("dinner");
    corporate.kdestroy();
    await page.getByRole("button", { name: "Save" }).click({ noWaitAfter: true });
    const { active } = await app.until("the refusal", refused("kerberos.no-ticket"));
    assert.equal(active?.seal, "refused");
    assert.equal(active?.refusal?.canRetry, false, "a form goes once");
    assert.deepEqual(await seenNow(app), []);
    await windowPicture(app, desk, "kerberos-ticket-gone");
    assert.equal(corporate.apache.requests().length, before);
  });

  test("a new ticket, and going back finds the form as it was filled in", async () => {
    corporate.kinit();
    await button("Go back").first().click();
    await app.until("the page", shows("/"));
    const page = await formPage();
    assert.equal(await page.getByRole("textbox", { name: "Note" }).inputValue(), "dinner");
    await page.getByRole("button", { name: "Save" }).click();
    await app.until("the answer", shows("/saved.html"));
    assert.equal(ofUser("POST").length, 2);
  });

  const filledIn = async (text: string): Promise<Page> => {
    await app.call("site.navigate", { text: `${corporate.origin}/` });
    await app.until("the page", shows("/"));
    const page = await formPage();
    await page.getByRole("textbox", { name: "Note" }).fill(text);
    return page;
  };
  const stillThere = async (text: string) =>
    assert.equal(await (await formPage()).getByRole("textbox", { name: "Note" }).inputValue(), text);

  test("a request of the page that finds no ticket shuts the fields; a retry without one changes nothing", async () => {
    const page = await filledIn("tea");
    corporate.kdestroy();
    await page.evaluate(() => void fetch("/saved.html").catch(() => undefined));
    const { active } = await app.until("the refusal", refused("kerberos.no-ticket"));
    assert.equal(active?.seal, "refused");
    assert.deepEqual(await seenNow(app), []);
    await windowPicture(app, desk, "kerberos-shut");
    await retry();
    await app.until("the same refusal", refused("kerberos.no-ticket"));
    corporate.kinit();
    await app.until("the page", shows("/"));
    await stillThere("tea");
  });

  test("the ticket destroyed while nobody does anything shuts the fields; a new one opens them as they were", async () => {
    await filledIn("supper");
    const known = corporate.apache.requests().length;
    corporate.kdestroy();
    const { active } = await app.until("the refusal", refused("kerberos.no-ticket"));
    assert.equal(active?.seal, "refused");
    assert.deepEqual(await seenNow(app), []);
    assert.equal(corporate.apache.requests().length, known, "nothing was asked of the server for it");
    corporate.kinit();
    await app.until("the page", shows("/"));
    await stillThere("supper");
    await windowPicture(app, desk, "kerberos-open-again");
  });

  test("a ticket that ends shuts the fields; a new one opens them as they were", async () => {
    corporate.kinit("ada", "12s");
    await filledIn("breakfast");
    const { active } = await app.until("the refusal", refused("kerberos.ticket-expired"));
    assert.equal(active?.seal, "refused");
    assert.deepEqual(await seenNow(app), []);
    await windowPicture(app, desk, "kerberos-ticket-ended");
    corporate.kinit();
    await app.until("the page", shows("/"));
    await stillThere("breakfast");
  });

  test("what one user entered is not sent as another: the page is gone, and is asked for anew", async () => {
    const page = await filledIn("secret of ada");
    corporate.kinit("eve");
    await page.getByRole("button", { name: "Save" }).click({ noWaitAfter: true });
    const { active } = await app.until("the refusal", refused("kerberos.other-user"));
    assert.equal(active?.seal, "refused");
    const posts = corporate.apache.requests().filter(({ request }) => request.startsWith("POST "));
    assert.ok(posts.every(({ user }) => user === USER || user === "-"));
    await windowPicture(app, desk, "kerberos-other-user");
    await app.call("site.navigate", { text: `${corporate.origin}/` });
    await app.until("the page", shows("/"));
    await stillThere("");
    assert.deepEqual((await app.state()).active?.trust?.client, { method: "kerberos", principal: "eve@CORP.EXAMPLE" });
    corporate.kinit();
  });

  test("an impostor with another key gets no token, and the genuine server no request of the user", async () => {
    const known = corporate.apache.requests().length;
    await app.call("site.open", { site: "hijacked" });
    const { active } = await app.until("the refusal", refused("server.pin-mismatch"));
    assert.equal(active?.seal, "refused");
    await windowPicture(app, desk, "kerberos-impostor");
    assert.equal(corporate.impostor.received(), "");
    assert.equal(corporate.apache.requests().length, known);
  });
});
