/** Whether one label of a host could be taken for another. */
import { onlySlip, slipsBetween } from "./lookalike-distance.ts";
import { skeletonOf, spokenSkeletonOf } from "./lookalike-skeleton.ts";
import { isCommon, isWrapping } from "./lookalike-words.ts";

/** In what way an address resembles a genuine one. */
export type Likeness = "homograph" | "misspelling" | "hyphenation" | "added words" | "embedded name" | "other ending";

/** A label with what comparisons need of it, each made once. */
export class Label {
  /** In Unicode. */
  readonly text: string;
  readonly parts: readonly string[];
  /** Without hyphens. */
  readonly bare: string;
  readonly skeleton: string;
  /** A name that is somebody's wherever it stands: not short, and no word that anybody may use. */
  readonly tells: boolean;
  /** It could be anybody's. */
  readonly common: boolean;
  #spoken: string | undefined;
  #wrapped: ReadonlySet<string> | undefined;
  readonly #runs = new Map<string, Label>();

  constructor(text: string) {
    this.text = text;
    this.parts = text.split("-").filter(Boolean);
    this.bare = this.parts.join("");
    this.skeleton = skeletonOf(this.bare);
    this.common = isCommon(this.bare);
    this.tells = this.bare.length >= 5 && !this.common;
  }

  get spoken(): string {
    this.#spoken ??= spokenSkeletonOf(this.bare);
    return this.#spoken;
  }

  /** `width` neighbouring parts as one label. */
  run(start: number, width: number): Label {
    const key = `${start}+${width}`;
    const run = this.#runs.get(key) ?? new Label(this.parts.slice(start, start + width).join(""));
    this.#runs.set(key, run);
    return run;
  }

  /** Skeletons of all pieces of the bare label that have nothing but wrapping around them. */
  get wrapped(): ReadonlySet<string> {
    this.#wrapped ??= wrappedPieces(this.bare);
    return this.#wrapped;
  }
}

/**
 * @param alikeEnding whether what follows the label is alike, too: only then short and common names count
 * @returns undefined also for the genuine label itself under the genuine ending
 */
export function labelLikeness(asked: Label, genuine: Label, alikeEnding: boolean): Likeness | undefined {
  const counts = alikeEnding || genuine.tells;
  if (asked.text === genuine.text) return counts && !alikeEnding ? "embedded name" : undefined;
  // Letters of other scripts under the looks of a listed name are deceit, whatever the name.
  if (!counts && !hasOtherScripts(asked.text)) return undefined;
  if (asked.bare === genuine.bare) return genuine.bare.length >= 4 ? "hyphenation" : undefined;
  if (asked.skeleton === genuine.skeleton) return genuine.bare.length >= 3 ? "homograph" : undefined;
  if (!counts) return undefined;
  if (isSpokenAlike(asked, genuine)) return "homograph";
  if (wrapsName(asked, genuine)) return "added words";
  return isMisspelt(asked, genuine, alikeEnding) ? "misspelling" : undefined;
}

function hasOtherScripts(text: string): boolean {
  return /[^!-~]/.test(text);
}

/** Digits for letters; a genuine name that has digits of its own is not read this way. */
function isSpokenAlike(asked: Label, genuine: Label): boolean {
  if (genuine.bare.length < 4 || /\d/.test(genuine.bare) || !/\d/.test(asked.bare)) return false;
  return asked.spoken === genuine.spoken;
}

/**
 * The shorter a name, the more honest neighbours it has: from 12 letters two slips count, from 7 one. A shorter name
 * must stand under an ending alike, keep its first letter, and have letters exchanged, left out or doubled.
 */
function isMisspelt(asked: Label, genuine: Label, alikeEnding: boolean): boolean {
  if (asked.common) return false;
  const most = genuine.bare.length >= 12 ? 2 : 1;
  if (genuine.bare.length >= 7) {
    return (
      slipsBetween(genuine.bare, asked.bare, most) <= most ||
      slipsBetween(genuine.skeleton, asked.skeleton, most) <= most
    );
  }
  return alikeEnding && isShortMisspelt(asked.bare, genuine.bare);
}

function isShortMisspelt(asked: string, genuine: string): boolean {
  if (asked[0] !== genuine[0]) return false;
  switch (onlySlip(genuine, asked)) {
    case "exchanged":
      return genuine.length >= 4;
    case "put-in":
      return genuine.length >= 5 && isDoubled(asked, genuine);
    case "left-out":
      return genuine.length >= 6;
    default:
      return false;
  }
}

/** The letter put in repeats its neighbour. */
function isDoubled(asked: string, genuine: string): boolean {
  return [...genuine].some((letter, index) => genuine.slice(0, index) + letter + genuine.slice(index) === asked);
}

/** The genuine name, set apart by hyphens or run together with wrapping words. */
function wrapsName(asked: Label, genuine: Label): boolean {
  return standsApart(asked, genuine) || (genuine.bare.length >= 4 && asked.wrapped.has(genuine.skeleton));
}

function standsApart(asked: Label, genuine: Label): boolean {
  const { parts } = asked;
  const widths = genuine.parts.length === 1 ? [1] : [1, genuine.parts.length];
  return widths.some((width) => {
    for (let start = 0; start + width <= parts.length; start += 1) {
      if (!isName(asked.run(start, width), genuine)) continue;
      if (mayWrap([...parts.slice(0, start), ...parts.slice(start + width)], genuine)) return true;
    }
    return false;
  });
}

function isName(part: Label, genuine: Label): boolean {
  const alike = part.skeleton === genuine.skeleton || isSpokenAlike(part, genuine);
  return alike || (genuine.bare.length >= 7 && isMisspelt(part, genuine, false));
}

/** A long name of its own is enough; beside a short or common one everything else must be wrapping. */
function mayWrap(others: readonly string[], genuine: Label): boolean {
  return others.length > 0 && ((genuine.bare.length >= 7 && genuine.tells) || others.every(isWrapping));
}

function wrappedPieces(bare: string): ReadonlySet<string> {
  const letters = [...bare];
  const pieces = new Set<string>();
  for (let start = 0; start < letters.length; start += 1) {
    if (!isWrapping(letters.slice(0, start).join(""))) continue;
    for (let end = start + 1; end <= letters.length; end += 1) {
      const whole = start === 0 && end === letters.length;
      if (!whole && isWrapping(letters.slice(end).join(""))) pieces.add(skeletonOf(letters.slice(start, end).join("")));
    }
  }
  return pieces;
}
