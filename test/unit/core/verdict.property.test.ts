import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { derive, premisesFor, premisesUnder } from "../../../app/core/beliefs/derive.ts";
import { same } from "../../../app/core/beliefs/formula.ts";
import type { Evidence } from "../../../app/core/evidence.ts";
import type { ChannelExpectation } from "../../../app/core/expectation.ts";
import { decide } from "../../../app/core/verdict.ts";
import { NOW, record, SCENES } from "./channel-fixture.ts";

const scene = fc.constantFrom(...SCENES);

/** Makes a record speak of another channel, site or origin, or of a time that is not now. */
const elsewhere: fc.Arbitrary<(evidence: Evidence) => Evidence> = fc.oneof(
  fc
    .string()
    .filter((channel) => channel !== "ch1")
    .map((channel) => (each: Evidence) => ({ ...each, channel })),
  fc
    .string()
    .filter((site) => site !== "bank")
    .map((site) => (each: Evidence) => ({ ...each, site })),
  fc.webUrl().map((origin) => (each: Evidence) => ({ ...each, origin })),
);
const outOfTime: fc.Arbitrary<(evidence: Evidence) => Evidence> = fc.oneof(
  fc.integer({ min: -NOW, max: NOW }).map((expires) => (each: Evidence) => ({ ...each, expires })),
  fc.integer({ min: NOW + 1, max: 8_000 }).map((at) => (each: Evidence) => ({ ...each, at })),
  fc.constantFrom("at", "expires").map((field) => (each: Evidence) => ({ ...each, [field]: Number.NaN })),
);

describe("decide, for all evidence", () => {
  it("is not authenticated without any one premise that its derivation uses, declared ones included", () => {
    for (const { evidence, expectation } of SCENES) {
      const premises = premisesFor(evidence, expectation, NOW);
      const used = premisesUnder(derive(premises, expectation).derived);
      assert.ok(used.some(({ basis }) => basis === "assumption") && used.some(({ basis }) => basis === "evidence"));
      for (const dropped of used) {
        const rest = premises.filter(({ formula }) => !same(formula, dropped.formula));
        assert.notEqual(derive(rest, expectation).missing, undefined, `authenticated without: ${dropped.sentence}`);
      }
    }
  });

  it("is not authenticated without any one or more of the records", () => {
    const subset = scene.chain((of) => fc.tuple(fc.constant(of), fc.subarray([...of.evidence])));
    fc.assert(
      fc.property(subset, ([{ evidence, expectation }, kept]) => {
        const complete = kept.length === evidence.length;
        assert.equal(decide(kept, expectation, NOW).kind, complete ? "authenticated" : "refused");
      }),
      { numRuns: 400 },
    );
  });

  it("does not depend on the order of the evidence", () => {
    const shuffled = scene.chain((of) =>
      fc.tuple(fc.constant(of), fc.shuffledSubarray([...of.evidence], { minLength: of.evidence.length })),
    );
    fc.assert(
      fc.property(shuffled, ([{ evidence, expectation }, order]) => {
        assert.deepEqual(decide(order, expectation, NOW), decide(evidence, expectation, NOW));
      }),
    );
  });

  it("is not changed by evidence of other channels, sites, origins or times, nor by a staple", () => {
    const noise = fc.tuple(
      scene,
      fc.array(fc.tuple(fc.nat(), elsewhere), { minLength: 1, maxLength: 12 }),
      fc.infiniteStream(fc.boolean()),
    );
    fc.assert(
      fc.property(noise, ([{ evidence, expectation }, changes, first]) => {
        const foreign = changes.map(([index, change]) =>
          change(evidence[index % evidence.length] ?? record("server.staple")),
        );
        const verdict = decide(evidence, expectation, NOW);
        for (const added of [...foreign, record("server.staple")]) {
          const more = first.next().value ? [added, ...evidence] : [...evidence, added];
          assert.deepEqual(decide(more, expectation, NOW), verdict);
        }
        assert.deepEqual(decide([...foreign, ...evidence], expectation, NOW), verdict);
      }),
    );
  });

  it("never counts evidence of another channel, site, origin or time", () => {
    const replaced = fc.tuple(scene, fc.nat(), fc.oneof(elsewhere, outOfTime));
    fc.assert(
      fc.property(replaced, ([{ evidence, expectation }, at, change]) => {
        const index = at % evidence.length;
        const others = evidence.map((each, position) => (position === index ? change(each) : each));
        assert.equal(decide(others, expectation, NOW).kind, "refused");
      }),
      { numRuns: 1_000 },
    );
  });

  it("never authenticates an expectation with the evidence that met another", () => {
    const moved = fc.tuple(
      scene,
      fc.oneof(
        fc.record({ channel: fc.string().filter((text) => text !== "ch1") }),
        fc.record({ site: fc.string().filter((text) => text !== "bank") }),
        fc.record({ host: fc.domain() }),
        fc.record({ origin: fc.webUrl() }),
      ),
    );
    fc.assert(
      fc.property(moved, ([{ evidence, expectation }, change]) => {
        assert.equal(decide(evidence, moveTo(expectation, change), NOW).kind, "refused");
      }),
    );
  });

  it("holds exactly from the last check until the first expiry", () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 0, max: 12_000 }), ({ evidence, expectation }, now) => {
        const alive = evidence.every(({ at, expires }) => at <= now && now < expires);
        const verdict = decide(evidence, expectation, now);
        assert.equal(verdict.kind, alive ? "authenticated" : "refused");
        if (verdict.kind === "authenticated")
          assert.equal(verdict.lapsesAt, Math.min(...evidence.map(({ expires }) => expires)));
      }),
      { numRuns: 500 },
    );
  });
});

/** Without TLS the host is known by the service's name alone, which is composed from it. */
function moveTo(expectation: ChannelExpectation, change: Partial<ChannelExpectation>): ChannelExpectation {
  const moved = { ...expectation, ...change };
  if (moved.transport === undefined || change.host === undefined) return moved;
  const service = { principal: `HTTP/${change.host}@EXAMPLE`, binding: "unknown" } as const;
  return { ...moved, server: { ...moved.server, service } };
}
