/**
 * Text that others wrote (certificates, answers, files), made harmless for one line of a terminal, a log or a message:
 * characters that command a terminal, break the line or turn its direction stand as `\uXXXX`, as JSON writes them.
 */
export function visibleLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** The same for text of several lines of our own, and for JSON: line feeds and tabs stay. */
export function visibleText(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`)
    .join("");
}
