/** What the engine says of a page, in the words of the page machine: its main document, its health, its looks. */
import type { WebContents } from "electron";

const ERR_ABORTED = -3;

export interface PageEvents {
  /** A document is under way. */
  started(url: string, redirected: boolean): void;
  committed(url: string): void;
  /** The document has another address without being another document. */
  moved(url: string): void;
  /** The document under way failed. @param fault the engine's words for it */
  failed(url: string, fault: string): void;
  /** Nothing loads any more, or a document was given up; another one may be under way. */
  settled(): void;
  trouble(trouble: "crashed" | "hung"): void;
  responsive(): void;
  found(find: { readonly matches: number; readonly current: number }): void;
  /** Title, zoom or progress are others. */
  changed(): void;
  gone(): void;
}

export function followPage(contents: WebContents, page: PageEvents): void {
  followNavigation(contents, page);
  followHealth(contents, page);
  for (const event of ["did-start-loading", "page-title-updated", "zoom-changed"] as const)
    contents.on(event as "did-start-loading", () => page.changed());
  contents.on("found-in-page", (_event, { matches, activeMatchOrdinal }) =>
    page.found({ matches, current: activeMatchOrdinal }),
  );
}

function followNavigation(contents: WebContents, page: PageEvents): void {
  contents.on("did-start-navigation", ({ url, isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) page.started(url, false);
  });
  contents.on("did-redirect-navigation", ({ url, isMainFrame }) => {
    if (isMainFrame) page.started(url, true);
  });
  contents.on("did-navigate", (_event, url) => page.committed(url));
  contents.on("did-navigate-in-page", (_event, url, isMainFrame) => {
    if (isMainFrame) page.moved(url);
  });
  contents.on("did-fail-load", (_event, code, description, url, isMainFrame) => {
    if (!isMainFrame) return;
    // Also the end of a document that another one has overtaken, so look again when that one is under way.
    if (code === ERR_ABORTED) setImmediate(() => page.settled());
    else page.failed(url, description || `error ${code}`);
  });
  contents.on("did-stop-loading", () => {
    page.settled();
    page.changed();
  });
}

function followHealth(contents: WebContents, page: PageEvents): void {
  contents.on("render-process-gone", (_event, { reason }) => {
    if (reason !== "clean-exit") page.trouble("crashed");
  });
  contents.on("unresponsive", () => page.trouble("hung"));
  contents.on("responsive", () => page.responsive());
  contents.on("destroyed", () => page.gone());
}
