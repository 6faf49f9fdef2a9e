import type { Fields } from "./exchange.ts";

/** Pairs of Node's flat list `[name, value, name, value, …]`. */
export function pairs(raw: readonly string[]): Fields {
  const fields: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) fields.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return fields;
}

/** The flat list that Node's HTTP/1.1 writer takes; keeps order, spelling and repetition. */
export function flat(fields: Fields): string[] {
  return fields.flat();
}

/** One entry for each name, as Node's writers take it; a repeated name has all its values, in order. */
export function grouped(fields: Fields): Record<string, string | string[]> {
  const groups: Record<string, string | string[]> = Object.create(null);
  const spelling = new Map<string, string>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    const key = spelling.get(lower) ?? name;
    spelling.set(lower, key);
    const before = groups[key];
    groups[key] = before === undefined ? value : [before, value].flat();
  }
  return groups;
}

/** All values of a field, in order. */
export function valuesOf(fields: Fields, name: string): readonly string[] {
  return fields.filter(([candidate]) => candidate.toLowerCase() === name).map(([, value]) => value);
}
