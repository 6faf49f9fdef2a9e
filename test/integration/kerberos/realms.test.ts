/** Several realms, stopped KDCs and wrong clocks: what stands between a user and a service, and what the service sees of it. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { GssPort } from "../../../app/auth/gss/port.ts";
import { type Acceptor, type AcceptorOptions, startAcceptor } from "../../realm/kerberos/acceptor.ts";
import { CLOCKS_CAN_BE_SET, clockOff } from "../../realm/kerberos/clock.ts";
import { type Forest, startForest } from "../../realm/kerberos/forest.ts";
import { gssPort } from "../../support/gss.ts";
import { ask, codeOf, expectationOf, leaf, open, REALM, SERVICE } from "../../support/kerberos-scene.ts";

const APPS = "APPS.EXAMPLE";
const FAR = "FAR.EXAMPLE";
const WRONG = "WRONG.EXAMPLE";
const LATER = "HTTP/later.corp.example";

describe("several realms", { timeout: 120_000 }, () => {
  let forest: Forest;
  const ends: (() => unknown)[] = [];
  const user = (realm: string) => ({ realm, users: { ada: "secret" }, services: [SERVICE, LATER] });
  before(async () => {
    forest = await startForest(
      [user(REALM), user(APPS), user(FAR), user(WRONG)],
      [
        { from: REALM, to: APPS },
        { from: REALM, to: WRONG, broken: true },
      ],
    );
  });
  after(() => forest.stop());
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** A user's client, with tickets of this realm. */
  const client = (realm = REALM, change: Readonly<Record<string, string>> = {}): GssPort => {
    const gss = gssPort(
      { ...forest.env, KRB5CCNAME: forest.realm(realm).login("ada"), ...change },
      { timeout: 30_000 },
    );
    ends.push(() => gss.dispose());
    return gss;
  };
  /** A server of this realm. */
  const server = async (realm: string, change: Partial<AcceptorOptions> = {}): Promise<Acceptor> => {
    const keytab = forest.realm(realm).keytab([SERVICE]);
    const acceptor = await startAcceptor({ certificate: leaf, keytab, env: forest.env, ...change });
    ends.push(() => acceptor.stop());
    return acceptor;
  };
  const expected = (acceptor: Acceptor, realm: string, service = SERVICE) =>
    expectationOf(acceptor.port, { principal: `${service}@${realm}` });
  const outcome = async (gss: GssPort, acceptor: Acceptor, realm: string, service = SERVICE) => {
    const code = await codeOf(open(gss, expected(acceptor, realm, service)).then((channel) => channel.destroy()));
    await acceptor.settled();
    assert.deepEqual(acceptor.broken(), []);
    return code;
  };
  const refusedUnseen = async (gss: GssPort, acceptor: Acceptor, realm: string, service?: string) => {
    const code = await outcome(gss, acceptor, realm, service);
    assert.deepEqual(acceptor.requests(), [], "the server got no request");
    return code;
  };

  it("a trust leads to a service of the other realm, and the AP-REP comes from there", async () => {
    const acceptor = await server(APPS);
    const channel = await open(client(), expected(acceptor, APPS));
    const said = channel.evidence.flatMap((record) =>
      record.kind === "kerberos.ticket" ? [record.initiator, record.principal] : [],
    );
    assert.deepEqual(said, [`ada@${REALM}`, `${SERVICE}@${APPS}`]);
    assert.equal((await ask(channel)).status, 200);
    channel.destroy();
  });

  it("no trust is server.realm-unreachable", async () => {
    assert.equal(await refusedUnseen(client(), await server(FAR), FAR), "server.realm-unreachable");
  });

  it("a trust in one direction is none in the other", async () => {
    assert.equal(await refusedUnseen(client(APPS), await server(REALM), REALM), "server.realm-unreachable");
  });

  it("a trust whose keys differ is server.realm-unreachable", async () => {
    assert.equal(await refusedUnseen(client(), await server(WRONG), WRONG), "server.realm-unreachable");
  });

  it("a service that the trusted realm does not know is server.spn-unknown", async () => {
    const code = await refusedUnseen(client(), await server(APPS), APPS, "HTTP/unknown.apps.example");
    assert.equal(code, "server.spn-unknown");
  });

  it("a server of the trusted realm with the key of this one is server.keytab", async () => {
    const acceptor = await server(APPS, { keytab: forest.realm(REALM).keytab([SERVICE]) });
    assert.equal(await outcome(client(), acceptor, APPS), "server.keytab");
    assert.ok(acceptor.requests().every(({ accepted }) => accepted == null));
  });

  it("a KDC that stops: what there is a ticket for goes on, what needs one is kerberos.kdc-unreachable", async () => {
    const kdc = forest.realm(REALM);
    const gss = client();
    const acceptor = await server(REALM);
    const channel = await open(gss, expected(acceptor, REALM));
    await kdc.pause();
    try {
      assert.equal((await ask(channel)).status, 200);
      channel.destroy();
      assert.equal(await outcome(gss, acceptor, REALM), "none");
      const other = await server(REALM, { keytab: kdc.keytab([LATER]) });
      assert.equal(await refusedUnseen(gss, other, REALM, LATER), "kerberos.kdc-unreachable");
    } finally {
      await kdc.resume();
    }
    assert.equal(await outcome(gss, await server(REALM), REALM), "none");
  });

  it("the other realm's KDC stopped is kerberos.kdc-unreachable", async () => {
    const gss = client();
    const acceptor = await server(APPS);
    await forest.realm(APPS).pause();
    try {
      assert.equal(await refusedUnseen(gss, acceptor, APPS), "kerberos.kdc-unreachable");
    } finally {
      await forest.realm(APPS).resume();
    }
  });

  describe("clocks", { skip: !CLOCKS_CAN_BE_SET && "faketime is not installed" }, () => {
    it("a server's that is an hour ahead is kerberos.clock-skew", async () => {
      const acceptor = await server(REALM, { env: { ...forest.env, ...clockOff("+1h") } });
      assert.equal(await outcome(client(), acceptor, REALM), "kerberos.clock-skew");
      assert.ok(acceptor.requests().every(({ accepted }) => accepted == null));
    });

    it("the KDC's that is half an hour ahead is kerberos.clock-skew", async () => {
      const kdc = forest.realm(REALM);
      const gss = client();
      const acceptor = await server(REALM);
      await kdc.pause();
      await kdc.resume(clockOff("+30m"));
      try {
        assert.equal(await refusedUnseen(gss, acceptor, REALM), "kerberos.clock-skew");
      } finally {
        await kdc.pause();
        await kdc.resume();
      }
    });
  });
});
