/** One `type=value` of a relative distinguished name. */
export interface AttributeTypeAndValue {
  /** A short name, or an object identifier in dotted form. */
  readonly type: string;
  /** Unescaped text; when `encoded`, `#` and the lower-case hex of the value's BER encoding. */
  readonly value: string;
  readonly encoded?: true;
}

/** RDNs in the order of the text; each holds one attribute or, joined by `+`, several. */
export type DistinguishedName = readonly (readonly AttributeTypeAndValue[])[];

const TYPE = /^(?:[A-Za-z][A-Za-z0-9-]*|(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+)$/;
const HEX_STRING = /^#(?:[0-9A-Fa-f]{2})+$/;
const PAIR = /\\(?:[ "#=+,;<>\\]|[0-9A-Fa-f]{2})/g;
const RESERVED = /["+,;<>\\\0]/;

/** Reads the string form of a distinguished name (RFC 4514 §3). @returns undefined when it is none, or empty. */
export function parseDistinguishedName(text: string): DistinguishedName | undefined {
  const name: AttributeTypeAndValue[][] = [];
  for (const rdn of splitUnescaped(text, ",")) {
    const attributes: AttributeTypeAndValue[] = [];
    for (const part of splitUnescaped(rdn, "+")) {
      const attribute = parseAttribute(part);
      if (attribute === undefined) return undefined;
      attributes.push(attribute);
    }
    name.push(attributes);
  }
  return name;
}

function splitUnescaped(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === "\\") index += 1;
    else if (text[index] === separator) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function parseAttribute(text: string): AttributeTypeAndValue | undefined {
  const equals = text.indexOf("=");
  const type = text.slice(0, Math.max(equals, 0));
  const raw = text.slice(equals + 1);
  if (!TYPE.test(type) || raw === "") return undefined;
  if (raw.startsWith("#")) return HEX_STRING.test(raw) ? { type, value: raw.toLowerCase(), encoded: true } : undefined;
  return isEscapedString(raw) ? { type, value: unescapePairs(raw) } : undefined;
}

/** Reserved characters only in pairs, and no bare space at either end (RFC 4514 §2.4). */
function isEscapedString(raw: string): boolean {
  const bare = raw.replace(PAIR, "x");
  return !RESERVED.test(bare) && !bare.startsWith(" ") && !bare.endsWith(" ");
}

/** Hex pairs are octets of UTF-8 (RFC 4514 §2.4), so they are collected as bytes before they are read. */
function unescapePairs(raw: string): string {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let index = 0; index < raw.length; ) {
    const [pair] = /^\\(?:[0-9A-Fa-f]{2}|.)/s.exec(raw.slice(index)) ?? [];
    if (pair?.length === 3) bytes.push(Number.parseInt(pair.slice(1), 16));
    else bytes.push(...encoder.encode(pair?.slice(1) ?? String.fromCodePoint(raw.codePointAt(index) ?? 0)));
    index += pair?.length ?? String.fromCodePoint(raw.codePointAt(index) ?? 0).length;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** Short names of attribute types by object identifier: those of RFC 4514 §3 and the few others that people know. */
export const ATTRIBUTE_NAMES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.4": "SN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "title",
  "2.5.4.42": "GN",
  "2.5.4.97": "organizationIdentifier",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/** RFC 4514 §2.4; control and format characters become hex pairs too, so that a name cannot break a line or a log. */
export function escapeValue(value: string): string {
  return value
    .replace(/["+,;<>\\]|^[ #]| $/g, "\\$&")
    .replace(/\p{Cc}|\p{Cf}/gu, (character) =>
      [...new TextEncoder().encode(character)].map((octet) => `\\${octet.toString(16).padStart(2, "0")}`).join(""),
    );
}

/** Letter case, kind of string and runs of white space make no difference (RFC 5280 §7.1, RFC 4518 §2). */
export const foldValue = (value: string): string => value.normalize("NFKC").trim().replace(/\s+/gu, " ").toLowerCase();
