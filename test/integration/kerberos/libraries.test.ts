/** The same exchange by each GSSAPI library of this machine, against an acceptor of its own. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { endPointBinding, tlsServerEndPoint } from "../../../app/auth/end-point.ts";
import type { GssContext, GssPort, InitiateOptions } from "../../../app/auth/gss/port.ts";
import { createGssPort } from "../../../app/auth/gss/worker-pool.ts";
import { startAcceptor } from "../../realm/kerberos/acceptor.ts";
import { startApache } from "../../realm/kerberos/apache.ts";
import type { Kdc } from "../../realm/kerberos/kdc.ts";
import { CHANNEL_BOUND, type Peer, startPeer } from "../../realm/kerberos/peer.ts";
import { startSocketService } from "../../realm/kerberos/socket-service.ts";
import { forkGssWorker, heimdalEntry } from "../../support/gss.ts";
import {
  ask,
  codeOf,
  expectationOf,
  leaf,
  open,
  PRINCIPAL,
  REALM,
  refusalOf,
  SERVICE,
  startRealm,
} from "../../support/kerberos-scene.ts";

const OTHER = "HTTP/other.corp.example";
const FLAGS = ["mutual", "integrity", "confidentiality", "replay", "sequence"] as const;

function installed(library: string): boolean {
  return ["/usr/lib", ...readdirSync("/usr/lib").map((name) => join("/usr/lib", name))].some((directory) =>
    existsSync(join(directory, library)),
  );
}

for (const { name, library, entry, told, expired } of [
  {
    name: "MIT Kerberos",
    library: "libgssapi_krb5.so.2",
    entry: undefined,
    told: "server.keytab",
    expired: "kerberos.ticket-expired",
  },
  // Its SPNEGO does not hand on what a KRB-ERROR says, and it looks past tickets that have expired.
  {
    name: "Heimdal",
    library: "libgssapi.so.3",
    entry: heimdalEntry,
    told: "client.rejected",
    expired: "kerberos.no-ticket",
  },
]) {
  describe(`GSSAPI by ${name}`, { skip: !installed(library) && `${library} is not installed` }, () => {
    let kdc: Kdc;
    let gss: GssPort;
    let peer: Peer;
    const ports: GssPort[] = [];
    const portFor = (cache: string): GssPort => {
      const environment = { ...process.env, ...kdc.env, KRB5CCNAME: cache };
      const port = createGssPort({ spawn: () => forkGssWorker(environment, undefined, undefined, entry), workers: 1 });
      ports.push(port);
      return port;
    };
    before(async () => {
      kdc = await startRealm({ services: [SERVICE, OTHER] });
      gss = portFor(kdc.login("ada"));
      peer = startPeer(kdc.keytab([SERVICE]), kdc.env);
    });
    after(async () => {
      for (const port of ports) port.dispose();
      await peer?.stop();
      await kdc?.stop();
    });

    const begin = async (change: Partial<InitiateOptions> = {}, by = gss) => {
      const context = by.initiate({ spn: PRINCIPAL, mechanism: "krb5", flags: FLAGS, ...change });
      try {
        const { token } = await context.step();
        assert.ok(token);
        return { context, token };
      } catch (error) {
        context.dispose();
        throw error;
      }
    };
    const ticketFor = (spn: string, by = gss) =>
      begin({ spn, mechanism: "spnego" }, by).then((one) => one.context.dispose());
    const withContext = async (use: (context: GssContext) => Promise<void>) => {
      const { context, token } = await begin();
      try {
        const { facts } = await context.step((await peer.accept(token)).token);
        assert.ok(facts);
        await use(context);
      } finally {
        context.dispose();
      }
    };

    for (const mode of ["connection", "request"] as const) {
      it(`proves both sides at Apache, by ${mode}`, async () => {
        const apache = await startApache({ certificate: leaf, keytab: kdc.keytab([SERVICE]), env: kdc.env, mode });
        try {
          const channel = await open(gss, expectationOf(apache.port));
          const mutual = channel.evidence.find(({ kind }) => kind === "kerberos.mutual");
          assert.equal(mutual?.kind === "kerberos.mutual" && mutual.principal, PRINCIPAL);
          if (mode === "connection") assert.equal((await ask(channel)).status, 200);
          channel.destroy();
        } finally {
          await apache.stop();
        }
      });
    }

    for (const [fault, code] of [
      [undefined, "none"],
      ["strip", "server.no-mutual-token"],
      ["echo", "server.token-invalid"],
      ["truncate", "server.token-invalid"],
      ["impostor-without-key", "server.token-invalid"],
    ] as const) {
      it(`at an acceptor that enforces bindings: ${fault ?? "nothing wrong"}`, async () => {
        const keytab = kdc.keytab([SERVICE]);
        const acceptor = await startAcceptor({
          certificate: leaf,
          keytab,
          env: kdc.env,
          ...(fault === undefined ? {} : { fault }),
        });
        try {
          assert.equal(
            await codeOf(open(gss, expectationOf(acceptor.port)).then((channel) => channel.destroy())),
            code,
          );
          assert.deepEqual(acceptor.broken(), []);
        } finally {
          await acceptor.stop();
        }
      });
    }

    it("the acceptor sees the channel binding, and no other", async () => {
      const endPoint = tlsServerEndPoint(leaf.der);
      assert.ok(endPoint);
      const channelBindings = endPointBinding(endPoint);
      const { context, token } = await begin({ channelBindings });
      context.dispose();
      assert.equal((await peer.accept(token, channelBindings)).flags & CHANNEL_BOUND, CHANNEL_BOUND);
      const other = await begin({ channelBindings: endPointBinding(Buffer.alloc(32)) });
      other.context.dispose();
      await assert.rejects(peer.accept(other.token, channelBindings), /channel bindings/i);
    });

    it("carries a channel without TLS", async () => {
      const service = await startSocketService({ keytab: kdc.keytab([SERVICE]), env: kdc.env });
      try {
        const to = expectationOf(service.port);
        const bare = { ...to.server, pins: [] };
        const transport = { kind: "gss", protection: "confidentiality" } as const;
        const channel = await open(gss, { ...to, transport, server: bare });
        assert.equal((await ask(channel, "/octets/200000")).body.length, 200_000);
        channel.destroy();
        assert.deepEqual([service.users(), service.signed(), service.broken()], [[`ada@${REALM}`], 0, []]);
      } finally {
        await service.stop();
      }
    });

    it("wraps and unwraps, signed and encrypted, in both directions", async () => {
      await withContext(async (context) => {
        for (const confidential of [true, false]) {
          for (const message of [Buffer.from("a message"), Buffer.alloc(0), Buffer.alloc(70_000, 7)]) {
            const theirs = await peer.unwrap(await context.wrap(message, confidential));
            assert.deepEqual([theirs.message.equals(message), theirs.confidential], [true, confidential]);
            const ours = await context.unwrap((await peer.wrap(message, confidential)).message);
            assert.deepEqual([ours.message.equals(message), ours.confidential], [true, confidential]);
          }
        }
      });
    });

    it("refuses messages that are altered, cut off, come twice, out of order or bare", async () => {
      const wrapped = async (text: string) => (await peer.wrap(Buffer.from(text), true)).message;
      await withContext(async (context) => {
        const altered = await wrapped("altered");
        altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
        assert.equal(await codeOf(context.unwrap(altered)), "gss.sequence");
      });
      await withContext(async (context) => {
        assert.equal(await codeOf(context.unwrap((await wrapped("cut")).subarray(0, -4))), "gss.sequence");
        assert.equal(await codeOf(context.unwrap(Buffer.from("bare"))), "gss.sequence");
      });
      await withContext(async (context) => {
        const twice = await wrapped("twice");
        assert.equal((await context.unwrap(twice)).message.toString(), "twice");
        assert.equal(await codeOf(context.unwrap(twice)), "gss.sequence");
      });
      await withContext(async (context) => {
        await wrapped("missing");
        assert.equal(await codeOf(context.unwrap(await wrapped("after a gap"))), "gss.sequence");
      });
    });

    it("a context that is not complete protects nothing", async () => {
      const { context } = await begin();
      assert.equal(await codeOf(context.wrap(Buffer.from("early"), true)), "gss.protection");
      assert.equal(await codeOf(context.unwrap(Buffer.from("early"))), "gss.protection");
      context.dispose();
    });

    it("refuses a second token after the last, and any after a wrong one", async () => {
      await withContext(async (context) => {
        assert.equal(await codeOf(context.step(Buffer.from("more"))), "server.token-invalid");
      });
      const { context, token } = await begin();
      const { token: genuine } = await peer.accept(token);
      assert.equal(await codeOf(context.step(token)), "server.token-invalid");
      assert.equal(await codeOf(context.step(genuine)), "server.token-invalid");
      context.dispose();
    });

    it("says who the user is, and what is missing", async () => {
      const { principal, realm } = await gss.credential();
      assert.deepEqual([principal, realm], [`ada@${REALM}`, REALM]);
      assert.equal(await codeOf(ticketFor(`HTTP/unknown.corp.example@${REALM}`)), "server.spn-unknown");
      assert.equal(await codeOf(ticketFor(SERVICE)), "kerberos.rewritten");
      const nobody = portFor("FILE:/nonexistent/cache");
      assert.equal(await codeOf(nobody.credential()), "kerberos.no-ticket");
      assert.equal(await codeOf(ticketFor(PRINCIPAL, nobody)), "kerberos.no-ticket");
      const brief = portFor(kdc.login("ada", { lifetime: "1s" }));
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      assert.equal(await codeOf(ticketFor(PRINCIPAL, brief)), expired);
    });

    it("makes a token for the user that is named, and none with another one's ticket", async () => {
      const { context, token } = await begin({ initiator: `ada@${REALM}` });
      const { facts } = await context.step((await peer.accept(token)).token);
      assert.equal(facts?.initiator, `ada@${REALM}`);
      context.dispose();
      assert.equal(await codeOf(begin({ initiator: `eve@${REALM}` })), "kerberos.other-user");
      assert.equal(
        await codeOf(begin({ initiator: `ada@${REALM}` }, portFor("FILE:/nonexistent/cache"))),
        "kerberos.no-ticket",
      );
    });

    it("is told by the acceptor that the keytab has another service's key", async () => {
      const acceptor = await startAcceptor({ certificate: leaf, keytab: kdc.keytab([OTHER]), env: kdc.env });
      try {
        assert.equal((await refusalOf(open(gss, expectationOf(acceptor.port)))).code, told);
      } finally {
        await acceptor.stop();
      }
    });
  });
}
