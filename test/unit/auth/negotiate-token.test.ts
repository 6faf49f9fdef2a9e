import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { answerToken, negotiate } from "../../../app/auth/negotiate-token.ts";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";

const NAME = "WWW-Authenticate";
const token = Buffer.from("a token of the server");
const text = token.toString("base64");

describe("answerToken", () => {
  const found: readonly (readonly [string, readonly string[]])[] = [
    ["as servers write it", [NAME, `Negotiate ${text}`]],
    ["in lower case", ["www-authenticate", `negotiate ${text}`]],
    ["in upper case", ["WWW-AUTHENTICATE", `NEGOTIATE ${text}`]],
    ["with white space around it", [NAME, `  Negotiate \t ${text} `]],
    ["among other fields", ["Date", "now", NAME, `Negotiate ${text}`, "Server", `Negotiate ${text}`]],
  ];
  for (const [what, fields] of found) {
    it(`finds it ${what}`, () => assert.deepEqual(answerToken(fields), token));
  }

  const none: readonly (readonly [string, readonly string[]])[] = [
    ["no field", []],
    ["no such field", ["Authorization", `Negotiate ${text}`]],
    ["a field with this value's name", [`Negotiate ${text}`, NAME]],
    ["an empty challenge", [NAME, "Negotiate"]],
    ["an empty challenge with a space", [NAME, "Negotiate "]],
    ["another scheme", [NAME, 'Basic realm="x"']],
    ["another scheme that begins alike", [NAME, `Negotiate2 ${text}`]],
    ["a token after another scheme", [NAME, `Basic realm="x", Negotiate ${text}`]],
    ["an empty field", [NAME, ""]],
  ];
  for (const [what, fields] of none) {
    it(`finds none in ${what}`, () => assert.equal(answerToken(fields), undefined));
  }

  const ntlm = Buffer.concat([Buffer.from("NTLMSSP\0"), Buffer.alloc(40)]).toString("base64");
  const refused: readonly (readonly [string, readonly string[], ReasonCode])[] = [
    ["two tokens", [NAME, `Negotiate ${text}`, NAME, `Negotiate ${text}`], "server.token-invalid"],
    ["a token and another scheme", [NAME, `Negotiate ${text}`, NAME, 'Basic realm="x"'], "server.token-invalid"],
    ["another scheme and a token", [NAME, 'Basic realm="x"', NAME, `Negotiate ${text}`], "server.token-invalid"],
    ["two tokens, one empty", [NAME, "Negotiate", NAME, `Negotiate ${text}`], "server.token-invalid"],
    ["a list in one field", [NAME, `Negotiate ${text}, Basic realm="x"`], "server.token-invalid"],
    ["what is not base64", [NAME, "Negotiate ****"], "server.token-invalid"],
    ["base64url", [NAME, `Negotiate ${Buffer.from([0xfb, 0xff, 0xfe]).toString("base64url")}`], "server.token-invalid"],
    ["base64 without its padding", [NAME, "Negotiate YQ"], "server.token-invalid"],
    ["base64 with a space in it", [NAME, "Negotiate YWFh YWFh"], "server.token-invalid"],
    ["base64 with a line break in it", [NAME, "Negotiate YWFh\nYWFh"], "server.token-invalid"],
    ["64 KiB and more", [NAME, `Negotiate ${Buffer.alloc(65_537).toString("base64")}`], "server.token-invalid"],
    ["NTLM", [NAME, `Negotiate ${ntlm}`], "server.mechanism"],
  ];
  for (const [what, fields, code] of refused) {
    it(`refuses ${what}`, () =>
      assert.throws(
        () => answerToken(fields),
        (error) => error instanceof Refusal && error.code === code,
      ));
  }

  it("takes 64 KiB and reads what `negotiate` writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_536 }), (length) => {
        const bytes = randomBytes(length);
        assert.deepEqual(answerToken([NAME, negotiate(bytes)]), bytes);
      }),
      { numRuns: 50 },
    );
    const most = Buffer.alloc(65_536, 1);
    assert.deepEqual(answerToken([NAME, negotiate(most)]), most);
  });

  it("gives a token, nothing or a refusal, whatever the fields are", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constant(NAME),
            fc.string(),
            fc.string().map((s) => `Negotiate ${s}`),
          ),
        ),
        (fields) => {
          try {
            answerToken(fields);
          } catch (error) {
            assert.ok(error instanceof Refusal);
          }
        },
      ),
    );
  });
});
