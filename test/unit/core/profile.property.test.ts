import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isServerName } from "../../../app/core/origin.ts";
import { type AnchorReader, parseProfile } from "../../../app/core/profile.ts";
import { expectationFor, hostileMatch, siteOfOrigin } from "../../../app/core/sites.ts";

const readAnchor: AnchorReader = () => ({ fault: "none is read here" });
const pin = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `sha256/${Buffer.from(bytes).toString("base64")}`);
const server = fc.record({ pins: fc.uniqueArray(pin, { minLength: 1, maxLength: 3 }) });
const origin = fc.oneof(
  fc.tuple(fc.domain(), fc.integer({ min: 1, max: 70_000 })).map(([host, port]) => `https://${host}:${port}`),
  fc.domain().map((host) => `https://${host}`),
  fc.webUrl(),
);
const site = fc.record({
  id: fc.stringMatching(/^[a-z]{1,4}$/),
  name: fc.string({ maxLength: 10 }),
  origins: fc.array(origin, { maxLength: 3 }),
  server,
  client: fc.constant({ method: "form" }),
  subresources: fc.array(fc.record({ origin, server }), { maxLength: 2 }),
});
const document = fc.record({
  version: fc.constant(1),
  serial: fc.nat(),
  organization: fc.constant("Example Bank"),
  sites: fc.array(site, { minLength: 1, maxLength: 3 }),
  hostile: fc.array(fc.oneof(fc.domain(), fc.webUrl()), { maxLength: 2 }),
});

describe("parseProfile, for all documents", () => {
  it("never throws, and names a path and an expectation in every problem", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything(), document), (value) => {
        const result = parseProfile(value, readAnchor);
        if (result.ok) return;
        assert.ok(result.problems.length > 0);
        for (const { path, value: found, expected } of result.problems) {
          assert.match(path, /^\$/);
          assert.ok(found.length > 0 && found.length <= 120 && expected.length > 0);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("takes only what is unambiguous", () => {
    let taken = 0;
    fc.assert(
      fc.property(document, (value) => {
        const result = parseProfile(value, readAnchor);
        if (!result.ok) return;
        taken += 1;
        const { profile } = result;
        const owned = profile.sites.flatMap(({ origins }) => origins);
        assert.equal(new Set(owned).size, owned.length);
        for (const each of profile.sites) {
          for (const own of each.origins) {
            assert.equal(siteOfOrigin(profile, own), each);
            assert.ok(isServerName(new URL(own).hostname));
            assert.equal(new URL(own).origin, own);
            assert.equal(hostileMatch(profile, new URL(own)), undefined);
            assert.equal(expectationFor(each, own)?.role, "site");
          }
          for (const { origin: of } of each.subresources) {
            assert.equal(siteOfOrigin(profile, of), undefined);
            assert.equal(expectationFor(each, of)?.client.method, "none");
          }
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(taken > 0, `only ${taken} documents were taken`);
  });

  it("survives a value that is nested too deeply to be printed", () => {
    let deep: unknown = 0;
    for (let level = 0; level < 200_000; level += 1) deep = [deep];
    const result = parseProfile({ organization: deep }, readAnchor);
    assert.ok(!result.ok);
    assert.equal(result.problems.find(({ path }) => path === "$.organization")?.value, "(not printable)");
  });
});
