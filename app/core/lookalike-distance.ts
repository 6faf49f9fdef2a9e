/** One slip of the fingers: a letter changed, left out, put in, or two neighbours exchanged. */
export type Slip = "changed" | "left-out" | "put-in" | "exchanged";

/**
 * How many slips lie between two texts (optimal string alignment distance: no letter is touched twice).
 * @param most where the answer is no longer of interest; anything beyond gives `most + 1`
 */
export function slipsBetween(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return most + 1;
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const exchanged =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
          ? (beforeLast[column - 2] ?? 0) + 1
          : Number.POSITIVE_INFINITY;
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        exchanged,
      );
    }
    if (Math.min(...current, ...last) > most) return most + 1;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[to.length] ?? 0, most + 1);
}

/** Which slip it is where there is exactly one; undefined otherwise. */
export function onlySlip(from: string, to: string): Slip | undefined {
  if (slipsBetween(from, to, 1) !== 1) return undefined;
  if (from.length > to.length) return "left-out";
  if (from.length < to.length) return "put-in";
  return differences(from, to) === 1 ? "changed" : "exchanged";
}

function differences(from: string, to: string): number {
  return [...from].filter((letter, index) => letter !== to[index]).length;
}
