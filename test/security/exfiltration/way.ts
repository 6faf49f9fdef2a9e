/** One way out of a page, and how it is written down. */

/** Where a way's script runs. */
type Place =
  /** On the page that has the secret. */
  | "page"
  /** On a page of its own, because it leads away. */
  | "navigation"
  /** Not at all: headers of the page's answer, or the engine itself, do it. */
  | "answer"
  | "engine";

export interface Way {
  readonly id: string;
  readonly way: string;
  readonly place: Place;
  /** Body of a function of `host` (name of the way's own), `address` (the same, in digits), `url` and `secret`. */
  readonly script?: string;
  /** Fields of the answer that brings the page. */
  readonly fields?: (host: string) => Readonly<Record<string, string>>;
  /** How a packet of this way looks where it has neither the way's name nor its address in it. */
  readonly packet?: "multicast-dns" | "dictionary" | "wpad";
  /** Why a bare window of this runtime does not leak by it either: such a way proves nothing, and does not count. */
  readonly closedAnyway?: string;
}

/** Makes `{url}` and its like in the texts below the placeholders of the page's own template strings. */
const filled = (script: string): string =>
  script.replaceAll(/(?<!\$)\{(url|hex|host|encodeURIComponent\(url\)|url\.replace\("https", "http"\))\}/g, "$${$1}");

export const page = (id: string, way: string, script: string): Way => ({
  id,
  way,
  place: "page",
  script: filled(script),
});
export const navigation = (id: string, way: string, script: string): Way => ({
  id,
  way,
  place: "navigation",
  script: filled(script),
});
export const element = (id: string, way: string, html: string): Way => page(id, way, `add(\`${html}\`)`);
export const answer = (
  id: string,
  way: string,
  fields: (host: string) => Record<string, string>,
  script = "",
): Way => ({
  id,
  way,
  place: "answer",
  fields,
  script,
});
