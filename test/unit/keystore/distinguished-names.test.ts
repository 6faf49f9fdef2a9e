import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDistinguishedName } from "../../../app/core/distinguished-name.ts";
import { formatDistinguishedName, sameDistinguishedName } from "../../../app/keystore/distinguished-names.ts";

function same(one: string, other: string): boolean {
  const [first, second] = [parseDistinguishedName(one), parseDistinguishedName(other)];
  assert.ok(first !== undefined && second !== undefined);
  return sameDistinguishedName(first, second);
}

test("names are the same whatever the letter case, spacing and spelling of types", () => {
  assert.ok(same("CN=Example Client CA", "cn=example  CLIENT ca"));
  assert.ok(same("CN=Example,O=Bank", "2.5.4.3=Example,organizationName=Bank"));
  assert.ok(same("CN=Müller", "CN=mu\\cc\\88ller"));
  assert.ok(same("CN=a+O=b", "O=b+CN=a"));
  assert.ok(same("CN=#0c0161", "CN=a"));
  assert.ok(same("E=a@bank.example", "emailAddress=a@bank.example"));
});

test("names differ by order, number and kind of their parts", () => {
  assert.ok(!same("CN=a,O=b", "O=b,CN=a"));
  assert.ok(!same("CN=a,O=b", "CN=a"));
  assert.ok(!same("CN=a,O=b", "CN=a+O=b"));
  assert.ok(!same("CN=a", "OU=a"));
  assert.ok(!same("CN=a", "CN=ab"));
  // A value cannot pass for another part.
  assert.ok(!same("CN=a\\,O=b", "CN=a,O=b"));
  assert.ok(!same("CN=a\\2bO\\3db", "CN=a+O=b"));
  // An encoded value is no text of the same letters, and one that is no string equals only itself.
  assert.ok(!same("CN=#020161", "CN=a"));
  assert.ok(same("CN=#0201FF", "CN=#0201ff"));
  assert.ok(!same("CN=#0c0161", "CN=\\#0c0161"));
});

const oids = ["2.5.4.3", "2.5.4.10", "2.5.4.11", "2.5.4.6", "0.9.2342.19200300.100.1.25", "1.2.3.4"];
const names = fc.array(
  fc.array(fc.record({ type: fc.constantFrom(...oids), value: fc.string({ unit: "grapheme", minLength: 1 }) }), {
    minLength: 1,
    maxLength: 2,
  }),
  { minLength: 1, maxLength: 4 },
);

test("a space at an end is escaped, whatever stands beside it", () => {
  for (const value of [" ", "  ", "a\\ ", " #", "# "]) {
    const name = [[{ type: "2.5.4.3", value }]];
    assert.deepEqual(parseDistinguishedName(formatDistinguishedName(name)), [[{ type: "CN", value }]]);
  }
});

test("property: the string of a name is read back as the same name", () => {
  fc.assert(
    fc.property(names, (name) => {
      const parsed = parseDistinguishedName(formatDistinguishedName(name));
      assert.ok(parsed !== undefined, formatDistinguishedName(name));
      assert.ok(sameDistinguishedName(parsed, name), formatDistinguishedName(name));
    }),
  );
});

test("a name cannot break a line or turn the writing direction", () => {
  const text = formatDistinguishedName([[{ type: "2.5.4.3", value: "a\nb\u202ec\0" }]]);
  assert.equal(text, "CN=a\\0ab\\e2\\80\\aec\\00");
});
