/**
 * The ways by which a page could carry out what was typed into it, each as the script that tries it. The page of the
 * guarded app and that of a bare window run the very same scripts.
 */
import { DOCUMENT_WAYS } from "./document-ways.ts";
import { NETWORK_WAYS } from "./network-ways.ts";
import type { Way } from "./way.ts";

const engine: readonly Way[] = [
  { id: "spell-check", way: "spell checker: dictionary", place: "engine", packet: "dictionary" },
  { id: "crash-upload", way: "crash upload", place: "engine" },
  { id: "devtools", way: "developer tools: source map", place: "engine" },
  { id: "wpad", way: "proxy discovery (WPAD)", place: "engine", packet: "wpad" },
];

/** Ways that are closed on a bare Electron, too, as the control shows. */
const CLOSED_ANYWAY: Readonly<Record<string, string>> = {
  preconnect: "Electron connects ahead only where its program asks for it",
  "link-header": "Electron connects ahead only where its program asks for it",
  favicon: "Electron fetches no icon of a page",
  manifest: "Electron fetches no manifest",
  "speculation-prerender": "pages of other origins are not prerendered",
  xslt: "stylesheets of other origins are refused before they are fetched",
  "payment-manifest": "Electron has no payment handlers",
  "csp-report-to": "this runtime sends reports of violations to report-uri only",
  "reporting-api": "this runtime sends no deprecation reports",
  file: "pages may not open files",
  "view-source": "pages may not open it",
};

const all: readonly Way[] = [...NETWORK_WAYS, ...DOCUMENT_WAYS, ...engine];

/** All ways; a way's place in the list gives it its name and address. */
export const WAYS: readonly Way[] = all.map((way) => {
  const closedAnyway = CLOSED_ANYWAY[way.id];
  return closedAnyway === undefined ? way : { ...way, closedAnyway };
});

/** The part of a name that only this way uses. */
export const labelOf = (way: Way): string => `x${String(WAYS.indexOf(way) + 1).padStart(3, "0")}fil`;
export const hostOf = (way: Way): string => `${labelOf(way)}.evil.test`;
export const addressOf = (way: Way): string => `198.51.100.${WAYS.indexOf(way) + 1}`;
