/** What the bench of hostile lists is made of: domains, and addresses on hosts that many share. */

const SHARED = 5_000;

/** Of ten entries seven are domains and three addresses on shared hosts. */
export function entryOf(index: number): { readonly host: string; readonly path: string } {
  return index % 10 < 7
    ? { host: `bad${index}.zone${index % 977}.test`, path: "/" }
    : { host: `host${index % SHARED}.sharing.test`, path: `/files/${index}/login.html` };
}

/** Addresses that no list has; each tenth is on a host of which the list has others. */
export function cleanUrls(count: number): readonly URL[] {
  return Array.from({ length: count }, (_, index) =>
    index % 10 === 0
      ? new URL(`https://host${index % SHARED}.sharing.test/files/c${index}/index.html?x=${index}`)
      : new URL(`https://www.shop${index}.clean${index % 1013}.co.uk/products/${index}/view.html?session=${index * 7}`),
  );
}

/** Entries as a list in the form of `lines`, in pieces. */
export function* listText(entries: number): Generator<string> {
  let piece = "";
  for (let index = 0; index < entries; index += 1) {
    const { host, path } = entryOf(index);
    piece += path === "/" ? `${host}\n` : `http://${host}${path}\n`;
    if (piece.length < 2 ** 20) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}
