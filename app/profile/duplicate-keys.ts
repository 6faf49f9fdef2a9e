import { getNodePath, type Node, parseTree } from "jsonc-parser";
import { type ProfileProblem, printPath } from "../core/profile-problem.ts";

/**
 * Keys that stand more than once in one object. JSON leaves open which of them counts (RFC 8259 §4) and `JSON.parse`
 * silently takes the last, so that an editor, a reviewer and this program could each see another profile.
 * @param text well-formed JSON
 * @returns a problem for each repetition, in the order of the text
 * @throws RangeError for text that is nested too deeply to be read
 */
export function duplicateKeys(text: string): readonly ProfileProblem[] {
  const root = parseTree(text, [], { disallowComments: true });
  const problems: ProfileProblem[] = [];
  for (const object of objectsOf(root)) {
    const seen = new Set<unknown>();
    for (const property of object.children ?? []) {
      const [key, value] = property.children ?? [];
      if (key === undefined || value === undefined) continue;
      if (seen.has(key.value)) problems.push(repeated(value, String(key.value)));
      seen.add(key.value);
    }
  }
  return problems;
}

/** Every object of the document, outermost first. */
function objectsOf(root: Node | undefined): readonly Node[] {
  const found: Node[] = [];
  const waiting = root === undefined ? [] : [root];
  for (const node of waiting) {
    if (node.type === "object") found.push(node);
    for (const child of node.children ?? []) waiting.push(child);
  }
  return found;
}

function repeated(node: Node, key: string): ProfileProblem {
  return { path: printPath(getNodePath(node)), value: JSON.stringify(key), expected: "each key once in an object" };
}
