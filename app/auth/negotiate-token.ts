import { Refusal } from "../core/refusal.ts";

/** Larger than any Kerberos token that a server needs to send; an AP-REP has about 150 octets. */
const MAXIMUM_TOKEN = 65_536;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `Negotiate` with a token (RFC 4559 §4.2). */
export const negotiate = (token: Buffer): string => `Negotiate ${token.toString("base64")}`;

/**
 * The one token of an answer (RFC 4559 §5).
 * @param fields names and values, alternating, as received
 * @returns undefined when the answer has none
 * @throws Refusal `server.token-invalid`, `server.mechanism`
 */
export function answerToken(fields: readonly string[]): Buffer | undefined {
  const challenges = challengesOf(fields);
  const tokens = challenges.flatMap(({ scheme, rest }) => (scheme === "negotiate" ? [rest] : []));
  const [text] = tokens;
  if (text === undefined) return undefined;
  if (challenges.length > 1) throw invalid("several WWW-Authenticate fields", "one");
  if (text === "") return undefined;
  if (!BASE64.test(text)) throw invalid("a token that is not base64", "base64 (RFC 4648 §4)");
  const token = Buffer.from(text, "base64");
  if (token.length > MAXIMUM_TOKEN) throw invalid(`${token.length} octets`, "a token of at most 64 KiB");
  if (token.subarray(0, 7).toString("latin1") === "NTLMSSP") {
    throw new Refusal("server.mechanism", { value: "NTLM", fault: "the server speaks NTLM", expected: "Kerberos" });
  }
  return token;
}

interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  readonly rest: string;
}

function challengesOf(fields: readonly string[]): readonly Challenge[] {
  return fields
    .filter((_, index) => index % 2 === 1 && fields[index - 1]?.toLowerCase() === "www-authenticate")
    .map((value) => {
      const text = value.trim();
      const end = text.search(/[ \t]/);
      const scheme = end < 0 ? text : text.slice(0, end);
      return { scheme: scheme.toLowerCase(), rest: end < 0 ? "" : text.slice(end).trim() };
    });
}

function invalid(value: string, expected: string): Refusal {
  return new Refusal("server.token-invalid", { value, fault: "the server's token cannot be read", expected });
}
