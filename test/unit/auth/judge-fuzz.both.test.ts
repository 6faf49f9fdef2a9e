/** Properties that hold for whatever a server sends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makeAuthority } from "../../realm/certificates.ts";
import { makeOcspResponse } from "../../realm/ocsp.ts";
import { HOST, issuing, judge, leaf, NOW, outcomeOf, type Question, root } from "./judging.ts";

const staple = makeOcspResponse({ about: leaf, issuer: issuing });

/** Bytes with a few octets changed, removed or inserted. */
const damaged = (bytes: Buffer): fc.Arbitrary<Buffer> =>
  fc
    .array(
      fc.record({
        at: fc.nat(bytes.length - 1),
        octet: fc.nat(255),
        how: fc.constantFrom("change", "remove", "insert"),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((edits) => {
      const octets = [...bytes];
      for (const { at, octet, how } of edits) {
        octets.splice(at, how === "insert" ? 0 : 1, ...(how === "remove" ? [] : [octet]));
      }
      return Buffer.from(octets);
    });

/** Throws for anything but acceptance or a refusal, so calling it is the assertion. */
const answers = (question: Question): string => outcomeOf(question);

test("a damaged leaf is refused, and by a refusal", () => {
  fc.assert(
    fc.property(damaged(leaf.der), (der) => {
      fc.pre(!der.equals(leaf.der));
      assert.notEqual(answers({ sent: [der, issuing.der] }), "accepted");
    }),
    { numRuns: 300 },
  );
});

test("a damaged issuer never leads to an anchor", () => {
  fc.assert(
    fc.property(damaged(issuing.der), (der) => {
      fc.pre(!der.equals(issuing.der));
      assert.equal(answers({ sent: [leaf.der, der] }), "server.untrusted");
    }),
    { numRuns: 300 },
  );
});

test("a damaged staple is refused", () => {
  fc.assert(
    fc.property(damaged(staple), (der) => {
      fc.pre(!der.equals(staple));
      assert.match(answers({ staple: der }), /^server\.(staple-invalid|revoked)$/);
    }),
    { numRuns: 300 },
  );
});

test("arbitrary bytes are refused", () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((octets) => Buffer.from(octets));
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 4 }), bytes, (sent, garbage) => {
      assert.equal(answers({ sent, staple: garbage }), "server.certificate-invalid");
    }),
  );
});

const stranger = makeAuthority({ subject: root.subject });
const crossSigned = stranger.issueAuthority({ subject: issuing.subject, key: issuing.key });
const expiredIssuer = root.issueAuthority({
  subject: issuing.subject,
  key: issuing.key,
  notBefore: new Date(NOW - 7_200_000),
  notAfter: new Date(NOW - 3_600_000),
});
const other = issuing.issue({ names: { dns: [HOST] } });
const pool = [issuing, root, crossSigned, expiredIssuer, other, stranger, leaf];

const moment = fc.integer({ min: -100 * 24, max: 100 * 24 }).map((hours) => NOW + hours * 3_600_000);
const question: fc.Arbitrary<Question> = fc.record({
  sent: fc
    .tuple(fc.constantFrom(leaf, other), fc.subarray(pool, { minLength: 0 }), fc.array(fc.nat(), { maxLength: 7 }))
    .map(([first, rest, order]) =>
      [first, ...rest.toSorted((a, b) => key(order, a) - key(order, b))].map((one) => one.der),
    ),
  pins: fc.subarray([leaf.pin, issuing.pin, root.pin, stranger.pin]),
  anchors: fc.subarray([root, stranger]),
  now: moment,
});
const key = (order: readonly number[], one: (typeof pool)[number]) => order[pool.indexOf(one)] ?? 0;

test("the answer is the same however often and after whatever else it is asked", () => {
  fc.assert(
    fc.property(fc.array(question, { minLength: 2, maxLength: 6 }), (questions) => {
      const first = questions.map(outcomeOf);
      const again = questions.toReversed().map(outcomeOf).toReversed();
      assert.deepEqual(again, first);
    }),
  );
});

test("a remembered path is refused once its dates are past, and accepted before", () => {
  const end = leaf.notAfter.getTime();
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3_000_000, max: 3_000_000 }), { minLength: 1 }), (offsets) => {
      for (const offset of offsets) {
        const outcome = outcomeOf({ now: end + offset });
        assert.equal(outcome, end + offset > Math.floor(end / 1000) * 1000 ? "server.expired" : "accepted");
      }
    }),
  );
});

test("acceptance means a leaf in date and a pinned key where the profile asks for it", () => {
  fc.assert(
    fc.property(question, (asked) => {
      if (outcomeOf(asked) !== "accepted") {
        return;
      }
      const [sentLeaf] = asked.sent ?? [];
      const first = [leaf, other].find(({ der }) => sentLeaf?.equals(der));
      const now = asked.now ?? NOW;
      assert.ok(first !== undefined && now <= first.notAfter.getTime());
      const counted = (asked.anchors ?? []).length === 0 ? [first] : [first, issuing, root, stranger];
      assert.ok(counted.some(({ pin }) => asked.pins?.includes(pin)));
    }),
    { numRuns: 500 },
  );
});

test("the order of what follows the leaf changes nothing", () => {
  fc.assert(
    fc.property(question, (asked) => {
      const [first, ...rest] = asked.sent ?? [];
      const turned = { ...asked, sent: first === undefined ? [] : [first, ...rest.toReversed()] };
      assert.equal(outcomeOf(turned) === "accepted", outcomeOf(asked) === "accepted");
    }),
    { numRuns: 300 },
  );
});

test("a hostile list of certificates is refused after a bounded number of signature checks", () => {
  // Every authority could have signed every other: each must be tried, up to a limit.
  const maze = Array.from({ length: 9 }, () => makeAuthority({ subject: root.subject }));
  const anchors = Array.from({ length: 30 }, () => makeAuthority({ subject: root.subject }));
  const entrance = maze[0]?.issue({ names: { dns: [HOST] } });
  assert.ok(entrance !== undefined);
  const sent = [entrance.der, ...maze.map(({ der }) => der)];
  assert.throws(() => judge({ sent, pins: [entrance.pin], anchors }), {
    code: "server.untrusted",
    message: /too many signature checks/,
  });
});
