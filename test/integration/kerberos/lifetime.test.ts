/** The ticket's end is the verdict's: new proofs are made silently where there is a new ticket, and where there is none the site lapses. */
import assert from "node:assert/strict";
import { copyFileSync, rmSync } from "node:fs";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { type Acceptor, startAcceptor } from "../../realm/kerberos/acceptor.ts";
import type { Kdc } from "../../realm/kerberos/kdc.ts";
import { gssPort } from "../../support/gss.ts";
import { leaf, type Portal, SERVICE, startPortal, startRealm } from "../../support/kerberos-scene.ts";

/** Seconds that a short ticket lives. */
const SHORT = 3;
const PAGE = /Acceptor/;

const file = (cache: string) => cache.replace(/^FILE:/, "");

describe("a ticket that ends", { timeout: 60_000 }, () => {
  let kdc: Kdc;
  let acceptor: Acceptor;
  let portal: Portal;
  let told: string[];
  const ends: (() => unknown)[] = [];
  before(async () => {
    kdc = await startRealm();
  });
  after(() => kdc.stop());
  beforeEach(async () => {
    acceptor = await startAcceptor({ certificate: leaf, keytab: kdc.keytab([SERVICE]), env: kdc.env });
    ends.push(() => acceptor.stop());
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const origin = () => `https://${portal.authority}`;
  const open = async (cache: string) => {
    const gss = gssPort({ ...kdc.env, KRB5CCNAME: cache });
    portal = await startPortal(gss, acceptor.port);
    ends.push(
      () => gss.dispose(),
      () => portal.close(),
    );
    told = [];
    portal.gateway.on("expired", () => told.push("expired"));
    portal.gateway.on("authenticated", () => told.push("authenticated"));
    portal.gateway.on("lapsed", ({ refusal }) => told.push(refusal.code));
    assert.match((await portal.fetch({})).body, PAGE);
    const [channel] = portal.channels;
    assert.ok(channel);
    assert.ok(channel.verdict.lapsesAt <= Date.now() + SHORT * 1000, "the ticket is a short one");
    return channel;
  };
  const until = async (word: string) => {
    while (!told.includes(word)) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it("is renewed silently while the sign-in lasts: the site goes on with new proofs", async () => {
    kdc.admin(`modprinc -maxlife "${SHORT} seconds" ${SERVICE}`);
    try {
      const first = await open(kdc.login("ada"));
      told.length = 0;
      await until("authenticated");
      assert.deepEqual(told, ["expired", "authenticated"]);
      assert.equal(first.alive, false);
      assert.equal((await first.ended)?.code, "verdict.lapsed");
      const newest = portal.channels.at(-1);
      assert.ok(newest?.alive && newest.verdict.lapsesAt > first.verdict.lapsesAt);
      assert.match((await portal.fetch({})).body, PAGE);
      assert.deepEqual(portal.refusals, []);
    } finally {
      kdc.admin(`modprinc -maxlife "1 day" ${SERVICE}`);
    }
  });

  it("ends the site where the KDC that would renew it does not answer", async () => {
    kdc.admin(`modprinc -maxlife "${SHORT} seconds" ${SERVICE}`);
    try {
      const first = await open(kdc.login("ada"));
      await kdc.pause();
      told.length = 0;
      await until("kerberos.kdc-unreachable");
      assert.deepEqual(told, ["expired", "kerberos.kdc-unreachable"]);
      assert.equal(first.alive, false);
    } finally {
      await kdc.resume();
      kdc.admin(`modprinc -maxlife "1 day" ${SERVICE}`);
    }
    assert.match((await portal.fetch({})).body, PAGE);
  });

  it("ends the site with the sign-in, for the sign-in's own reason; a new one opens it again", async () => {
    const cache = kdc.login("ada", { lifetime: `${SHORT}s` });
    const first = await open(cache);
    told.length = 0;
    await until("kerberos.ticket-expired");
    assert.deepEqual(told, ["expired", "kerberos.ticket-expired"]);
    assert.equal(first.alive, false);
    const known = acceptor.requests().length;
    assert.ok(portal.channels.every(({ alive }) => !alive));
    await assert.rejects(portal.fetch({}), /502/);
    await acceptor.settled();
    assert.equal(acceptor.requests().length, known, "nothing came to the server");
    copyFileSync(file(kdc.login("ada")), file(cache));
    assert.match((await portal.fetch({})).body, PAGE);
  });

  it("is replaced before its end where there is a new one, and its end is then nobody's", async () => {
    const cache = kdc.login("ada", { lifetime: `${SHORT}s` });
    const first = await open(cache);
    copyFileSync(file(kdc.login("ada")), file(cache));
    const outcome = await portal.gateway.renew(origin(), true);
    assert.ok(outcome.kind === "authenticated" && outcome.channel.verdict.lapsesAt > first.verdict.lapsesAt + 60_000);
    told.length = 0;
    await first.ended;
    await new Promise(setImmediate);
    assert.deepEqual(told, []);
    assert.match((await portal.fetch({})).body, PAGE);
  });

  it("an early attempt that fails changes nothing while the proofs hold", async () => {
    const cache = kdc.login("ada", { lifetime: `${SHORT}s` });
    const first = await open(cache);
    told.length = 0;
    rmSync(file(cache));
    const outcome = await portal.gateway.renew(origin(), true);
    assert.equal(outcome.kind === "refused" && outcome.refusal.code, "kerberos.no-ticket");
    assert.deepEqual([told, first.alive], [[], true]);
  });
});
