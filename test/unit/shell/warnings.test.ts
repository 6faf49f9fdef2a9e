import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutSecrets } from "../../../app/shell/warnings.ts";

test("a warning keeps what failed and loses what only the user should know", () => {
  const lines: readonly (readonly [given: string, kept: string])[] = [
    [
      "electron: Failed to load URL: https://bank.test:8443/a/b?token=secret#secret with error: ERR_X",
      "electron: Failed to load URL: https://bank.test:8443/a/b with error: ERR_X",
    ],
    ["https://secret:secret@bank.test/?secret", "https://bank.test/"],
    ["blob:https://bank.test/id#secret", "blob:https://bank.test/id"],
    ["data:text/html,secret failed", "data:… failed"],
    ["no address at all?", "no address at all?"],
  ];
  for (const [given, kept] of lines) assert.equal(withoutSecrets(given), kept);
});
