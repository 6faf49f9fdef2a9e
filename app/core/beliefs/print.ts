import type { Derivation } from "../verdict.ts";
import type { Formula, Principal } from "./formula.ts";

/** Fingerprints and keys are cut to this many characters where people read them. */
const SHORT = 12;
const PREFIXES = ["sha256/", "CA:"];

/** Who the principals are, in words. */
export type Cast = (principal: Principal) => string;

/** Cuts a fingerprint, pin or issuer for display. */
export function shorten(text: string): string {
  const prefix = PREFIXES.find((each) => text.startsWith(each)) ?? "";
  return text.length - prefix.length <= SHORT ? text : `${text.slice(0, prefix.length + SHORT)}…`;
}

/** A formula in BAN's notation, ASCII form. */
export function printFormula(formula: Formula): string {
  switch (formula.kind) {
    case "datum":
      return formula.name;
    case "believes":
    case "sees":
    case "said":
    case "controls":
      return `${shorten(formula.who)} ${formula.kind} ${inner(formula.what)}`;
    case "fresh":
      return `fresh(${printFormula(formula.what)})`;
    case "shared-key":
      return `${formula.a} <-${formula.secret}-> ${formula.b}`;
    case "public-key":
      return `|-${shorten(formula.public)}-> ${shorten(formula.of)}`;
    case "encrypted":
      return `{${printFormula(formula.what)}}${formula.secret}`;
    case "signed":
      return `{${printFormula(formula.what)}}${shorten(formula.public)}^-1`;
    case "conjunction":
      return `${printFormula(formula.left)}, ${printFormula(formula.right)}`;
    case "means":
      return `${printFormula(formula.message)} means ${inner(formula.meaning)}`;
  }
}

function inner(formula: Formula): string {
  return formula.kind === "conjunction" || formula.kind === "controls"
    ? `(${printFormula(formula)})`
    : printFormula(formula);
}

/** A formula as a clause that people understand. */
export function inWords(formula: Formula, cast: Cast): string {
  const words = (part: Formula) => inWords(part, cast);
  switch (formula.kind) {
    case "datum":
      return formula.text;
    case "believes":
      return `${cast(formula.who)} believes that ${words(formula.what)}`;
    case "sees":
      return `${cast(formula.who)} received the statement that ${words(formula.what)}`;
    case "said":
      return `${cast(formula.who)} has said that ${words(formula.what)}`;
    case "controls":
      return `${cast(formula.who)} is competent to say that ${words(formula.what)}`;
    case "fresh":
      return `it is new and no repetition that ${words(formula.what)}`;
    case "shared-key":
      return `only ${cast(formula.a)} and ${cast(formula.b)} know the key of this channel (${formula.secret})`;
    case "public-key":
      return `${shorten(formula.public)} is the public key of ${cast(formula.of)}`;
    case "encrypted":
      return `${words(formula.what)} (protected by the key of this channel)`;
    case "signed":
      return `${words(formula.what)} (signed with the key ${shorten(formula.public)})`;
    case "conjunction":
      return `${words(formula.left)} and ${words(formula.right)}`;
    case "means":
      return `“${formula.message.text}” is to be read as: ${words(formula.meaning)}`;
  }
}

/** A clause as a sentence. */
export function sentence(clause: string): string {
  return `${clause.slice(0, 1).toUpperCase()}${clause.slice(1)}.`;
}

/**
 * A derivation as a text tree: one line for each step, what it rests on indented below it. Evidence, declared premises
 * and derived steps are marked, so that nobody takes an assumption for a proof.
 */
export function printDerivation(derivation: Derivation): string {
  return lines(derivation, new Set()).join("\n");
}

/** Several derivations below each other; what an earlier one has shown is only referred to by a later one. */
export function printDerivations(derivations: readonly Derivation[]): string {
  const shown = new Set<string>();
  return derivations.flatMap((derivation) => lines(derivation, shown)).join("\n");
}

function lines(derivation: Derivation, shown: Set<string>): readonly string[] {
  const { formula, from } = derivation;
  if (from.length > 0 && shown.has(formula)) return [`${formula}   [shown above]`];
  shown.add(formula);
  const children = from.flatMap((child, index) => {
    const [first = "", ...rest] = lines(child, shown);
    const last = index === from.length - 1;
    return [`${last ? "└─" : "├─"} ${first}`, ...rest.map((line) => `${last ? "  " : "│ "} ${line}`)];
  });
  return [`${formula}   ${mark(derivation)}`, ...children];
}

function mark({ basis, rule, source, evidence }: Derivation): string {
  if (basis === "evidence") return `[evidence: ${evidence?.kind ?? rule}]`;
  return basis === "assumption" ? `[assumed: ${source ?? rule}]` : `[${rule}]`;
}
