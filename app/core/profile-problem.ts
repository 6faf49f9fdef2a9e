import type { z } from "zod";

/** One thing that is wrong with a profile. */
export interface ProfileProblem {
  /** JSON path, e.g. `$.sites[0].server.pins[1]`. */
  readonly path: string;
  /** The value found there as JSON, shortened; `(missing)` when there is none. */
  readonly value: string;
  readonly expected: string;
}

export type JsonPath = readonly PropertyKey[];

const VALUE_LENGTH = 120;

/** The problems that the schema found, in its order, with the values as they stand in `document`. */
export function problemsOf(error: z.ZodError, document: unknown): readonly ProfileProblem[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => problemOf(document, [...issue.path, key], issue.message))
      : [problemOf(document, issue.path, issue.message)],
  );
}

export function problemOf(document: unknown, path: JsonPath, expected: string): ProfileProblem {
  return { path: printPath(path), value: printValue(valueAt(document, path)), expected };
}

function valueAt(document: unknown, path: JsonPath): unknown {
  let value = document;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

export function printPath(path: JsonPath): string {
  const steps = path.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(String(key))}]`;
  });
  return `$${steps.join("")}`;
}

function printValue(value: unknown): string {
  const json = value === undefined ? "(missing)" : asJson(value);
  return json.length <= VALUE_LENGTH ? json : `${json.slice(0, VALUE_LENGTH - 1)}…`;
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "(not JSON)";
  } catch {
    // Nested too deeply, or not from JSON at all.
    return "(not printable)";
  }
}
