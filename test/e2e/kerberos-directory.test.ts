/** A service without TLS that a directory names, in the real app: a real KDC, OpenLDAP and a GSSAPI socket service. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { UiState } from "../../app/ipc/contract.ts";
import { makeAuthority } from "../realm/certificates.ts";
import { type Directory, SERVICES, startDirectory } from "../realm/kerberos/directory.ts";
import { type Kdc, startKdc } from "../realm/kerberos/kdc.ts";
import { type SocketService, startSocketService } from "../realm/kerberos/socket-service.ts";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { windowPicture } from "./support/picture.ts";

const PROGRAMS = ["/usr/sbin/krb5kdc", "/usr/sbin/kadmin.local", "/usr/sbin/slapd", "/usr/bin/python3"];
const missing = PROGRAMS.filter((program) => !existsSync(program));
const REALM = "CORP.EXAMPLE";
const HOST = "app7.corp.example";
const SERVICE = `LEDGER/${HOST}`;
const USER = `ada@${REALM}`;

describe("a service that a directory names", {
  skip: missing.length > 0 && `not installed: ${missing.join(", ")}`,
}, () => {
  let desk: Desk;
  let kdc: Kdc;
  let service: SocketService;
  let directory: Directory;
  let app: RunningApp;

  before(async () => {
    desk = await startDesk();
    kdc = await startKdc({ realm: REALM, users: { ada: "secret" }, services: [SERVICE] });
    service = await startSocketService({ keytab: kdc.keytab([SERVICE]), env: kdc.env });
    const authority = makeAuthority({ subject: "CN=Corp CA" });
    const names = { dns: ["dc.corp.example"] };
    const genuine = authority.issue({ names });
    directory = await startDirectory({
      certificate: genuine,
      entries: {
        [`CN=ledger,${SERVICES}`]: {
          cn: "ledger",
          serviceClassName: "LEDGER",
          serviceDNSName: HOST,
          serviceDNSNameType: "A",
          serviceBindingInformation: `${HOST}:${service.port}`,
        },
      },
    });
    const site = (id: string, name: string, pin: string) => ({
      id,
      name,
      origins: [`https://${id}.corp.example`],
      addresses: ["127.0.0.1"],
      transport: "gss",
      server: {
        scp: {
          directory: `ldaps://dc.corp.example:${directory.port}`,
          addresses: ["127.0.0.1"],
          pins: [pin],
          base: SERVICES,
          class: "LEDGER",
          domain: "corp.example",
          realm: REALM,
        },
      },
      client: { method: "kerberos" },
    });
    const sites = [
      site("ledger", "Ledger", genuine.pin),
      site("misled", "Misled ledger", authority.issue({ names }).pin),
    ];
    const profile = join(desk.folder, "directory.json");
    writeFileSync(profile, JSON.stringify({ version: 1, serial: 1, organization: "Example Corp", sites }));
    const env = { ...desk.env, ...kdc.env, KRB5CCNAME: kdc.login("ada") };
    app = await launchApp({ ...desk, env }, { profile });
    app.ui.setDefaultTimeout(10_000);
    await app.until("the profile", ({ profile: { kind } }) => kind === "loaded");
  });

  after(async () => {
    await app?.close();
    await directory?.stop();
    await service?.stop();
    await kdc?.stop();
    await desk?.stop();
  });

  const shows = (path: string) => (state: UiState) =>
    state.active?.stage === "page" && !state.active.loading && state.active.path === path;

  test("opens under the site's own address, and the panel says what protects it", async () => {
    await app.call("site.open", { site: "ledger" });
    const { active } = await app.until("the page", shows("/"));
    assert.equal(active?.seal, "open");
    assert.deepEqual(active?.trust?.client, { method: "kerberos", principal: USER });
    assert.equal(active?.trust?.server.service?.principal, `${SERVICE}@${REALM}`);
    assert.equal(active?.trust?.server.certificate, undefined);
    await app.ui.getByRole("button", { name: /Both proved/ }).click();
    const panel = app.ui.getByRole("complementary", { name: "Proofs" });
    await panel.getByText("signed and encrypted", { exact: true }).waitFor();
    await panel.getByText(/^ldaps:\/\/dc\.corp\.example/).waitFor();
    await windowPicture(app, desk, "kerberos-socket-trust");
    await app.ui.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
  });

  test("takes a form", async () => {
    const page = await app.sitePage();
    await page.locator("input[name=note]").fill("lunch");
    await page.locator("input[name=note]").press("Enter");
    await app.until("the answer", shows("/save"));
    await (await app.sitePage()).getByText("note=lunch").waitFor();
    assert.ok(service.requests().some(({ request, body }) => request === "POST /save" && body === "note=lunch".length));
    assert.ok(service.users().every((user) => user === USER));
    assert.equal(service.signed(), 0);
  });

  test("is refused when the directory does not prove itself", async () => {
    await app.call("site.open", { site: "misled" });
    await app.until("the refusal", ({ active }) => active?.refusal?.code === "directory.untrusted");
    await app.ui.getByRole("heading", { name: "The directory of services did not prove itself" }).waitFor();
    await windowPicture(app, desk, "kerberos-directory-untrusted");
  });
});
