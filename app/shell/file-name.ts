/** Names of files that a site offers, as a file system and a dialog can take them. */
import { extname } from "node:path";

/** File systems hold 255 bytes; the user may want to add a few. */
const LONGEST = 200;

/** Extensions longer than this are no extensions, bytes. */
const LONGEST_EXTENSION = 20;

/** A name of at most 200 bytes of UTF-8: the end of a long one goes, its extension stays, since it says what opens it. */
export function shortFileName(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST) return name;
  const found = extname(name);
  const extension = Buffer.byteLength(found) <= LONGEST_EXTENSION ? found : "";
  const room = LONGEST - Buffer.byteLength(`…${extension}`);
  let stem = "";
  let used = 0;
  for (const character of name.slice(0, name.length - extension.length)) {
    used += Buffer.byteLength(character);
    if (used > room) break;
    stem += character;
  }
  return `${stem}…${extension}`;
}
