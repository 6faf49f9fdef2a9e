/** The view of a site that nobody has proved: to be looked at, with no way for the user's input to reach it. */
import { type BrowserWindow, type WebContents, WebContentsView } from "electron";
import { PAGE_PREFERENCES } from "./page-guard.ts";
import { PageInput } from "./page-input.ts";
import { openReadOnlySession, type ReadOnlySource } from "./read-only-session.ts";

export interface ReadOnlyHost {
  readonly window: BrowserWindow;
  readonly source: ReadOnlySource;
  /** The page leads to this address; it stays where it is meanwhile. */
  leads(url: string): void;
  changed(): void;
  /** The engine's process for it has ended. */
  gone(): void;
}

/**
 * Stronger than any style of the page (CSS Cascading 5 §6.1): what takes input is not there, nothing can be marked (a
 * mark is a copy under X11) or dragged out.
 */
const STYLE = `
* { user-select: none !important; -webkit-user-drag: none !important; -webkit-user-modify: read-only !important; }
input, select, textarea, button, [contenteditable]:not([contenteditable="false" i]) { display: none !important; }`;

/** How far one press of ours scrolls, in parts of the view's height. */
const STEP = 0.8;

const { preload: _forSites, ...PREFERENCES } = PAGE_PREFERENCES;

export class ReadOnlyView {
  readonly #view: WebContentsView;
  readonly #host: ReadOnlyHost;
  #ready = false;

  static async open(host: ReadOnlyHost): Promise<ReadOnlyView> {
    return new ReadOnlyView(host, await openReadOnlySession(host.source));
  }

  private constructor(host: ReadOnlyHost, session: Electron.Session) {
    this.#host = host;
    this.#view = new WebContentsView({
      webPreferences: {
        ...PREFERENCES,
        nodeIntegrationInSubFrames: false,
        session,
        javascript: false,
        webgl: false,
        plugins: false,
      },
    });
    this.#view.setVisible(false);
    this.contents.setWebRTCIPHandlingPolicy("disable_non_proxied_udp");
    host.window.contentView.addChildView(this.#view);
    this.#guard();
  }

  get contents(): WebContents {
    return this.#view.webContents;
  }

  get loading(): boolean {
    return !this.#ready;
  }

  /** Shows what the source has for this address. */
  async show(url: string): Promise<void> {
    this.hide();
    const there = new Promise<void>((resolve) => this.contents.once("dom-ready", () => resolve()));
    const loaded = this.contents.loadURL(url);
    loaded.catch(() => undefined);
    // Pictures may come later.
    await Promise.race([there, loaded]);
    await this.contents.insertCSS(STYLE, { cssOrigin: "user" });
    if (this.contents.isDestroyed()) return;
    // The way back is ours, which asks the server anew.
    this.contents.navigationHistory.clear();
    this.unhide();
  }

  /** Another page is under way. */
  hide(): void {
    this.#ready = false;
    this.place(undefined);
  }

  /** The page that is in the view may be seen again. */
  unhide(): void {
    this.#ready = true;
    this.#host.changed();
  }

  /** Shows the view there, once what it shows may be seen. */
  place(rectangle: Electron.Rectangle | undefined): void {
    if (this.contents.isDestroyed()) return;
    if (rectangle) this.#view.setBounds(rectangle);
    const visible = rectangle !== undefined && this.#ready;
    if (!visible && this.contents.isFocused()) this.#returnKeyboard();
    this.#view.setVisible(visible);
  }

  scroll(by: "up" | "down"): void {
    const { width, height } = this.#view.getBounds();
    const deltaY = Math.round(height * STEP) * (by === "up" ? 1 : -1);
    const place = { x: Math.round(width / 2), y: Math.round(height / 2) };
    new PageInput(this.contents, () => this.#ready).scroll(place, deltaY);
  }

  zoom(factor: number): void {
    this.contents.setZoomFactor(factor);
  }

  close(): void {
    const { window } = this.#host;
    if (!window.isDestroyed()) window.contentView.removeChildView(this.#view);
    if (!this.contents.isDestroyed()) this.contents.close();
  }

  #guard(): void {
    const { contents } = this;
    const host = this.#host;
    contents.on("before-input-event", (event) => event.preventDefault());
    // Not within the event: the engine is still moving the keyboard then.
    contents.on("focus", () => setImmediate(() => this.#returnKeyboard()));
    contents.on("will-navigate", (event) => {
      event.preventDefault();
      host.leads(event.url);
    });
    contents.on("will-frame-navigate", (event) => {
      if (!event.isMainFrame) event.preventDefault();
    });
    contents.on("will-redirect", (event) => event.preventDefault());
    contents.on("will-attach-webview", (event) => event.preventDefault());
    contents.on("content-bounds-updated", (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url, postBody }) => {
      if (postBody === undefined) host.leads(url);
      return { action: "deny" };
    });
    contents.on("render-process-gone", () => host.gone());
  }

  /** Keys belong to the interface; the page never has them. */
  #returnKeyboard(): void {
    const { window } = this.#host;
    if (!window.isDestroyed() && !window.webContents.isDestroyed()) window.webContents.focus();
  }
}
