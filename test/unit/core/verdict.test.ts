import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Evidence, EvidenceKind } from "../../../app/core/evidence.ts";
import type { ChannelExpectation } from "../../../app/core/expectation.ts";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { decide, type Refused } from "../../../app/core/verdict.ts";
import {
  ANCHOR,
  ANCHORED,
  ANCHORED_LEAF,
  FOREIGN_PIN,
  FORM,
  IDENTITY,
  INTERMEDIATE,
  LEAF,
  NOW,
  OTHER,
  OTHER_ANCHOR,
  OTHER_TRANSCRIPT,
  PATH_PIN,
  PINNED,
  record,
  replacing,
  SCENES,
  type Scene,
  SUBRESOURCE,
} from "./channel-fixture.ts";

function refusal(evidence: readonly Evidence[], expectation: ChannelExpectation, now = NOW): Refused {
  const verdict = decide(evidence, expectation, now);
  assert.equal(verdict.kind, "refused", "the verdict must be refused");
  return verdict as Refused;
}

function authenticated({ evidence, expectation }: Scene, now = NOW) {
  const verdict = decide(evidence, expectation, now);
  assert.ok(verdict.kind === "authenticated", `refused: ${JSON.stringify(verdict)}`);
  return verdict;
}

describe("decide: complete evidence", () => {
  for (const scene of SCENES) {
    it(`authenticates a ${scene.name}`, () => {
      assert.equal(authenticated(scene).channel, "ch1");
    });
  }

  it("names the channel's key in every goal, required or not", () => {
    for (const scene of SCENES) {
      const { goals, notRequired } = authenticated(scene);
      for (const { formula } of [...goals, ...notRequired]) assert.match(formula, /C <-K:ch1-> S\)?$/);
      assert.equal(goals.length + notRequired.length, scene.expectation.server.service === undefined ? 3 : 4);
    }
  });

  it("derives the client's goal only where the profile requires it", () => {
    assert.deepEqual(
      authenticated(PINNED).goals.map(({ formula }) => formula),
      [
        "C believes C <-K:ch1-> S",
        "C believes S believes C <-K:ch1-> S",
        "C believes S believes C believes C <-K:ch1-> S",
      ],
    );
    for (const scene of [FORM, SUBRESOURCE]) {
      const withClient = { ...scene, evidence: [...scene.evidence, ...PINNED.evidence.slice(-3)] };
      const { goals, notRequired } = authenticated(withClient);
      assert.equal(goals.length, 2);
      assert.deepEqual(
        notRequired.map(({ formula }) => formula),
        ["C believes S believes C believes C <-K:ch1-> S"],
      );
      assert.ok(notRequired[0]?.why);
    }
  });

  it("lapses with the first record that the derivation rests on", () => {
    assert.equal(authenticated(PINNED).lapsesAt, 8_000);
    const soon = replacing(PINNED.evidence, record("client.accepted", { expires: 3_000 }));
    assert.equal(authenticated({ ...PINNED, evidence: soon }).lapsesAt, 3_000);
  });

  it("counts the longer-lived of two records for the same fact", () => {
    const shorter = record("server.pin", { expires: 2_500 });
    for (const evidence of [
      [shorter, ...PINNED.evidence],
      [...PINNED.evidence, shorter],
    ]) {
      assert.equal(authenticated({ ...PINNED, evidence }).lapsesAt, 8_000);
    }
  });

  it("marks each leaf of the derivation as evidence or as an assumption with its source", () => {
    const { goals } = authenticated(ANCHORED);
    const visit = (node: (typeof goals)[number]): void => {
      if (node.basis === "derived") assert.match(node.rule, /BAN §2\.[23]/);
      if (node.basis === "assumption") assert.match(node.source ?? "", /^(profile: |RFC |TLS: RFC )/);
      if (node.basis === "evidence") assert.ok(node.evidence);
      assert.equal(node.from.length > 0, node.basis === "derived");
      assert.notEqual(node.sentence, "");
      node.from.forEach(visit);
    };
    goals.forEach(visit);
  });
});

describe("decide: what is missing", () => {
  const codes: readonly (readonly [EvidenceKind, ReasonCode])[] = [
    ["channel.key-agreement", "tls.handshake"],
    ["server.possession", "server.possession"],
    ["server.pin", "server.pin-mismatch"],
    ["server.chain", "server.untrusted"],
    ["server.name", "server.name-mismatch"],
    ["server.validity", "server.expired"],
    ["client.requested", "client.not-requested"],
    ["client.proof", "client.no-identity"],
    ["client.accepted", "client.rejected"],
  ];
  for (const scene of SCENES) {
    for (const [kind, code] of codes.filter(([kind]) => scene.evidence.some((each) => each.kind === kind))) {
      it(`${scene.name}: without ${kind} refuses with ${code}`, () => {
        const rest = scene.evidence.filter((each) => each.kind !== kind);
        const { code: found, missing, fault } = refusal(rest, scene.expectation);
        assert.equal(found, code);
        assert.match(missing.formula, /C <-K:ch1-> S\)?$/);
        assert.notEqual(fault, "");
      });

      const lapsed = kind === "server.validity" ? "server.expired" : "verdict.lapsed";
      it(`${scene.name}: ${kind} past its lifetime refuses with ${lapsed}`, () => {
        const old = scene.evidence.map((each) =>
          each.kind === kind
            ? { ...each, expires: NOW, ...(kind === "server.validity" ? { notAfter: NOW } : {}) }
            : each,
        );
        assert.equal(refusal(old, scene.expectation).code, lapsed);
      });

      it(`${scene.name}: ${kind} from the future refuses`, () => {
        const early = scene.evidence.map((each) => (each.kind === kind ? { ...each, at: NOW + 1 } : each));
        assert.equal(refusal(early, scene.expectation).code, "verdict.lapsed");
      });
    }
  }

  it("names the first goal that is missing", () => {
    const none = refusal([], PINNED.expectation);
    assert.equal(none.missing.formula, "C believes C <-K:ch1-> S");
    assert.equal(none.code, "tls.handshake");
    const noClient = refusal(PINNED.evidence.slice(0, 5), PINNED.expectation);
    assert.equal(noClient.missing.formula, "C believes S believes C believes C <-K:ch1-> S");
  });
});

describe("decide: evidence that does not fit", () => {
  const rows: readonly (readonly [string, Scene, readonly Evidence[], ReasonCode])[] = [
    [
      "a pin of the server that the profile does not list",
      PINNED,
      [record("server.pin", { pin: FOREIGN_PIN })],
      "server.pin-mismatch",
    ],
    [
      "a listed pin that is not the proved key",
      PINNED,
      [record("server.pin", { pin: PATH_PIN })],
      "server.pin-mismatch",
    ],
    [
      "a pin of another certificate than the leaf",
      PINNED,
      [record("server.pin", { certificate: OTHER })],
      "server.pin-mismatch",
    ],
    [
      "a pin somewhere on a path where only the leaf's counts",
      PINNED,
      [record("server.pin", { holder: "path" })],
      "server.pin-mismatch",
    ],
    [
      "a proved key that is not the pinned one",
      PINNED,
      [record("server.possession", { key: FOREIGN_PIN })],
      "server.pin-mismatch",
    ],
    [
      "a key proved with another certificate",
      PINNED,
      [record("server.possession", { certificate: OTHER })],
      "server.pin-mismatch",
    ],
    [
      "a signature over another key agreement",
      PINNED,
      [record("server.possession", { transcript: OTHER_TRANSCRIPT })],
      "server.possession",
    ],
    ["the name of another host", PINNED, [record("server.name", { host: "other.example" })], "server.name-mismatch"],
    [
      "the name in another certificate",
      PINNED,
      [record("server.name", { certificate: OTHER })],
      "server.name-mismatch",
    ],
    ["the dates of another certificate", PINNED, [record("server.validity", { certificate: OTHER })], "server.expired"],
    [
      "dates that begin in the future",
      PINNED,
      [record("server.validity", { notBefore: NOW + 1 })],
      "server.not-yet-valid",
    ],
    ["dates that have ended", PINNED, [record("server.validity", { notAfter: NOW })], "server.expired"],
    [
      "a client proof over another key agreement",
      PINNED,
      [record("client.proof", { transcript: OTHER_TRANSCRIPT })],
      "client.no-identity",
    ],
    [
      "an anchor that the profile does not name",
      ANCHORED,
      [record("server.chain", { anchor: OTHER_ANCHOR, path: [LEAF, INTERMEDIATE, OTHER_ANCHOR] })],
      "server.untrusted",
    ],
    [
      "a path that does not end at its anchor",
      ANCHORED,
      [record("server.chain", { path: [LEAF, INTERMEDIATE, OTHER_ANCHOR] })],
      "server.untrusted",
    ],
    [
      "a path of another leaf",
      ANCHORED,
      [record("server.chain", { path: [OTHER, INTERMEDIATE, ANCHOR] })],
      "server.untrusted",
    ],
    ["an empty path", ANCHORED, [record("server.chain", { path: [] })], "server.untrusted"],
    [
      "a pinned key that is not on the verified path",
      ANCHORED,
      [record("server.chain", { path: [LEAF, ANCHOR] })],
      "server.pin-mismatch",
    ],
    [
      "with anchors, a listed pin that is not the leaf's key",
      ANCHORED_LEAF,
      [record("server.pin", { pin: PATH_PIN })],
      "server.pin-mismatch",
    ],
    [
      "a leaf's pin claimed for another certificate of the path",
      ANCHORED_LEAF,
      [record("server.pin", { certificate: INTERMEDIATE })],
      "server.pin-mismatch",
    ],
  ];
  for (const [name, { expectation, evidence }, replacements, code] of rows) {
    it(`${name}: ${code}`, () => {
      assert.equal(decide(evidence, expectation, NOW).kind, "authenticated", "only one thing may be wrong");
      assert.equal(refusal(replacing(evidence, ...replacements), expectation).code, code);
    });
  }

  for (const status of [
    100,
    101,
    199,
    400,
    401,
    403,
    407,
    421,
    490,
    494,
    495,
    496,
    497,
    499,
    500,
    502,
    503,
    599,
    600,
    0,
    Number.NaN,
  ]) {
    it(`a probe answered with ${status} is no acceptance`, () => {
      const evidence = replacing(PINNED.evidence, record("client.accepted", { status }));
      assert.equal(refusal(evidence, PINNED.expectation).code, "client.rejected");
    });
  }

  for (const status of [200, 204, 301, 302, 304, 404, 405, 410, 418, 429, 451]) {
    it(`a probe answered with ${status} is an acceptance`, () => {
      authenticated({ ...PINNED, evidence: replacing(PINNED.evidence, record("client.accepted", { status })) });
    });
  }

  it("refuses a channel with two key agreements, even when one would suffice", () => {
    const second = record("channel.key-agreement", { transcript: OTHER_TRANSCRIPT });
    assert.equal(refusal([...PINNED.evidence, second], PINNED.expectation).code, "server.renegotiation");
    const expired = record("channel.key-agreement", { transcript: OTHER_TRANSCRIPT, expires: NOW });
    assert.equal(refusal([...PINNED.evidence, expired], PINNED.expectation).code, "server.renegotiation");
  });

  it("refuses a channel with two server certificates, even when one would suffice", () => {
    for (const second of [
      record("server.possession", { certificate: OTHER }),
      record("server.possession", { key: FOREIGN_PIN }),
    ]) {
      assert.equal(refusal([...PINNED.evidence, second], PINNED.expectation).code, "server.changed");
    }
  });

  it("refuses when the profile lists no pin", () => {
    const expectation = { ...PINNED.expectation, server: { pins: [], anchors: [] } };
    assert.equal(refusal(PINNED.evidence, expectation).code, "server.pin-mismatch");
  });

  it("refuses a path that verified where the profile names no anchor and the leaf is not pinned", () => {
    const evidence = ANCHORED.evidence;
    assert.equal(refusal(evidence, PINNED.expectation).code, "server.pin-mismatch");
  });

  it("refuses a site whose client proves nothing at all", () => {
    const expectation: ChannelExpectation = { ...FORM.expectation, client: { method: "none" } };
    assert.equal(
      refusal(PINNED.evidence, expectation).missing.formula,
      "C believes S believes C believes C <-K:ch1-> S",
    );
  });

  it("takes no identity that proved itself on another channel", () => {
    const other = record("client.proof", { identity: IDENTITY, channel: "ch2" });
    assert.equal(refusal(replacing(PINNED.evidence, other), PINNED.expectation).code, "client.no-identity");
  });
});
