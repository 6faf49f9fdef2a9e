/** One line of the table: what we take, what a peer takes for the same work in the same run. */
export interface Row {
  readonly id: string;
  readonly what: string;
  readonly product: number;
  readonly peer: number;
  readonly peerName: string;
  readonly unit: string;
  /** product ÷ peer, in the row's unit. */
  readonly ratio: number;
  /** For `unit` where more is better the least ratio, else the greatest; null where none is set. */
  readonly goal: number | null;
  readonly met: boolean | null;
}

export interface Measured {
  readonly id: string;
  readonly what: string;
  readonly product: number;
  readonly peer: number;
  readonly peerName: string;
  readonly unit: string;
  readonly better: "more" | "less";
  readonly goal?: number;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

export function rowOf({ better, goal, ...measured }: Measured): Row {
  const ratio = measured.product / measured.peer;
  const met = goal === undefined ? null : better === "more" ? ratio >= goal : ratio <= goal;
  return {
    ...measured,
    product: rounded(measured.product),
    peer: rounded(measured.peer),
    ratio: rounded(ratio),
    goal: goal ?? null,
    met,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return (low + high) / 2;
}

const HEADINGS = ["what", "Countersign", "peer", "", "unit", "ratio", "goal", "met"] as const;

/** The rows as text, columns aligned. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ what, product, peer, peerName, unit, ratio, goal, met }) => [
    what,
    String(product),
    String(peer),
    peerName,
    unit,
    ratio.toFixed(2),
    goal === null ? "–" : String(goal),
    met === null ? "–" : met ? "yes" : "NO",
  ]);
  const all = [[...HEADINGS], ...cells];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
