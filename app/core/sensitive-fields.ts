/** Which fields of a page take something that must not be seen, copied or sent elsewhere. Pure. */

export const SENSITIVE_KINDS = ["password", "pin", "one-time-code", "card", "iban", "national-id"] as const;
export type SensitiveKind = (typeof SENSITIVE_KINDS)[number];

/** What a field says of itself (HTML Standard §4.10); what it holds is none of it. */
export interface FieldFacts {
  /** Of an input; `text` for any other element that takes text. */
  readonly type: string;
  readonly autocomplete: string;
  readonly name: string;
  readonly id: string;
  /** Its label, `aria-label` or placeholder. */
  readonly label: string;
  readonly inputMode: string;
  readonly pattern: string;
  /** Negative when there is none. */
  readonly maxLength: number;
}

/** Types of input that hold no typed text. */
const UNTYPED = new Set(
  "button,checkbox,color,date,datetime-local,file,hidden,image,month,radio,range,reset,search,submit,time,week".split(
    ",",
  ),
);

/** Autofill tokens that say it outright (HTML Standard §4.10.18.7). */
const TOKENS: Readonly<Record<string, SensitiveKind>> = {
  "current-password": "password",
  "new-password": "password",
  "one-time-code": "one-time-code",
  "cc-number": "card",
  "cc-csc": "card",
  "cc-exp": "card",
};

/** Words of a name, an id or a label, in the order in which they decide. */
const WORDS: readonly (readonly [SensitiveKind, RegExp])[] = [
  [
    "one-time-code",
    /\b(?:otp|totp|mfa|2fa|tan|m ?tan|one ?time|einmal|verification code|security code sms|sms code)\b/,
  ],
  ["iban", /\biban\b|\baccount ?(?:no|number|nr)\b|\bkonto ?(?:nr|nummer)\b/],
  ["card", /\b(?:card|cc|credit|karten?) ?(?:no|num|number|nr|nummer)\b|\bpan\b|\bcv[cv]2?\b|\bcsc\b|\bcard ?code\b/],
  [
    "national-id",
    /\b(?:ssn|social ?security(?: ?(?:no|number))?|national ?id|ahv|avs|steuer ?id|tax ?id|tin|nino|codice ?fiscale|personnummer|bsn|passport ?(?:no|number|nr))\b/,
  ],
  ["pin", /\bpin\b(?! ?(?:code)? ?of ?(?:the )?map)|\bpin ?(?:code|nummer)\b|\bgeheimzahl\b/],
  ["password", /\bpass ?(?:word|wort|phrase|wd|code)\b|\bpwd\b|\bkennwort\b|\bmot de passe\b/],
];

/** @returns undefined for a field that takes nothing sensitive */
export function sensitiveKind(field: FieldFacts): SensitiveKind | undefined {
  const type = field.type.toLowerCase();
  if (UNTYPED.has(type)) return undefined;
  const token = field.autocomplete
    .toLowerCase()
    .split(/\s+/)
    .map((word) => TOKENS[word])
    .find((kind) => kind);
  if (token !== undefined && token !== "password") return token;
  const named = [field.name, field.id, field.label].map(plainWords);
  const kind = WORDS.find(([, pattern]) => named.some((words) => pattern.test(words)))?.[0];
  // A field of dots that asks for digits alone is a PIN whatever its name.
  if (type === "password")
    return kind !== undefined && kind !== "password" ? kind : digitsAlone(field) ? "pin" : "password";
  return kind ?? token;
}

/** Whether digits are all that the field takes, and few of them. */
export function digitsAlone({ inputMode, pattern, maxLength }: FieldFacts): boolean {
  const digits = inputMode.toLowerCase() === "numeric" || /^\^?(?:\\d|\[0-9\])(?:[*+]|\{[\d,]+\})?\$?$/.test(pattern);
  return digits && maxLength >= 0 && maxLength <= 12;
}

/** Kinds that are entered as digits, on a keypad. */
export function isDigits(kind: SensitiveKind): boolean {
  return kind === "pin" || kind === "one-time-code" || kind === "card";
}

/** `userPin_code` as `user pin code`. */
function plainWords(text: string): string {
  return text
    .slice(0, 200)
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .replace(/[^\p{L}\d]+/gu, " ")
    .toLowerCase();
}
