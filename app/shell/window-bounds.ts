/** Where the window was, kept across starts in a small file and never off every display. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowPlace {
  readonly bounds?: Bounds;
  readonly maximized: boolean;
}

export const MINIMUM = { width: 640, height: 480 } as const;
export const INITIAL = { width: 1180, height: 800 } as const;

/** A damaged file is no reason not to start: the window then opens where it opens first. */
export function readPlace(file: string): WindowPlace {
  try {
    return placeOf(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return { maximized: false };
  }
}

export function writePlace(file: string, place: WindowPlace): void {
  writeFileSync(`${file}.new`, JSON.stringify(place));
  renameSync(`${file}.new`, file);
}

function placeOf(value: unknown): WindowPlace {
  if (typeof value !== "object" || value === null) return { maximized: false };
  const maximized = "maximized" in value && value.maximized === true;
  const bounds = "bounds" in value ? boundsOf(value.bounds) : undefined;
  return bounds ? { bounds, maximized } : { maximized };
}

function boundsOf(value: unknown): Bounds | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { x, y, width, height } = value as Partial<Record<keyof Bounds, unknown>>;
  if (!isInteger(x) || !isInteger(y) || !isInteger(width) || !isInteger(height)) return undefined;
  return { x, y, width, height };
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}

/** The kept place, moved and shrunk into the display's work area that holds most of it. */
export function fitBounds(kept: Bounds, areas: readonly Bounds[]): Bounds | undefined {
  const area = areas.reduce<Bounds | undefined>(
    (best, each) => (best && overlap(kept, best) >= overlap(kept, each) ? best : each),
    undefined,
  );
  if (!area) return undefined;
  const width = Math.min(Math.max(kept.width, MINIMUM.width), area.width);
  const height = Math.min(Math.max(kept.height, MINIMUM.height), area.height);
  const x = Math.min(Math.max(kept.x, area.x), area.x + area.width - width);
  const y = Math.min(Math.max(kept.y, area.y), area.y + area.height - height);
  return { x, y, width, height };
}

function overlap(a: Bounds, b: Bounds): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}
