import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkReport, checkText, derivationText } from "../../../app/cli/check-report.ts";
import { answerOf } from "../../../app/cli/server-verifies.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { FORM, NOW, PINNED } from "../core/channel-fixture.ts";

const URL = "https://bank.example:8443/";
const FACTS = {
  protocol: "TLSv1.3",
  cipher: "TLS_AES_128_GCM_SHA256",
  alpn: "http/1.1",
  serverCertificate: {
    subject: "CN=bank.example",
    issuer: "CN=Bank CA",
    notBefore: "2026-01-01T00:00:00.000Z",
    notAfter: "2027-01-01T00:00:00.000Z",
    pin: "sha256/x",
    fingerprint: "1f",
  },
  steps: [],
  timings: { dial: 1.23456, total: 5 },
} as const;

describe("checkReport", () => {
  it("has the fields of its format, in order, for an authenticated channel", () => {
    const report = checkReport({
      url: URL,
      expectation: PINNED.expectation,
      evidence: PINNED.evidence,
      facts: FACTS,
      now: NOW,
    });
    assert.deepEqual(Object.keys(report), [
      "url",
      "site",
      "verdict",
      "code",
      "message",
      "remedy",
      "it",
      "evidence",
      "beliefs",
      "channel",
      "timings",
      "serverVerifies",
      "kerberos",
      "directory",
    ]);
    assert.equal(report.verdict, "authenticated");
    assert.deepEqual([report.code, report.remedy, report.serverVerifies], [null, null, null]);
    assert.deepEqual(report.timings, { dial: 1.23, total: 5 });
    assert.deepEqual(Object.keys(report.channel).slice(0, 4), ["protocol", "cipher", "alpn", "serverCertificate"]);
    assert.deepEqual(
      report.beliefs.map(({ status }) => status),
      ["derived", "derived", "derived"],
    );
    assert.ok(JSON.stringify(report).includes("client.accepted"));
  });

  it("shows what was derived before a refusal, and what was not", () => {
    const report = checkReport({
      url: URL,
      expectation: PINNED.expectation,
      refusal: new Refusal("client.rejected", { value: "HTTP 400", fault: "turned down" }),
      evidence: PINNED.evidence.slice(0, -1),
      facts: FACTS,
      now: NOW,
    });
    assert.deepEqual([report.verdict, report.code], ["refused", "client.rejected"]);
    assert.deepEqual(
      report.beliefs.map(({ status }) => status),
      ["derived", "derived", "not derived"],
    );
    assert.match(report.it ?? "", /Found: turned down \(HTTP 400\)\.$/);
  });

  it("shows a goal that is not required as such", () => {
    const { beliefs, message } = checkReport({
      url: URL,
      expectation: FORM.expectation,
      evidence: FORM.evidence,
      now: NOW,
    });
    assert.match(message, /^The server has proved who it is\. No proof of the user/);
    assert.deepEqual(
      beliefs.map(({ status, derivation }) => [status, derivation !== undefined]),
      [
        ["derived", true],
        ["derived", true],
        ["not required", false],
      ],
    );
  });

  it("tells hostile from refused, and needs neither site nor channel", () => {
    const refusal = new Refusal("site.hostile", { fault: "listed" });
    const report = checkReport({ url: URL, refusal, evidence: [], now: NOW });
    assert.deepEqual([report.verdict, report.site, report.beliefs], ["hostile", null, []]);
    assert.deepEqual(new Set(Object.values(report.channel)), new Set([null]));
  });
});

describe("checkText", () => {
  it("says for people what was found", () => {
    const serverVerifies = {
      answer: "no",
      withoutCertificate: { outcome: "refused", how: "HTTP 400" },
      foreignCertificate: { outcome: "accepted", how: "HTTP 200" },
    } as const;
    const text = checkText(
      checkReport({
        url: URL,
        expectation: PINNED.expectation,
        evidence: PINNED.evidence,
        facts: FACTS,
        serverVerifies,
        now: NOW,
      }),
    );
    assert.equal(
      text,
      `authenticated: https://bank.example:8443/
  Both sides have proved who they are.
  For IT: The server answered one whose certificate nobody issued: that it knows its users is stated by the profile alone. Make it verify the certificates it asks for.
  channel: TLSv1.3, TLS_AES_128_GCM_SHA256
  server: CN=bank.example, issued by CN=Bank CA
    valid 2026-01-01T00:00:00.000Z to 2027-01-01T00:00:00.000Z, key sha256/x
  this server verifies what it asks for: no (without a certificate refused, HTTP 400; with a foreign one accepted, HTTP 200)
  derived: This client believes that only it and the server of bank.example know the key of this channel.
  derived: This client believes that the server of bank.example believes so too.
  derived: This client believes that the server of bank.example has authenticated it at the other end of this channel.
`,
    );
  });

  it("says why and what to do of a refusal", () => {
    const refusal = new Refusal("site.unlisted", { value: URL, fault: "no site has it" });
    const text = checkText(checkReport({ url: URL, refusal, evidence: [], now: NOW }));
    assert.match(text, /^refused \(site\.unlisted\): https:\/\/bank\.example:8443\/\n {2}Your organisation/);
    assert.match(text, /\n {2}What to do: .+\n {2}For IT: .+Found: no site has it/);
  });
});

describe("derivationText", () => {
  it("prints the goals that were reached, and nothing for none", () => {
    const { expectation, evidence } = PINNED;
    const text = derivationText({ url: URL, expectation, evidence, now: NOW });
    assert.match(text, /^\nC believes C <-K:ch1-> S {3}\[jurisdiction/);
    assert.match(text, /\nC believes S believes C believes C <-K:ch1-> S {3}\[/);
    assert.equal(derivationText({ url: URL, expectation, evidence: [], now: NOW }), "");
    assert.equal(derivationText({ url: URL, evidence: [], now: NOW }), "");
  });
});

describe("answerOf", () => {
  const [refused, accepted, inconclusive] = (["refused", "accepted", "inconclusive"] as const).map((outcome) => ({
    outcome,
  }));
  assert.ok(refused && accepted && inconclusive);

  it("is yes only when both were refused", () => assert.equal(answerOf([refused, refused]), "yes"));
  it("is no as soon as one was accepted", () => {
    for (const other of [refused, accepted, inconclusive]) {
      assert.equal(answerOf([accepted, other]), "no");
      assert.equal(answerOf([other, accepted]), "no");
    }
  });
  it("is not tested when an answer was not heard", () => {
    assert.equal(answerOf([refused, inconclusive]), "not tested");
    assert.equal(answerOf([inconclusive, inconclusive]), "not tested");
  });
});
