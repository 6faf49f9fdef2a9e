import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import type { Channel } from "../../../app/auth/channel.ts";
import type { GssPort } from "../../../app/auth/gss/port.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { type Acceptor, type AcceptorOptions, startAcceptor } from "../../realm/kerberos/acceptor.ts";
import { type KerberosRow, type KerberosStage, kerberosImpostors } from "../../realm/kerberos/impostors.ts";
import { gssPort } from "../../support/gss.ts";
import {
  expectationOf,
  leaf,
  open,
  otherLeaf,
  type Portal,
  PRINCIPAL,
  refusalOf,
  SERVICE,
  startPortal,
  startRealm,
  type Wanted,
} from "../../support/kerberos-scene.ts";

const OTHER_SERVICE = "HTTP/other.corp.example";

/** Octets of the ciphertext of an AP-REP with AES: confounder, content and checksum; it ends the token. */
const SEALED = 104;

describe("Kerberos impostors", () => {
  let stage: KerberosStage;
  let gss: GssPort;
  before(async () => {
    const kdc = await startRealm({ services: [SERVICE, OTHER_SERVICE] });
    gss = gssPort({ ...kdc.env, KRB5CCNAME: kdc.login("ada") });
    stage = {
      kdc,
      service: SERVICE,
      principal: PRINCIPAL,
      otherService: OTHER_SERVICE,
      genuine: leaf,
      other: otherLeaf,
    };
  });
  after(async () => {
    gss.dispose();
    await stage.kdc.stop();
  });

  const wantedBy = ({ enforced, unrecognised }: KerberosRow): Wanted => {
    if (enforced) return { pins: [], binding: "enforced" };
    return unrecognised ? { pins: [] } : {};
  };

  for (const row of kerberosImpostors) {
    it(`${row.id}: ${row.what}`, async () => {
      const played = await row.play(stage);
      try {
        const to = expectationOf(played.port, wantedBy(row));
        const outcome = await open(gss, to).catch((error: unknown) => error as Refusal);
        if (outcome instanceof Refusal) assert.equal(outcome.code, row.expect, JSON.stringify(outcome.detail));
        else assert.equal((outcome as Channel).verdict.kind, row.expect);
        if (!(outcome instanceof Refusal)) outcome.destroy();
        await played.settled();
        assert.deepEqual(played.broken(), []);
        assert.deepEqual(played.excess(), []);
        const requests = played.requests();
        if (row.mayReceive === "nothing") assert.deepEqual(requests, []);
        else assert.ok(requests.length > 0 && requests.every((request) => request === "HEAD /"), requests.join());
        if (row.expect !== "authenticated") assert.ok(requests.length <= 1, "no request after the refusal");
        if (row.letsIn !== true) assert.deepEqual(played.letIn(), []);
      } finally {
        await played.stop();
      }
    });
  }

  it("a bit flipped in any octet of the server's token is refused", async () => {
    const settings = { certificate: leaf, keytab: stage.kdc.keytab([SERVICE]), env: stage.kdc.env };
    const acceptor = await startAcceptor({ ...settings, fault: "flip-next" });
    try {
      const attempt = async () => {
        const outcome = await open(gss, expectationOf(acceptor.port)).catch((error: unknown) => error as Refusal);
        if (outcome instanceof Refusal) return outcome.code;
        outcome.destroy();
        return "authenticated";
      };
      const outcomes = [await attempt()];
      await acceptor.settled();
      const reply = Buffer.from(acceptor.requests()[0]?.reply ?? "", "base64");
      // Sequence numbers have three or four octets, so that lengths differ by one.
      while (outcomes.length < reply.length + 2) outcomes.push(await attempt());
      await acceptor.settled();
      const lengths = acceptor
        .requests()
        .flatMap(({ token, reply: own }) => (token ? [Buffer.from(own ?? "", "base64").length] : []));
      const accepted = outcomes.flatMap((code, at) =>
        code === "server.token-invalid" || at >= (lengths[at] ?? 0) ? [] : [{ at, code, length: lengths[at] ?? 0 }],
      );
      // The library's decoder passes over a few lengths of the wrapping, which say nothing that the sealed part does not.
      assert.ok(accepted.length <= 8, JSON.stringify(accepted));
      for (const { at, code, length } of accepted) {
        assert.equal(code, "authenticated");
        assert.ok(at < length - SEALED, `octet ${at} of ${length} is sealed`);
      }
      assert.equal(await attempt(), "authenticated");
    } finally {
      await acceptor.stop();
    }
  });

  it("a genuine token of an exchange before is refused", async () => {
    const settings = { certificate: leaf, keytab: stage.kdc.keytab([SERVICE]), env: stage.kdc.env };
    const acceptor = await startAcceptor({ ...settings, fault: "replay" });
    try {
      (await open(gss, expectationOf(acceptor.port))).destroy();
      const refusal = await refusalOf(open(gss, expectationOf(acceptor.port)));
      assert.equal(refusal.code, "server.token-invalid", JSON.stringify(refusal.detail));
      assert.deepEqual(acceptor.broken(), []);
    } finally {
      await acceptor.stop();
    }
  });

  describe("after the verdict, where each request is authenticated", () => {
    const play = async (
      change: Partial<AcceptorOptions>,
      use: (portal: Portal, acceptor: Acceptor) => Promise<void>,
    ): Promise<void> => {
      const keytab = stage.kdc.keytab([SERVICE]);
      const acceptor = await startAcceptor({
        certificate: leaf,
        keytab,
        env: stage.kdc.env,
        mode: "request",
        ...change,
      });
      const portal = await startPortal(gss, acceptor.port);
      try {
        await use(portal, acceptor);
        await acceptor.settled();
        assert.deepEqual(acceptor.broken(), []);
      } finally {
        await portal.close();
        await acceptor.stop();
      }
    };
    const PAGE = /Acceptor/;

    it("control: every answer proves itself", async () => {
      await play({}, async (portal, acceptor) => {
        for (let count = 0; count < 3; count += 1) assert.match((await portal.fetch({})).body, PAGE);
        await acceptor.settled();
        assert.equal(acceptor.requests().filter(({ accepted }) => accepted === "ada@CORP.EXAMPLE").length, 4);
      });
    });

    for (const [fault, code] of [
      ["later", "server.no-mutual-token"],
      ["later-flip", "server.token-invalid"],
    ] as const) {
      it(`${fault}: not a byte of an answer that does not is released, and the channel ends`, async () => {
        await play({ fault, after: 2 }, async (portal) => {
          assert.match((await portal.fetch({})).body, PAGE);
          const { status, body } = await portal.fetch({});
          assert.equal(status, 502);
          assert.doesNotMatch(body, PAGE);
          assert.deepEqual(
            portal.refusals.map((refusal) => refusal.code),
            [code],
          );
          assert.ok(portal.channels.every(({ alive }) => !alive));
        });
      });

      it(`${fault}: nor of a WebSocket`, async () => {
        await play({ fault, after: 1 }, async (portal) => {
          assert.equal(await webSocket(portal), undefined);
          assert.deepEqual(
            portal.refusals.map((refusal) => refusal.code),
            [code],
          );
        });
      });
    }

    it("a WebSocket passes after an exchange of its own", async () => {
      await play({}, async (portal, acceptor) => {
        assert.equal(await webSocket(portal), "hello");
        await acceptor.settled();
        assert.equal(acceptor.requests().at(-1)?.accepted, "ada@CORP.EXAMPLE");
      });
    });
  });
});

/** The first message of a WebSocket; undefined where none opens. */
async function webSocket(portal: Portal): Promise<string | undefined> {
  const socket = await portal.page();
  const client = new WebSocket(`ws://${portal.authority}/socket`, { createConnection: () => socket });
  try {
    return await new Promise((resolve) => {
      client.once("message", (data) => resolve(String(data)));
      client.once("error", () => resolve(undefined));
    });
  } finally {
    client.terminate();
  }
}
