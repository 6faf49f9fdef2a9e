/** Licences of everything that ships inside the app: the closure of `dependencies`, and Electron's own notices beside it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Needed to build keytar from source, not shipped. */
const notShipped = new Set(["prebuild-install", "node-addon-api"]);

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** Where Node would find a package that `from` depends on. */
function locate(root: string, from: string, name: string): string {
  for (let folder = from; folder.startsWith(root); folder = join(folder, "..")) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
  }
  throw new Error(`${name}, a dependency of ${from}, is not installed`);
}

function shippedFolders(root: string): readonly string[] {
  const found = new Set<string>();
  const visit = (folder: string): void => {
    for (const name of Object.keys(readManifest(folder).dependencies ?? {})) {
      if (notShipped.has(name)) continue;
      const place = locate(root, folder, name);
      if (found.has(place)) continue;
      found.add(place);
      visit(place);
    }
  };
  visit(root);
  return [...found];
}

function licenceText(folder: string): string {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)(\.|-|$)/i.test(name));
  return file === undefined ? "(no licence file in the package)" : readFileSync(join(folder, file), "utf8").trim();
}

/** @returns the text of resources/third-party-notices.txt */
export function thirdPartyNotices(root: string): string {
  const entries = shippedFolders(root)
    .map((folder) => ({ ...readManifest(folder), text: licenceText(folder) }))
    .map(({ name, version, license = "see below", text }) => ({ title: `${name} ${version} (${license})`, text }))
    .sort((a, b) => (a.title < b.title ? -1 : 1));
  // Many packages share one licence text: it is printed once, under all their names.
  const byText = new Map<string, string[]>();
  for (const { title, text } of entries) byText.set(text, [...(byText.get(text) ?? []), title]);
  const parts = [...byText].map(([text, titles]) => `${[...new Set(titles)].join("\n")}\n\n${text}\n`);
  const head =
    "Countersign contains the following works of others. Electron's and Chromium's notices lie beside the executable.\n";
  return [head, ...parts].join(`\n${"─".repeat(80)}\n\n`);
}
