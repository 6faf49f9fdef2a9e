/** The commands as processes of their own with a real keyring: under plain Node, and in the app's own runtime. */
import assert from "node:assert/strict";
import { type SpawnOptionsWithoutStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { userPrefix } from "../../../build/electron-command.mjs";
import { CLIENT_LEAF, makeAuthority } from "../../realm/certificates.ts";
import { type Nginx, startNginx } from "../../realm/nginx.ts";
import { makePkcs12 } from "../../realm/pkcs12.ts";
import { type Keyring, startKeyring } from "../../support/keyring.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const RUNTIMES = [
  { name: "plain Node", words: ["--import", "tsx", join(ROOT, "test/support/command.ts")], userNamespace: false },
  { name: "the app's runtime", words: [join(ROOT, "build/countersign.mjs")], userNamespace: userPrefix().length > 0 },
];

const HOST = "bank.example";
const authority = makeAuthority({ subject: "CN=Bank CA" });
const genuine = authority.issue({ names: { dns: [HOST] } });
const impostor = authority.issue({ names: { dns: [HOST] } });
const clients = makeAuthority({ subject: "CN=Example Client CA" });
const identity = clients.issue({ ...CLIENT_LEAF, subject: "CN=Ada Example" });

for (const { name, words, userNamespace } of RUNTIMES) {
  describe(`commands under ${name}`, () => {
    let folder: string;
    let keyring: Keyring;
    let portal: Nginx;
    let strange: Nginx;
    let options: SpawnOptionsWithoutStdio;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "countersign-processes-"));
      keyring = await startKeyring({ userNamespace });
      const clientAuthorityPem = clients.certificatePem;
      portal = await startNginx({ certificate: genuine, clientAuthorityPem });
      strange = await startNginx({ certificate: impostor, clientAuthorityPem });
      options = { cwd: ROOT, env: keyring.env };
      writeFileSync(join(folder, "ada.p12"), makePkcs12(identity, { passphrase: "pass phrase" }));
      writeFileSync(join(folder, "passphrase"), "pass phrase\n");
      writeFileSync(join(folder, "profile.json"), JSON.stringify(profile()));
    });
    after(async () => {
      await Promise.all([portal?.stop(), strange?.stop(), keyring?.stop()]);
      rmSync(folder, { recursive: true, force: true });
    });

    function profile(): unknown {
      const site = {
        name: "Online banking",
        addresses: ["127.0.0.1"],
        server: { pins: [genuine.pin] },
        client: { method: "certificate", issuer: "CN=Example Client CA" },
      };
      return {
        version: 1,
        serial: 1,
        organization: "Example Bank",
        sites: [
          { ...site, id: "bank", origins: [`https://${HOST}:${portal.port}`] },
          { ...site, id: "impostor", origins: [`https://${HOST}:${strange.port}`] },
        ],
        hostile: ["evil.example"],
      };
    }

    async function run(command: string, input = "", env = options.env) {
      const child = spawn(process.execPath, [...words, ...command.split(" ")], { ...options, env });
      child.stdin.end(input);
      const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
      return { code: code as number, out, err };
    }

    const file = (each: string): string => join(folder, each);
    const url = ({ port }: Nginx, path = "/"): string => `https://${HOST}:${port}${path}`;

    it("validates a profile", async () => {
      const { code, out } = await run(`profile validate ${file("profile.json")} --json`);
      assert.equal(code, 0, out);
      assert.deepEqual(JSON.parse(out).sites, ["bank", "impostor"]);
      assert.equal((await run(`profile validate ${file("ada.p12")}`)).code, 2);
    });

    it("keeps identities in the keyring: wrong passphrase, import, list, check, fetch, remove", async () => {
      const wrong = await run(`keystore import ${file("ada.p12")} -`, "wrong\n");
      assert.deepEqual([wrong.code, wrong.out], [10, ""]);
      assert.match(wrong.err, /keystore\.passphrase/);
      assert.equal((await run("keystore list --json")).out, "[]\n");

      const imported = await run(`keystore import ${file("ada.p12")} --passphrase-file ${file("passphrase")}`);
      assert.equal(imported.code, 0, imported.err);
      assert.match(imported.out, new RegExp(`^imported ${identity.fingerprint}\n`));
      const again = await run(`keystore import ${file("ada.p12")} -`, "pass phrase");
      assert.equal(again.code, 0, again.err);
      const [listed, ...others] = JSON.parse((await run("keystore list --json")).out);
      assert.deepEqual([listed.fingerprint, listed.status, others], [identity.fingerprint, "valid", []]);

      const checked = await run(`check ${url(portal)} --profile ${file("profile.json")} --json`);
      const report = JSON.parse(checked.out);
      assert.deepEqual([checked.code, report.verdict, report.serverVerifies.answer], [0, "authenticated", "yes"]);

      const fetched = await run(`fetch ${url(portal, "/whoami")} --profile ${file("profile.json")}`);
      assert.deepEqual([fetched.code, fetched.out], [0, "SUCCESS CN=Ada Example\n"], fetched.err);

      const refused = await run(`check ${url(strange)} --profile ${file("profile.json")}`);
      assert.equal(refused.code, 10);
      assert.match(refused.out, /^refused \(server\.pin-mismatch\)/);
      assert.deepEqual(strange.requests(), []);
      assert.equal((await run(`fetch https://evil.example/ --profile ${file("profile.json")}`)).code, 11);

      assert.equal((await run(`keystore remove ${identity.fingerprint}`)).out, `removed ${identity.fingerprint}\n`);
      const missing = await run(`keystore remove ${identity.fingerprint}`);
      assert.equal(missing.code, 10);
      assert.match(missing.err, /keystore\.not-found/);
      const without = await run(`check ${url(portal)} --profile ${file("profile.json")} --json`);
      assert.deepEqual([without.code, JSON.parse(without.out).code], [10, "client.no-identity"]);
    });

    it("says that there is no keychain where there is no session bus", async () => {
      const { DBUS_SESSION_BUS_ADDRESS: _bus, DISPLAY: _display, ...rest } = keyring.env;
      const { code, out, err } = await run("keystore list --json", "", { ...rest, XDG_RUNTIME_DIR: folder });
      assert.deepEqual([code, out], [10, ""]);
      assert.match(err, /keystore\.absent/);
    });

    it("ends with 2 and its usage for words it cannot read", async () => {
      const { code, out, err } = await run("check");
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, /a URL is missing[\s\S]*Usage:/);
    });
  });
}
