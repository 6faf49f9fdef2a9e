import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Channel } from "../../../app/auth/channel.ts";
import type { GssPort } from "../../../app/auth/gss/port.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { startAcceptor } from "../../realm/kerberos/acceptor.ts";
import { type KerberosRow, type KerberosStage, kerberosImpostors } from "../../realm/kerberos/impostors.ts";
import { gssPort } from "../../support/gss.ts";
import {
  expectationOf,
  leaf,
  open,
  otherLeaf,
  PRINCIPAL,
  refusalOf,
  SERVICE,
  startRealm,
  type Wanted,
} from "../../support/kerberos-scene.ts";

const OTHER_SERVICE = "HTTP/other.corp.example";

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
      const reply = Buffer.from(acceptor.requests()[0]?.reply ?? "", "base64");
      while (outcomes.length < reply.length) outcomes.push(await attempt());
      console.log(
        reply.toString("hex"),
        outcomes.map((code, at) => [at, code]).filter(([, code]) => code !== "server.token-invalid"),
      );
      assert.equal(await attempt(), "authenticated");
    } finally {
      await acceptor.stop();
    }
  });

  it("replay", async () => {
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
});
