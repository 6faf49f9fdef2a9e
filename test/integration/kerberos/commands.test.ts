/** `ticket` and `check` at a site with Kerberos: what they print, as people and as programs read it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { kerberosEnvironment, kerberosVariables } from "../../../app/auth/gss/environment.ts";
import { createGssPort } from "../../../app/auth/gss/worker-pool.ts";
import type { CheckReport } from "../../../app/cli/check-report.ts";
import { type CommandParts, commandParts } from "../../../app/cli/io.ts";
import { runCommand } from "../../../app/cli/run-command.ts";
import type { TicketReport } from "../../../app/cli/ticket.ts";
import { type Acceptor, startAcceptor } from "../../realm/kerberos/acceptor.ts";
import type { Kdc } from "../../realm/kerberos/kdc.ts";
import { forkGssWorker } from "../../support/gss.ts";
import { codeOf, HOST, leaf, PRINCIPAL, REALM, SERVICE, startRealm } from "../../support/kerberos-scene.ts";

describe("commands at a site with Kerberos", () => {
  let kdc: Kdc;
  let acceptor: Acceptor;
  let folder: string;
  let profile: string;
  before(async () => {
    kdc = await startRealm();
    acceptor = await startAcceptor({ certificate: leaf, keytab: kdc.keytab([SERVICE]), env: kdc.env });
    folder = mkdtempSync(join(tmpdir(), "countersign-commands-"));
    profile = join(folder, "profile.json");
    const site = (id: string, host: string) => ({
      id,
      name: id,
      origins: [`https://${host}:${acceptor.port}`],
      addresses: ["127.0.0.1"],
      server: { pins: [leaf.pin], spn: { class: "HTTP", realm: REALM } },
      client: { method: "kerberos", delegate: false },
    });
    const sites = [site("portal", HOST), site("unknown", "unknown.corp.example")];
    writeFileSync(profile, JSON.stringify({ version: 1, serial: 1, organization: "Example Corp", sites }));
  });
  after(async () => {
    await acceptor?.stop();
    await kdc?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (words: readonly string[], env: Readonly<Record<string, string>>) => {
    let out = "";
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        out += chunk.toString();
        done();
      },
    });
    const spawn = () => forkGssWorker({ ...process.env, ...env });
    const parts: CommandParts = {
      ...commandParts({ spawnGss: spawn }),
      kerberosVariables: kerberosVariables(env, false),
      profileSources: [],
    };
    const code = await runCommand(
      [...words, "--profile", profile],
      { stdin: Readable.from([]), stdout, stderr: stdout },
      parts,
    );
    parts.gss.dispose();
    return { code, out };
  };
  const ada = () => ({ ...kdc.env, KRB5CCNAME: kdc.login("ada") });
  const url = (host: string) => `https://${host}:${acceptor.port}`;
  const ticket = async (words: readonly string[], env: Readonly<Record<string, string>>) => {
    const { code, out } = await run(["ticket", ...words, "--json"], env);
    return { code, report: JSON.parse(out) as TicketReport };
  };

  it("ticket: who is signed in, until when, and what decides trust", async () => {
    const { code, report } = await ticket([], ada());
    assert.equal(code, 0);
    assert.deepEqual(
      [report.principal, report.realm, report.service, report.code],
      [`ada@${REALM}`, REALM, null, null],
    );
    const left = Date.parse(report.expires ?? "") - Date.now();
    assert.ok(left > 50 * 60_000 && left < 61 * 60_000);
    assert.deepEqual(report.environment, [
      { name: "KRB5_CONFIG", decides: "trust", heeded: true },
      { name: "KRB5_KDC_PROFILE", decides: "trust", heeded: true },
      { name: "KRB5RCACHETYPE", decides: "trust", heeded: true },
      { name: "KRB5CCNAME", decides: "tickets", heeded: true },
    ]);
  });

  it("ticket: whether one can be had for a site, and why not", async () => {
    const env = ada();
    const granted = await ticket([url(HOST)], env);
    assert.deepEqual([granted.code, granted.report.service], [0, { principal: PRINCIPAL, ticket: "granted" }]);
    const refused = await ticket([url("unknown.corp.example")], env);
    assert.equal(refused.code, 10);
    assert.deepEqual(refused.report.service, { principal: `HTTP/unknown.corp.example@${REALM}`, ticket: "refused" });
    assert.equal(refused.report.code, "server.spn-unknown");
    assert.ok(
      refused.report.remedy?.includes("`setspn -S HTTP/unknown.corp.example account`"),
      "the command as it is typed",
    );
    assert.ok(refused.report.remedy?.includes("`kadmin -q 'addprinc -randkey HTTP/unknown.corp.example'`"));
    assert.deepEqual(acceptor.requests(), [], "nothing is asked of the server");
  });

  it("ticket: nobody is signed in", async () => {
    const nobody = { ...kdc.env, KRB5CCNAME: "FILE:/nonexistent/cache" };
    const { code, report } = await ticket([url(HOST)], nobody);
    assert.deepEqual([code, report.principal, report.code], [10, null, "kerberos.no-ticket"]);
    const { out } = await run(["ticket"], nobody);
    assert.match(out, /^not signed in \(kerberos\.no-ticket\)/);
    assert.match(out, /KRB5_CONFIG \(decides trust\)/);
  });

  it("check: service, mechanism, returned flags, binding, user, lifetime, and that bindings are enforced", async () => {
    const { code, out } = await run(["check", url(HOST), "--json"], ada());
    const { verdict, kerberos } = JSON.parse(out) as CheckReport;
    assert.deepEqual([code, verdict], [0, "authenticated"]);
    assert.ok(kerberos);
    assert.deepEqual(
      [kerberos.spn, kerberos.mechanism, kerberos.binding, kerberos.initiator, kerberos.bindingEnforced?.answer],
      [PRINCIPAL, "1.2.840.113554.1.2.2", leaf.fingerprint, `ada@${REALM}`, "yes"],
    );
    assert.ok(["mutual", "integrity", "replay", "sequence"].every((flag) => kerberos.flags.includes(flag)));
    assert.ok(!kerberos.flags.includes("delegate"));
    assert.ok(Date.parse(kerberos.lifetime ?? "") > Date.now() + 50 * 60_000);
    assert.ok(kerberos.environment.some(({ name }) => name === "KRB5_CONFIG"));
  });

  it("check: a refusal says how far it got", async () => {
    const { code, out } = await run(["check", url(HOST), "--json"], {
      ...kdc.env,
      KRB5CCNAME: "FILE:/nonexistent/cache",
    });
    const { verdict, code: reason, kerberos } = JSON.parse(out) as CheckReport;
    assert.deepEqual([code, verdict, reason], [10, "refused", "kerberos.no-ticket"]);
    assert.deepEqual([kerberos?.spn, kerberos?.mechanism, kerberos?.initiator], [PRINCIPAL, null, null]);
  });

  it("an installed client does not let the environment choose the realm", async () => {
    const ticketWith = async (packaged: boolean) => {
      // A cache of its own each time, without a service ticket of before.
      const env = { ...process.env, ...ada() };
      const gss = createGssPort({ spawn: () => forkGssWorker(kerberosEnvironment(env, packaged)) });
      const context = gss.initiate({ spn: PRINCIPAL, mechanism: "krb5", flags: ["mutual"] });
      try {
        return await codeOf(context.step());
      } finally {
        gss.dispose();
      }
    };
    assert.equal(await ticketWith(false), "none", "control: the realm is the one that KRB5_CONFIG names");
    assert.equal(await ticketWith(true), "server.realm-unreachable");
  });
});
