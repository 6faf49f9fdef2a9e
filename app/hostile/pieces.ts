/** Cuts a text that arrives in pieces into lines or JSON objects, with bounded memory. */

/** Longer ones are given as undefined, and passed over. */
const LONGEST = 65_536;

/** Lines without their ends. */
export function* lines(pieces: Iterable<string>): Generator<string | undefined> {
  let rest = "";
  let tooLong = false;
  for (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
      const line = rest + piece.slice(start, end);
      yield tooLong || line.length > LONGEST ? undefined : line.endsWith("\r") ? line.slice(0, -1) : line;
      rest = "";
      tooLong = false;
      start = end + 1;
    }
    rest += piece.slice(start);
    if (rest.length <= LONGEST) continue;
    tooLong = true;
    rest = "";
  }
  if (tooLong) yield undefined;
  else if (rest !== "") yield rest;
}

/** The innermost objects of a JSON text; what they hold is for JSON.parse to say. */
export function* objects(pieces: Iterable<string>): Generator<string | undefined> {
  let text = "";
  let inString = false;
  let escaped = false;
  let open = false;
  for (const piece of pieces) {
    for (const character of piece) {
      if (open) text += character;
      if (escaped) escaped = false;
      else if (inString && character === "\\") escaped = true;
      else if (character === '"') inString = !inString;
      else if (!inString && character === "{") {
        open = true;
        text = "{";
      } else if (!inString && character === "}" && open) {
        yield text;
        open = false;
        text = "";
      }
      if (text.length <= LONGEST) continue;
      yield undefined;
      open = false;
      text = "";
    }
  }
  if (open || inString) yield undefined;
}
