/** `check` tells whether an acceptor enforces channel bindings: one that does, Apache that does not, and nobody's word. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bindingEnforced } from "../../../app/cli/binding-enforced.ts";
import { createDialer } from "../../../app/gateway/dialer.ts";
import { type Acceptor, startAcceptor } from "../../realm/kerberos/acceptor.ts";
import type { Kdc } from "../../realm/kerberos/kdc.ts";
import { gssPort } from "../../support/gss.ts";
import { expectationOf, leaf, otherLeaf, SERVICE, startRealm } from "../../support/kerberos-scene.ts";

describe("whether an acceptor enforces channel bindings", { timeout: 60_000 }, () => {
  let kdc: Kdc;
  let gss: ReturnType<typeof gssPort>;
  const acceptors: Acceptor[] = [];

  before(async () => {
    kdc = await startRealm();
    gss = gssPort({ ...kdc.env, KRB5CCNAME: kdc.login("ada") });
  });
  after(async () => {
    gss?.dispose();
    await Promise.all(acceptors.map((acceptor) => acceptor.stop()));
    await kdc?.stop();
  });

  async function start(enforces: boolean): Promise<Acceptor> {
    const keytab = kdc.keytab([SERVICE]);
    const acceptor = await startAcceptor({ certificate: leaf, keytab, env: kdc.env, enforces, mode: "connection" });
    acceptors.push(acceptor);
    return acceptor;
  }
  const ask = (to: Parameters<typeof bindingEnforced>[0]) =>
    bindingEnforced(to, { dialer: createDialer(), clock: Date.now, gss }, new AbortController().signal);

  it("says yes of one that refuses a token bound to another certificate", async () => {
    const { port } = await start(true);
    assert.deepEqual(await ask(expectationOf(port)), { answer: "yes", how: "HTTP 401" });
  });

  it("says no of one that takes it", async () => {
    const { port } = await start(false);
    assert.equal((await ask(expectationOf(port)))?.answer, "no");
  });

  it("asks nobody whose key is not known, and makes no token for them", async () => {
    const acceptor = await start(true);
    const strange = await ask(expectationOf(acceptor.port, { pins: [otherLeaf.pin] }));
    const unpinned = await ask(expectationOf(acceptor.port, { pins: [], binding: "enforced" }));
    assert.deepEqual([strange?.answer, unpinned?.answer], ["not tested", "not tested"]);
    assert.deepEqual(acceptor.requests(), []);
  });
});
