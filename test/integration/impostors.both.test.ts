import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { certificateAuthenticator } from "../../app/auth/certificate.ts";
import type { Channel, ChannelOpener } from "../../app/auth/channel.ts";
import { createOpener } from "../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../app/auth/server-certificate.ts";
import type { Expectation } from "../../app/core/expectation.ts";
import { Refusal } from "../../app/core/refusal.ts";
import { createDialer } from "../../app/gateway/dialer.ts";
import type { Result, Row } from "../realm/impostors/row.ts";
import { impostors } from "../realm/impostors.ts";
import { keystoreWith } from "../realm/keystore.ts";
import { type Realm, type RunningRow, startRealm } from "../realm/realm.ts";
import { receivedTooMuch } from "../realm/received.ts";
import { CLIENT_ISSUER, HOST } from "../realm/scene.ts";

const LIMITS = { open: 60_000, dial: 30_000, handshake: 30_000, judge: 30_000, probe: 30_000 };
/** For servers that stall: whatever the limit, it must be what ends the attempt. */
const SHORT = { ...LIMITS, handshake: 300, probe: 300 };

const inElectron = process.versions.electron !== undefined;

function expected({ expect }: Row): readonly Result[] {
  if (typeof expect === "string") {
    return [expect];
  }
  if ("openssl" in expect) {
    return [inElectron ? expect.boringssl : expect.openssl];
  }
  return expect;
}

function expectationOf({ port, host = HOST, addresses, server, probe = "/", method }: RunningRow): Expectation {
  const anchors = server.anchors.map((pem) => ({
    pem,
    fingerprint: new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase(),
  }));
  return {
    site: "bank",
    origin: `https://${host}:${port}`,
    host,
    port,
    ...(addresses === null ? {} : { addresses: addresses ?? ["127.0.0.1"] }),
    role: "site",
    server: { pins: server.pins, anchors },
    client: method === "form" ? { method } : { method: "certificate", issuer: CLIENT_ISSUER, probe },
  };
}

const kindsOf = ({ evidence }: Channel): readonly string[] =>
  [...new Set(evidence.map(({ kind }) => kind))].filter((kind) => kind !== "server.staple").sort();

/** What a verdict must rest on, no less and no more. */
function expectedKinds({ server, client }: Expectation): readonly string[] {
  const ofServer = ["server.name", "server.pin", "server.possession", "server.validity"];
  const ofClient = ["client.accepted", "client.proof", "client.requested"];
  return [
    "channel.key-agreement",
    ...ofServer,
    ...(server.anchors.length > 0 ? ["server.chain"] : []),
    ...(client.method === "certificate" ? ofClient : []),
  ].sort();
}

describe(`impostors, under ${inElectron ? "Electron's BoringSSL" : "Node's OpenSSL"}`, () => {
  let realm: Realm;

  before(async () => {
    realm = await startRealm();
  });
  after(() => realm.close());

  function openerFor(row: Row, { identity }: RunningRow): ChannelOpener {
    const keystore = keystoreWith(identity);
    return createOpener({
      dialer: createDialer(),
      authenticators: [serverCertificateAuthenticator(), certificateAuthenticator({ keystore })],
      clock: Date.now,
      limits: row.expect === "network.timeout" ? SHORT : LIMITS,
    });
  }

  async function open(opener: ChannelOpener, to: Expectation): Promise<Channel | Refusal> {
    try {
      return await opener.open(to, new AbortController().signal);
    } catch (error) {
      assert.ok(error instanceof Refusal, error instanceof Error ? error.stack : String(error));
      return error;
    }
  }

  const resultOf = (outcome: Channel | Refusal): Result =>
    outcome instanceof Refusal ? outcome.code : outcome.verdict.kind;
  const detailOf = (outcome: Channel | Refusal): string =>
    outcome instanceof Refusal ? JSON.stringify(outcome.detail) : "authenticated";

  async function meet(row: Row, running: RunningRow, channels: Channel[]): Promise<void> {
    const to = expectationOf(running);
    const opener = openerFor(row, running);
    for (const [index, result] of expected(row).entries()) {
      if (index > 0) {
        await running.next();
      }
      const outcome = await open(opener, to);
      assert.equal(resultOf(outcome), result, detailOf(outcome));
      if (!(outcome instanceof Refusal)) {
        channels.push(outcome);
        assert.deepEqual(kindsOf(outcome), expectedKinds(to));
      }
    }
    for (const channel of channels) {
      assert.ok(channel.alive, "a proven channel outlives what happens to others");
    }
    if (row.after !== undefined) {
      await running.next();
      const why = await channels[0]?.ended;
      assert.equal(why?.code, row.after);
    }
  }

  for (const row of impostors) {
    it(`${row.id}: ${row.what}`, async () => {
      const running = await realm.start(row.id);
      const channels: Channel[] = [];
      try {
        try {
          await meet(row, running, channels);
        } finally {
          for (const channel of channels) {
            channel.destroy();
          }
        }
        const complaint = receivedTooMuch(await running.record(), {
          mayReceive: row.mayReceive,
          opens: expected(row).length,
          host: `${running.host ?? HOST}:${running.port}`,
          path: running.probe ?? "/",
        });
        assert.equal(complaint, undefined);
      } finally {
        await running.stop();
      }
    });
  }
});

describe("table of impostors", () => {
  it("has unique ids, and controls that are let in", () => {
    assert.equal(new Set(impostors.map(({ id }) => id)).size, impostors.length);
    assert.ok(impostors.filter(({ expect }) => expect === "authenticated").length > 20);
  });
});
