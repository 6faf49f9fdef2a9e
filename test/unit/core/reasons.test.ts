import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { explain, REASON_CODES, reasons } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { generatedFiles } from "../../../build/generated.ts";

describe("reasons", () => {
  it("have every sentence, each ended as a sentence", () => {
    for (const code of REASON_CODES) {
      const { title, user, it: forIt, remedy } = reasons[code];
      for (const text of [title, user, forIt, remedy])
        assert.ok(text.trim() === text && text.length > 10, `${code}: ${text}`);
      for (const text of [user, forIt, remedy]) assert.match(text, /\.$/, `${code}: ${text}`);
      assert.doesNotMatch(title, /[.!]$/, code);
    }
  });

  it("speak to the user without the standards' terms", () => {
    const jargon =
      /\b(TLS|RFC|DNS|HTTP|PKCS|SAN|OCSP|CA|API|MAC|IT|pins?|handshake|cipher|chain|anchor|gateway|origin|host|port|channel|upstream|CONNECT)\b/;
    for (const code of REASON_CODES) {
      assert.doesNotMatch(reasons[code].user, jargon, code);
      assert.doesNotMatch(reasons[code].title, jargon, code);
    }
  });

  it("do not blame the user", () => {
    const blame =
      /\b(you (did|have done|must not|failed|should have)|wrong password|your fault|illegal|invalid|error)\b/i;
    for (const code of REASON_CODES.filter((code) => code !== "profile.invalid")) {
      assert.doesNotMatch(`${reasons[code].title} ${reasons[code].user}`, blame, code);
    }
  });

  it("have codes of an area and a word", () => {
    for (const code of REASON_CODES) assert.match(code, /^[a-z]+\.[a-z]+(-[a-z]+)*$/);
  });
});

describe("explain", () => {
  it("adds what was found and expected for IT alone", () => {
    const refusal = new Refusal("server.expired", {
      value: "CN=bank",
      fault: "notAfter has passed",
      expected: "a later one",
    });
    const { code, title, message, remedy, it: forIt } = explain(refusal);
    assert.equal(code, "server.expired");
    assert.equal(forIt, `${reasons[code].it} Found: notAfter has passed (CN=bank). Expected: a later one.`);
    assert.deepEqual([title, message, remedy], [reasons[code].title, reasons[code].user, reasons[code].remedy]);
  });

  it("leaves out what is not known", () => {
    assert.equal(
      explain(new Refusal("network.closed", { fault: "reset" })).it,
      `${reasons["network.closed"].it} Found: reset.`,
    );
  });
});

describe("generated files", () => {
  for (const { path, content } of generatedFiles()) {
    it(`${path} is what \`npm run generate\` writes`, () => {
      assert.equal(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8"), content);
    });
  }

  it("name every code", () => {
    const page = generatedFiles().find(({ path }) => path === "docs/reasons.md")?.content ?? "";
    for (const code of REASON_CODES) assert.ok(page.includes(`### \`${code}\`\n`), code);
  });
});
