import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Command, parseCommand, USAGE, UsageError } from "../../../app/cli/arguments.ts";
import { readStart } from "../../../app/shell/switches.ts";

const KEY = `sha256/${"A".repeat(43)}=` as const;
const FINGERPRINT = "ab".repeat(32);

describe("parseCommand", () => {
  const rows: readonly (readonly [string, Command])[] = [
    ["help", { kind: "help" }],
    ["--help", { kind: "help" }],
    ["check --help", { kind: "help" }],
    ["keystore -h", { kind: "help" }],
    ["check bank.example", { kind: "check", url: "bank.example", json: false, explain: false }],
    ["check u --explain", { kind: "check", url: "u", json: false, explain: true }],
    ["check u --profile f --json", { kind: "check", url: "u", profile: "f", json: true, explain: false }],
    ["check --json --profile=f u", { kind: "check", url: "u", profile: "f", json: true, explain: false }],
    ["fetch u", { kind: "fetch", url: "u", method: "GET" }],
    ["fetch u -d a=b", { kind: "fetch", url: "u", method: "POST", data: "a=b" }],
    [
      "fetch u -X put -d a -o o --profile f",
      { kind: "fetch", url: "u", method: "PUT", data: "a", output: "o", profile: "f" },
    ],
    ["keystore import f", { kind: "keystore import", file: "f", passphrase: { from: "terminal" } }],
    [
      "keystore import f --passphrase-file p",
      { kind: "keystore import", file: "f", passphrase: { from: "file", path: "p" } },
    ],
    [
      "keystore import f --passphrase-file -",
      { kind: "keystore import", file: "f", passphrase: { from: "standard input" } },
    ],
    ["keystore import f -", { kind: "keystore import", file: "f", passphrase: { from: "standard input" } }],
    ["keystore list", { kind: "keystore list", json: false }],
    ["keystore list --json", { kind: "keystore list", json: true }],
    [`keystore remove ${FINGERPRINT}`, { kind: "keystore remove", fingerprint: FINGERPRINT }],
    [
      `keystore remove ${FINGERPRINT.toUpperCase().replace(/..(?=.)/g, "$&:")}`,
      { kind: "keystore remove", fingerprint: FINGERPRINT },
    ],
    ["hostile list --json", { kind: "hostile list", json: true }],
    [`hostile remove ${KEY}`, { kind: "hostile remove", key: KEY }],
    ["hostile export -o f", { kind: "hostile export", output: "f" }],
    ["hostile export", { kind: "hostile export" }],
    ["profile validate f --json", { kind: "profile validate", file: "f", json: true }],
  ];
  for (const [words, command] of rows) {
    it(`reads: ${words.slice(0, 60)}`, () => assert.deepEqual(parseCommand(words.split(" ")), command));
  }

  const wrong: readonly (readonly [string, RegExp])[] = [
    ["", /no command/],
    ["chekc u", /no command "chekc u"/],
    ["keystore", /no command "keystore"/],
    ["hostile", /no command "hostile"/],
    ["hostile list all", /"all" is not expected/],
    ["hostile remove", /a key is missing/],
    ["hostile remove sha256/AAAA", /is no key/],
    ["keystore export", /no command "keystore export"/],
    ["profile show", /no command "profile show"/],
    ["check", /a URL is missing/],
    ["check a b", /"b" is not expected/],
    ["check a --verbose", /--verbose/],
    ["check a --profile", /--profile/],
    ["fetch", /a URL is missing/],
    ["fetch a -X", /-X|--request/],
    ["fetch a -X G/T", /no HTTP method/],
    ["keystore import", /a file is missing/],
    ["keystore import f g", /"g" is not expected/],
    ["keystore import f --passphrase-file p -", /given twice/],
    ["keystore import f --passphrase secret", /--passphrase/],
    ["keystore list f", /"f" is not expected/],
    ["keystore remove", /a fingerprint is missing/],
    ["keystore remove abcd", /64 hexadecimal/],
    ["profile validate", /a file is missing/],
  ];
  for (const [words, message] of wrong) {
    it(`refuses: ${words}`, () => {
      assert.throws(
        () => parseCommand(words.split(" ")),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }

  it("refuses no words at all", () => assert.throws(() => parseCommand([]), UsageError));
});

describe("the words of the commands", () => {
  const words = new Set([...USAGE.matchAll(/^ {2}countersign (\w+)/gm)].map(([, word]) => word ?? ""));

  for (const word of [...words, "help"]) {
    it(`${word} starts a command`, () => {
      assert.deepEqual(readStart([word, "x"], true).command, [word, "x"]);
    });
  }

  it("are found in the usage", () => assert.ok(words.size >= 4));
});
