import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseDistinguishedName } from "../../../app/core/distinguished-name.ts";

describe("parseDistinguishedName (examples of RFC 4514 §4)", () => {
  const rows: readonly (readonly [string, readonly (readonly (readonly [string, string])[])[]])[] = [
    ["UID=jsmith,DC=example,DC=net", [[["UID", "jsmith"]], [["DC", "example"]], [["DC", "net"]]]],
    [
      "OU=Sales+CN=J.  Smith,DC=example",
      [
        [
          ["OU", "Sales"],
          ["CN", "J.  Smith"],
        ],
        [["DC", "example"]],
      ],
    ],
    ['CN=James \\"Jim\\" Smith\\, III,DC=net', [[["CN", 'James "Jim" Smith, III']], [["DC", "net"]]]],
    ["CN=Before\\0dAfter", [[["CN", "Before\rAfter"]]]],
    ["1.3.6.1.4.1.1466.0=#04024869", [[["1.3.6.1.4.1.1466.0", "#04024869"]]]],
    ["CN=Lu\\C4\\8Di\\C4\\87", [[["CN", "Lučić"]]]],
    ["CN=Lučić 🏦", [[["CN", "Lučić 🏦"]]]],
    ["CN=a=b", [[["CN", "a=b"]]]],
    ["CN=\\#a\\ ", [[["CN", "#a "]]]],
  ];
  for (const [text, names] of rows) {
    it(`reads ${text}`, () => {
      const read = parseDistinguishedName(text)?.map((rdn) => rdn.map(({ type, value }) => [type, value]));
      assert.deepEqual(read, names);
    });
  }

  it("tells an encoded value from text that looks like one", () => {
    assert.deepEqual(parseDistinguishedName("CN=#0C"), [[{ type: "CN", value: "#0c", encoded: true }]]);
    assert.deepEqual(parseDistinguishedName("CN=\\#0C"), [[{ type: "CN", value: "#0C" }]]);
  });

  for (const text of [
    "",
    ",",
    "CN",
    "CN=",
    "=a",
    "CN=a,",
    "CN=a+",
    " CN=a",
    "CN= a",
    "CN=a ",
    "CN=a;O=b",
    "CN=<a>",
    "CN=#0",
    "CN=#xy",
    "1.02=a",
    "1.=a",
    "C N=a",
    "CN=\\",
    "CN=\\x",
    "CN=a\0",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseDistinguishedName(text), undefined));
  }

  it("reads back any value whose characters are all escaped", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (value) => {
        const escaped = [...Buffer.from(value)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
        assert.deepEqual(parseDistinguishedName(`CN=${escaped}`), [[{ type: "CN", value }]]);
      }),
    );
  });
});
