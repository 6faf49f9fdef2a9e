import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Switches by which the environment weakens a Node program's trust, and impostors that each of them would let in. */
const weakened: Readonly<Record<string, { env: Readonly<Record<string, string>>; rows: readonly string[] }>> = {
  NODE_TLS_REJECT_UNAUTHORIZED: {
    env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    rows: ["strange-root-tls12", "strange-root-tls13", "self-signed-tls13", "expired-tls13", "name-wrong-tls13"],
  },
  "--tls-min-v1.0": { env: { NODE_OPTIONS: "--tls-min-v1.0" }, rows: ["tls-1.0", "tls-1.1"] },
  "--tls-cipher-list": {
    env: { NODE_OPTIONS: "--tls-cipher-list=ALL:@SECLEVEL=0" },
    rows: ["no-ecdhe-rsa", "no-ecdhe-dhe", "no-aead", "anonymous"],
  },
  "--insecure-http-parser": {
    env: { NODE_OPTIONS: "--insecure-http-parser" },
    rows: ["answer-length-and-chunked-tls13", "answer-space-before-colon-tls13", "answer-bare-lf-tls12"],
  },
};

describe("an environment that asks for less trust", () => {
  for (const [what, { env, rows }] of Object.entries(weakened)) {
    it(`gets none by ${what}`, () => {
      const { NODE_TEST_CONTEXT: _, ...outer } = process.env;
      const pattern = `^(genuine-p256-tls13|${rows.map((row) => row.replaceAll(".", "\\.")).join("|")}):`;
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        [
          "--import",
          "tsx",
          "--test-reporter=tap",
          `--test-name-pattern=${pattern}`,
          "test/integration/impostors.both.test.ts",
        ],
        { cwd: ROOT, env: { ...outer, ...env }, encoding: "utf8", timeout: 240_000 },
      );
      assert.equal(status, 0, `${stdout}${stderr}`);
      for (const row of ["genuine-p256-tls13", ...rows]) {
        assert.match(stdout, new RegExp(`^ +ok \\d+ - ${row.replaceAll(".", "\\.")}:(?!.*# SKIP)`, "m"), row);
      }
    });
  }
});
