/** The child's end of child.ts. */
import { once } from "node:events";
import { createInterface } from "node:readline";

/** What the parent hands over. Standard input stays open until the parent lets it end. */
export async function inputOf<T>(): Promise<T> {
  const lines = createInterface(process.stdin);
  const [line] = await once(lines, "line");
  lines.on("close", () => process.exit());
  return JSON.parse(String(line)) as T;
}

export const answer = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};
