/** The command line of the commands without a window, read into one value. Pure. */
import { parseArgs } from "node:util";
import type { Pin } from "../core/evidence.ts";

export type Command =
  | { readonly kind: "help" }
  | {
      readonly kind: "check";
      readonly url: string;
      readonly profile?: string;
      readonly json: boolean;
      /** Print the derivations of the goals, too. */
      readonly explain: boolean;
    }
  | {
      readonly kind: "fetch";
      readonly url: string;
      readonly profile?: string;
      readonly method: string;
      readonly data?: string;
      /** File for the body; standard output when absent. */
      readonly output?: string;
    }
  | { readonly kind: "keystore import"; readonly file: string; readonly passphrase: PassphraseSource }
  | { readonly kind: "keystore list"; readonly json: boolean }
  | { readonly kind: "keystore remove"; readonly fingerprint: string }
  | { readonly kind: "ticket"; readonly url?: string; readonly profile?: string; readonly json: boolean }
  | { readonly kind: "hostile list"; readonly json: boolean }
  | { readonly kind: "hostile remove"; readonly key: Pin }
  /** File for the export; standard output when absent. */
  | { readonly kind: "hostile export"; readonly output?: string }
  | { readonly kind: "profile validate"; readonly file: string; readonly json: boolean };

export type PassphraseSource =
  | { readonly from: "file"; readonly path: string }
  | { readonly from: "standard input" }
  /** Asked for on a terminal; empty where there is none. */
  | { readonly from: "terminal" };

/** The words cannot be read as a command; the message says which one and why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const USAGE = `Usage:
  countersign check <url> [--profile FILE] [--json | --explain]
  countersign fetch <url> [--profile FILE] [-X METHOD] [-d DATA] [-o FILE]
  countersign keystore import <file.p12> [--passphrase-file FILE | -]
  countersign keystore list [--json]
  countersign keystore remove <fingerprint>
  countersign hostile list [--json]
  countersign hostile remove <key>
  countersign hostile export [-o FILE]
  countersign profile validate <file> [--json]
  countersign ticket [<url>] [--profile FILE] [--json]

Without --profile the profile of this machine is used. "-" takes the passphrase from standard input.
Exit codes: 0 authenticated or done, 10 refused, 11 hostile, 2 usage or invalid profile.
`;

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

const HELP = { help: { type: "boolean", short: "h" } } as const satisfies Options;
const JSON_OUTPUT = { json: { type: "boolean" } } as const satisfies Options;
const PROFILE = { profile: { type: "string" } } as const satisfies Options;

/** @param words what follows the executable and its switches. @throws UsageError */
export function parseCommand(words: readonly string[]): Command {
  const [first, second] = words;
  if (words.length === 0) throw new UsageError("a command is missing");
  if (first === "help" || first === "--help" || first === "-h") return { kind: "help" };
  if (first === "check") return check(words.slice(1));
  if (first === "fetch") return fetch(words.slice(1));
  if (first === "ticket") return ticket(words.slice(1));
  const [group, rest] = [`${first} ${second}`, words.slice(2)];
  if (second === "--help" || second === "-h") return { kind: "help" };
  if (group === "keystore import") return keystoreImport(rest);
  if (group === "keystore list") return keystoreList(rest);
  if (group === "keystore remove") return keystoreRemove(rest);
  if (group === "hostile list") return hostileList(rest);
  if (group === "hostile remove") return hostileRemove(rest);
  if (group === "hostile export") return hostileExport(rest);
  if (group === "profile validate") return profileValidate(rest);
  throw new UsageError(`there is no command ${JSON.stringify(second === undefined ? first : group)}`);
}

function check(words: readonly string[]): Command {
  const { values, positionals } = read(words, { ...HELP, ...PROFILE, ...JSON_OUTPUT, explain: { type: "boolean" } });
  if (values.help === true) return { kind: "help" };
  const url = only(positionals, "a URL");
  const { json = false, explain = false } = values;
  return { kind: "check", url, json, explain, ...profileOf(values.profile) };
}

function ticket(words: readonly string[]): Command {
  const { values, positionals } = read(words, { ...HELP, ...PROFILE, ...JSON_OUTPUT });
  if (values.help === true) return { kind: "help" };
  const url = positionals.length === 0 ? {} : { url: only(positionals, "a URL") };
  return { kind: "ticket", ...url, json: values.json === true, ...profileOf(values.profile) };
}

function fetch(words: readonly string[]): Command {
  const { values, positionals } = read(words, {
    ...HELP,
    ...PROFILE,
    request: { type: "string", short: "X" },
    data: { type: "string", short: "d" },
    output: { type: "string", short: "o" },
  });
  if (values.help === true) return { kind: "help" };
  const url = only(positionals, "a URL");
  const method = values.request ?? (values.data === undefined ? "GET" : "POST");
  if (!/^[A-Za-z]{1,20}$/.test(method)) throw new UsageError(`${JSON.stringify(method)} is no HTTP method`);
  return {
    kind: "fetch",
    url,
    method: method.toUpperCase(),
    ...profileOf(values.profile),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values.output === undefined ? {} : { output: values.output }),
  };
}

function keystoreImport(words: readonly string[]): Command {
  const { values, positionals } = read(words, { ...HELP, "passphrase-file": { type: "string" } });
  if (values.help === true) return { kind: "help" };
  const dash = positionals.at(-1) === "-" && positionals.length > 1;
  const path = dash ? "-" : values["passphrase-file"];
  if (dash && values["passphrase-file"] !== undefined) throw new UsageError("the passphrase is given twice");
  const file = only(dash ? positionals.slice(0, -1) : positionals, "a file");
  return { kind: "keystore import", file, passphrase: passphraseSource(path) };
}

function passphraseSource(path: string | undefined): PassphraseSource {
  if (path === undefined) return { from: "terminal" };
  return path === "-" ? { from: "standard input" } : { from: "file", path };
}

function keystoreList(words: readonly string[]): Command {
  const { values, positionals } = read(words, { ...HELP, ...JSON_OUTPUT });
  if (values.help === true) return { kind: "help" };
  nothingMore(positionals);
  return { kind: "keystore list", json: values.json === true };
}

function hostileList(words: readonly string[]): Command {
  const { values, positionals } = read(words, { ...HELP, ...JSON_OUTPUT });
  if (values.help === true) return { kind: "help" };
  nothingMore(positionals);
  return { kind: "hostile list", json: values.json === true };
}

function hostileRemove(words: readonly string[]): Command {
  const { values, positionals } = read(words, HELP);
  if (values.help === true) return { kind: "help" };
  const key = only(positionals, "a key");
  if (!isPin(key)) throw new UsageError(`${JSON.stringify(key)} is no key (sha256/ and 44 characters of base64)`);
  return { kind: "hostile remove", key };
}

const isPin = (text: string): text is Pin => /^sha256\/[A-Za-z0-9+/]{43}=$/.test(text);

function hostileExport(words: readonly string[]): Command {
  const { values, positionals } = read(words, { ...HELP, output: { type: "string", short: "o" } });
  if (values.help === true) return { kind: "help" };
  nothingMore(positionals);
  return { kind: "hostile export", ...(values.output === undefined ? {} : { output: values.output }) };
}

function nothingMore(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`${JSON.stringify(positionals[0])} is not expected here`);
}

function keystoreRemove(words: readonly string[]): Command {
  const { values, positionals } = read(words, HELP);
  if (values.help === true) return { kind: "help" };
  const given = only(positionals, "a fingerprint");
  const fingerprint = given.replaceAll(":", "").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(fingerprint)) {
    throw new UsageError(`${JSON.stringify(given)} is no SHA-256 fingerprint (64 hexadecimal digits)`);
  }
  return { kind: "keystore remove", fingerprint };
}

function profileValidate(words: readonly string[]): Command {
  const { values, positionals } = read(words, { ...HELP, ...JSON_OUTPUT });
  if (values.help === true) return { kind: "help" };
  return { kind: "profile validate", file: only(positionals, "a file"), json: values.json === true };
}

function profileOf(profile: string | undefined) {
  return profile === undefined ? {} : { profile };
}

function read<O extends Options>(words: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function only(positionals: readonly string[], what: string): string {
  const [one, more] = positionals;
  if (one === undefined || one === "") throw new UsageError(`${what} is missing`);
  if (more !== undefined) throw new UsageError(`${JSON.stringify(more)} is not expected here`);
  return one;
}
