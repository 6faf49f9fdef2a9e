import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { GeneralName } from "../../../app/auth/certificate-extensions.ts";
import { allWithin, dnsSubtree, listNames, nameFor, presentedName, someWithin } from "../../../app/auth/host-name.ts";

const dns = (text: string): GeneralName => ({ kind: "dns", octets: Buffer.from(text, "latin1") });
const address: GeneralName = { kind: "ip", octets: Buffer.from([127, 0, 0, 1]) };
const email: GeneralName = { kind: "email", octets: Buffer.from("a@bank.example") };

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
/** Like hosts, and everything that people and attackers write instead. */
const oddity = fc.array(fc.constantFrom("*", "a", "b.", ".", "..", "\0", "com", "xn--a", "-", " ", "A", "1"), {
  maxLength: 6,
});

describe("names of a certificate", () => {
  test("an exact name covers itself, in any letters, and nothing else", () => {
    fc.assert(
      fc.property(host, host, (one, other) => {
        assert.equal(nameFor(one, [dns(one.toUpperCase())]), one.toUpperCase());
        assert.equal(nameFor(other, [dns(one)]) !== undefined, one === other);
      }),
    );
  });

  test("a wildcard covers exactly one label above two or more", () => {
    fc.assert(
      fc.property(host, fc.array(label, { maxLength: 3 }), (base, above) => {
        const asked = [...above, base].join(".");
        const covered = nameFor(asked, [dns(`*.${base}`)]) !== undefined;
        assert.equal(covered, base.includes(".") && above.length === 1);
      }),
    );
  });

  test("whatever is written, what is covered ends as it is written", () => {
    fc.assert(
      fc.property(
        host,
        oddity.map((parts) => parts.join("")),
        (asked, presented) => {
          if (nameFor(asked, [dns(presented)]) !== undefined) {
            const rest = presented.toLowerCase().replace(/^\*/, "");
            assert.ok(asked.endsWith(rest) && !rest.includes("*") && rest !== "");
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("names of 254 characters and labels of 64 name nothing", () => {
    const long = `${"a".repeat(63)}.`.repeat(4).slice(0, 253);
    assert.equal(nameFor(long, [dns(long)]), long);
    assert.equal(nameFor(`${long}a`, [dns(`${long}a`)]), undefined);
    assert.equal(nameFor(`${"a".repeat(64)}.b`, [dns(`${"a".repeat(64)}.b`)]), undefined);
  });

  test("are listed in printable form", () => {
    assert.equal(listNames([dns("a\0b"), email, address, dns("*.b")]), '"a\\u0000b", an IP address, "*.b"');
    assert.equal(listNames([email]), "none");
    assert.equal(listNames(Array.from({ length: 100 }, () => dns("a"))).split(", ").length, 20);
  });
});

describe("subtrees", () => {
  const rows = [
    // presented, constraint, wholly inside, partly inside
    ["bank.example", "bank.example", true, true],
    ["a.bank.example", "bank.example", true, true],
    ["abank.example", "bank.example", false, false],
    ["example", "bank.example", false, false],
    ["bank.example", ".bank.example", false, false],
    ["a.bank.example", ".bank.example", true, true],
    ["*.bank.example", "bank.example", true, true],
    ["*.bank.example", ".bank.example", true, true],
    ["*.bank.example", "a.bank.example", false, true],
    ["*.bank.example", ".a.bank.example", false, false],
    ["*.bank.example", "b.a.bank.example", false, false],
    ["*.bank.example", "example", true, true],
    ["bank.example", "", true, true],
    ["bank.example", "EXAMPLE", true, true],
  ] as const;
  for (const [presented, constraint, whole, part] of rows) {
    test(`${presented} in "${constraint}"`, () => {
      const name = presentedName(Buffer.from(presented));
      const subtree = dnsSubtree(Buffer.from(constraint));
      assert.ok(name !== undefined && subtree !== undefined);
      assert.deepEqual([allWithin(name, subtree), someWithin(name, subtree)], [whole, part]);
    });
  }

  for (const constraint of [".", "..a", "*.a", "a b", "10.0.0.1", "a."]) {
    test(`"${constraint}" cannot be processed`, () => assert.equal(dnsSubtree(Buffer.from(constraint)), undefined));
  }
});
