import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../../renderer/style/tokens.css", import.meta.url), "utf8");
const [light = "", dark = ""] = css.split("@media (prefers-color-scheme: dark)");

const colours = (block: string): ReadonlyMap<string, string> =>
  new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = "", value = ""]) => [name, value]));

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** Letters and what they stand on; 4.5 to 1 is WCAG 2.2's level AA. */
const letters: readonly (readonly [string, readonly string[]])[] = [
  ["ink", ["paper", "surface", "rail", "rail-strong"]],
  ["ink-soft", ["paper", "surface", "rail", "rail-strong", "refused-soft", "hostile-soft"]],
  ["accent", ["paper", "surface"]],
  ["on-accent", ["accent", "accent-strong"]],
  ["proved", ["paper", "surface", "rail", "proved-soft"]],
  ["refused", ["paper", "surface", "rail", "refused-soft"]],
  ["hostile", ["paper", "surface", "rail", "hostile-soft"]],
  ["mind", ["paper", "surface", "mind-soft"]],
];
/** Borders of controls and the focus ring; 3 to 1 suffices (WCAG 2.2, 1.4.11). */
const lines: readonly (readonly [string, readonly string[]])[] = [
  ["line-strong", ["paper", "surface"]],
  ["focus", ["paper", "surface", "rail"]],
];

for (const [theme, block] of [
  ["light", light],
  ["dark", dark],
] as const) {
  const palette = colours(block);
  const check = (pairs: typeof letters, least: number): void => {
    for (const [front, backs] of pairs)
      for (const back of backs) {
        const ratio = contrast(palette.get(front) ?? "", palette.get(back) ?? "");
        assert.ok(ratio >= least, `${theme}: --${front} on --${back} has ${ratio.toFixed(2)}, expected ${least}`);
      }
  };
  test(`letters stand out enough: ${theme}`, () => check(letters, 4.5));
  test(`borders and focus stand out enough: ${theme}`, () => check(lines, 3));
}
