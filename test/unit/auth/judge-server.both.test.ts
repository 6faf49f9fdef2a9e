import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Evidence } from "../../../app/core/evidence.ts";
import { makeOcspResponse } from "../../realm/ocsp.ts";
import { HOST, issuing, judge, leaf, NOW, outcomeOf, pinned, refusalOf, root } from "./judging.ts";
import { ACCEPTED } from "./servers/accepted.ts";
import { REFUSED } from "./servers/refused.ts";

describe("refused", () => {
  for (const { name, code, fault, question } of REFUSED) {
    test(`${name}: ${code}`, () => {
      const refusal = refusalOf(question);
      assert.deepEqual([refusal?.code, refusal?.detail.fault.slice(0, fault.length)], [code, fault]);
    });
  }
});

describe("accepted", () => {
  for (const { name, question } of ACCEPTED) {
    test(name, () => assert.equal(outcomeOf(question), "accepted"));
  }
});

test("a key of RSASSA-PSS is judged by what the runtime can do", () => {
  const usable = process.versions.electron === undefined;
  const question = pinned(issuing.issue({ names: { dns: [HOST] }, key: "rsa-pss-2048" }));
  assert.equal(outcomeOf(question), usable ? "accepted" : "server.unsupported-key");
});

test("an issuer's key of RSASSA-PSS, and its signatures, too", () => {
  const usable = process.versions.electron === undefined;
  const issuer = root.issueAuthority({ subject: "CN=PSS Issuing", key: "rsa-pss-2048" });
  const question = pinned(issuer.issue({ names: { dns: [HOST] } }));
  assert.equal(outcomeOf(question), usable ? "accepted" : "server.untrusted");
});

describe("evidence", () => {
  const whole = (date: Date) => Math.floor(date.getTime() / 1000) * 1000;
  const common = { channel: "channel-1", site: "bank", origin: `https://${HOST}`, at: NOW };
  const kinds = (evidence: readonly Evidence[]) => evidence.map(({ kind }) => kind);

  test("with anchors names the path, its earliest end and the key that is pinned", () => {
    const about = { ...common, expires: whole(leaf.notAfter) + 1 };
    const certificate = leaf.fingerprint;
    assert.deepEqual(judge({}), [
      { ...about, kind: "server.name", host: HOST, presented: HOST, certificate },
      {
        ...about,
        kind: "server.validity",
        notBefore: Math.max(whole(leaf.notBefore), whole(issuing.notBefore), whole(root.notBefore)),
        notAfter: whole(leaf.notAfter),
        certificate,
      },
      {
        ...about,
        kind: "server.chain",
        anchor: root.fingerprint,
        path: [leaf.fingerprint, issuing.fingerprint, root.fingerprint],
      },
      { ...about, kind: "server.pin", pin: leaf.pin, holder: "leaf", certificate },
    ]);
  });

  test("ends with the certificate of the path that ends first", () => {
    const soon = new Date(NOW + 60_000);
    const short = root.issueAuthority({ subject: "CN=Short", notAfter: soon });
    const evidence = judge(pinned(short.issue({ names: { dns: [HOST] } })));
    const expires = evidence.filter(({ kind }) => kind !== "server.name").map((one) => one.expires);
    assert.deepEqual(expires, [whole(soon) + 1, whole(soon) + 1, whole(soon) + 1]);
  });

  test("of a pin on an authority's key says so", () => {
    const pin = judge({ pins: [issuing.pin] }).find(({ kind }) => kind === "server.pin");
    assert.deepEqual(pin?.kind === "server.pin" && [pin.holder, pin.certificate], ["path", issuing.fingerprint]);
  });

  test("without anchors claims no chain", () => {
    assert.deepEqual(kinds(judge({ anchors: [] })), ["server.name", "server.validity", "server.pin"]);
  });

  test("of a staple lasts until its nextUpdate", () => {
    const nextUpdate = new Date(NOW + 5_000);
    const evidence = judge({ staple: makeOcspResponse({ about: leaf, issuer: issuing, nextUpdate }) }).at(-1);
    assert.deepEqual([evidence?.kind, evidence?.expires], ["server.staple", whole(nextUpdate) + 1]);
  });

  test("found before a fault goes with the refusal", () => {
    const refusal = refusalOf({ pins: [] });
    assert.ok(refusal !== undefined);
    assert.deepEqual(kinds(refusal.evidence), ["server.name", "server.validity", "server.chain"]);
  });
});
