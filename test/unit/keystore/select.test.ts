import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DistinguishedName, parseDistinguishedName } from "../../../app/core/distinguished-name.ts";
import { type Candidate, selectIdentity } from "../../../app/keystore/select.ts";

const nameOf = (text: string): DistinguishedName => {
  const name = parseDistinguishedName(text);
  assert.ok(name !== undefined);
  return name;
};

const ISSUER = "CN=Example Client CA,O=Example Bank";
const NOW = 1_000;

const fitting = (fingerprint: string, change: Partial<Candidate> = {}): Candidate => ({
  fingerprint,
  notBefore: 900,
  notAfter: 1_100,
  clientAuthentication: true,
  issuers: [nameOf(ISSUER)],
  ...change,
});

const selected = (candidates: readonly Candidate[]): string | undefined =>
  selectIdentity(candidates, ISSUER, NOW)?.fingerprint;

test("the latest notBefore wins, however long the others stay valid", () => {
  const newer = fitting("newer", { notBefore: 950, notAfter: 1_001 });
  assert.equal(selected([fitting("older", { notBefore: 949, notAfter: 9_999 }), newer]), "newer");
  assert.equal(selected([newer, fitting("older", { notBefore: 949, notAfter: 9_999 })]), "newer");
});

test("equal notBefore: the later notAfter; equal dates: the greater fingerprint", () => {
  assert.equal(selected([fitting("b", { notAfter: 1_050 }), fitting("a")]), "a");
  assert.equal(selected([fitting("a"), fitting("b")]), "b");
  assert.equal(selected([fitting("b"), fitting("a")]), "b");
});

test("the newest is passed over when it does not fit", () => {
  const good = fitting("good");
  const unfit: readonly Partial<Candidate>[] = [
    { clientAuthentication: false },
    { notBefore: NOW + 1 },
    { notAfter: NOW - 1 },
    { issuers: [nameOf("CN=Other CA,O=Example Bank")] },
    { issuers: [nameOf("O=Example Bank,CN=Example Client CA")] },
    { issuers: [] },
  ];
  for (const change of unfit) {
    const newer = fitting("unfit", { notBefore: 990, ...change });
    assert.equal(selected([good, newer]), "good", JSON.stringify(change));
    assert.equal(selected([newer]), undefined, JSON.stringify(change));
  }
});

test("an identity is valid through both of its dates", () => {
  assert.equal(selected([fitting("first moment", { notBefore: NOW })]), "first moment");
  assert.equal(selected([fitting("last moment", { notAfter: NOW })]), "last moment");
});

test("any issuer of the chain matches, the leaf's or one above", () => {
  const issuers = [nameOf("CN=People 7"), nameOf(ISSUER)];
  assert.equal(selected([fitting("below", { issuers })]), "below");
});

test("a name that is none selects nothing", () => {
  assert.equal(selectIdentity([fitting("a")], "Example Client CA", NOW), undefined);
});

const candidates = fc.uniqueArray(
  fc.record({
    fingerprint: fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 4, maxLength: 4 }),
    notBefore: fc.integer({ min: 990, max: 1_005 }),
    notAfter: fc.integer({ min: 995, max: 1_010 }),
    clientAuthentication: fc.boolean(),
    issuers: fc.subarray([nameOf(ISSUER), nameOf("CN=Other")]),
  }),
  { selector: ({ fingerprint }) => fingerprint, maxLength: 12 },
);

const rank = ({ notBefore, notAfter, fingerprint }: Candidate): string =>
  [String(notBefore).padStart(6, "0"), String(notAfter).padStart(6, "0"), fingerprint].join(" ");

test("property: the choice fits, nothing that fits ranks above it, and order does not matter", () => {
  fc.assert(
    fc.property(candidates, fc.integer({ min: 0, max: 11 }), (list, turn) => {
      const choice = selectIdentity(list, ISSUER, NOW);
      const fit = list.filter(
        (one) => one.clientAuthentication && one.notBefore <= NOW && NOW <= one.notAfter && one.issuers.some(isIssuer),
      );
      assert.equal(choice === undefined, fit.length === 0);
      if (choice === undefined) return;
      assert.ok(fit.includes(choice));
      assert.ok(fit.every((one) => rank(one) <= rank(choice)));
      assert.equal(selectIdentity([...list.slice(turn), ...list.slice(0, turn)], ISSUER, NOW), choice);
    }),
  );
});

const isIssuer = (name: DistinguishedName): boolean => name.flat().some(({ value }) => value === "Example Client CA");

test("property: what does not fit changes nothing", () => {
  fc.assert(
    fc.property(candidates, candidates, (list, more) => {
      const unfit = more.map((one) => ({ ...one, clientAuthentication: false }));
      assert.equal(selectIdentity([...unfit, ...list], ISSUER, NOW), selectIdentity(list, ISSUER, NOW));
    }),
  );
});
