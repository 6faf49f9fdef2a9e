/** What pages of sites may do with the engine, and where they may go. */
import { join } from "node:path";
import { app, type WebContents } from "electron";

/** Where a page wants to go that is not its own site. */
export type Elsewhere = "link" | "redirect" | "window" | "form";

export const PAGE_PREFERENCES = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  /** With the sandbox this gives frames the preload, and no Node. */
  nodeIntegrationInSubFrames: true,
  preload: join(app.getAppPath(), "out/app/preload/page-preload.cjs"),
  nodeIntegrationInWorker: false,
  webviewTag: false,
  spellcheck: false,
  navigateOnDragDrop: false,
  // Ours are drawn in page-dialogs.ts; the engine's own would not name the site.
  disableDialogs: true,
  devTools: !app.isPackaged,
  autoplayPolicy: "document-user-activation-required",
  enableWebSQL: false,
} as const;

export interface PageGuard {
  /** Whether the page may go to this address. */
  mayHold(url: string): boolean;
  /** Whether a frame of the page may show this address. */
  mayFrame(url: string): boolean;
  /** A frame was kept from this address. */
  frameRefused(url: string): void;
  /** Whether it may open a window that it writes itself. */
  mayOpenBlank(): boolean;
  /** Whether one more window has room. */
  mayOpen(): boolean;
  elsewhere(url: string, by: Elsewhere): void;
  /** @returns the contents of the new window: those given, or new ones when the engine gives none */
  popup(contents: WebContents | undefined): WebContents;
}

/** A help for people, not the gate: what gets past it still has no way out but the gateway. */
export function guardPage(contents: WebContents, guard: PageGuard): void {
  contents.on("will-navigate", (event) => {
    if (guard.mayHold(event.url)) return;
    event.preventDefault();
    guard.elsewhere(event.url, "link");
  });
  contents.on("will-redirect", (event) => {
    if (!event.isMainFrame) return stopFrame(event);
    if (guard.mayHold(event.url)) return;
    event.preventDefault();
    guard.elsewhere(event.url, "redirect");
  });
  const stopFrame = (event: { readonly url: string; preventDefault(): void }) => {
    if (guard.mayFrame(event.url)) return;
    event.preventDefault();
    guard.frameRefused(event.url);
  };
  contents.on("will-frame-navigate", (event) => {
    if (!event.isMainFrame) stopFrame(event);
  });
  contents.on("will-attach-webview", (event) => event.preventDefault());
  // window.moveTo and window.resizeTo of a page would move the whole client.
  contents.on("content-bounds-updated", (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url, postBody }) => {
    const blank = (url === "" || url === "about:blank") && guard.mayOpenBlank();
    if (!blank && !guard.mayHold(url)) {
      guard.elsewhere(url, postBody === undefined ? "window" : "form");
      return { action: "deny" };
    }
    if (!guard.mayOpen()) return { action: "deny" };
    return {
      action: "allow",
      outlivesOpener: false,
      overrideBrowserWindowOptions: { show: false, webPreferences: PAGE_PREFERENCES },
      createWindow: (options) =>
        guard.popup("webContents" in options ? (options.webContents as WebContents | undefined) : undefined),
    };
  });
}
