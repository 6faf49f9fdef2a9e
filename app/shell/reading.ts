/** What is read of sites that nobody has proved: the view, where it is, and the way back. */
import type { BrowserWindow, WebContents } from "electron";
import { Refusal } from "../core/refusal.ts";
import { createDialer } from "../gateway/dialer.ts";
import { type ReadOnlyOptions, readOnlyFetch } from "../gateway/read-only-fetch.ts";
import type { ReadOnlySource, Shown } from "./read-only-session.ts";
import { ReadOnlyView } from "./read-only-view.ts";
import { refusalOf } from "./refusal-view.ts";
import { systemProxy } from "./system-proxy.ts";

/** Parts that one page may ask for. */
const MOST_PARTS = 100;

const ZOOM_STEP = 1.2;
const ZOOM_RANGE = [0.3, 5] as const;

export interface ReadingHost {
  readonly window: BrowserWindow;
  /** PEM certificates of the profile. */
  readonly anchors: readonly string[];
  /** @throws Refusal for an address that must not be asked for */
  allow(url: URL): Promise<void>;
  /** Puts the address before the user. @returns whether they go there */
  leads(url: string, from: string, contents: WebContents): Promise<boolean>;
  refused(refusal: Refusal, url: string): void;
  changed(): void;
  /** There is nothing to read any more. */
  ended(): void;
}

interface Place {
  readonly url: string;
  /** The address had a query or fragment that was left out. */
  readonly cut: boolean;
}

export class Reading {
  readonly #host: ReadingHost;
  readonly #fetch: ReadOnlyOptions;
  #view: ReadOnlyView | undefined;
  #trail: readonly Place[] = [];
  #attempt = new AbortController();
  #page: { readonly url: string; readonly shown: Shown } | undefined;
  #parts = 0;
  #zoom = 1;
  #closed = false;

  constructor(host: ReadingHost) {
    this.#host = host;
    this.#fetch = {
      dialer: createDialer({ proxyFor: systemProxy }),
      anchors: host.anchors,
      allow: (url) => host.allow(url),
    };
  }

  get url(): string {
    return this.#trail.at(-1)?.url ?? "";
  }

  get cut(): boolean {
    return this.#trail.at(-1)?.cut === true;
  }

  get loading(): boolean {
    return this.#view === undefined || this.#view.loading;
  }

  get canGoBack(): boolean {
    return this.#trail.length > 1;
  }

  get zoom(): number {
    return this.#zoom;
  }

  /** Asks for the page anew, at the end of the way so far. */
  async go(place: Place): Promise<void> {
    const before = this.#trail;
    this.#attempt.abort();
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#trail = [...before, place];
    this.#view?.hide();
    this.#host.changed();
    try {
      await this.#load(place, before, attempt.signal);
    } catch (error) {
      if (attempt.signal.aborted || this.#closed) return;
      this.#trail = before;
      this.#host.refused(refusalOf(error), place.url);
      if (before.length === 0) this.#host.ended();
      else this.#view?.unhide();
    }
  }

  reload(): void {
    const here = this.#trail.at(-1);
    this.#trail = this.#trail.slice(0, -1);
    if (here) void this.go(here);
  }

  back(): void {
    if (this.canGoBack) {
      this.#trail = this.#trail.slice(0, -1);
      this.reload();
    } else this.#host.ended();
  }

  /** Keeps what was there before. */
  stop(): void {
    if (!this.loading) return;
    this.#attempt.abort();
    this.#trail = this.#trail.slice(0, -1);
    if (this.#trail.length === 0) this.#host.ended();
    else this.#view?.unhide();
  }

  scroll(by: "up" | "down"): void {
    this.#view?.scroll(by);
  }

  zoomBy(by: "in" | "out" | "reset"): void {
    const wanted = by === "reset" ? 1 : this.#zoom * (by === "in" ? ZOOM_STEP : 1 / ZOOM_STEP);
    this.#zoom = Math.min(ZOOM_RANGE[1], Math.max(ZOOM_RANGE[0], wanted));
    this.#view?.zoom(this.#zoom);
    this.#host.changed();
  }

  place(rectangle: Electron.Rectangle | undefined): void {
    this.#view?.place(rectangle);
  }

  close(): void {
    this.#closed = true;
    this.#attempt.abort();
    this.#view?.close();
  }

  async #load(place: Place, before: readonly Place[], signal: AbortSignal): Promise<void> {
    const answer = await readOnlyFetch(this.#fetch, place.url, "page", signal);
    this.#view ??= await this.#newView();
    if (this.#closed) return this.#view.close();
    if (signal.aborted) return;
    if (answer.kind === "elsewhere") {
      this.#trail = before;
      if (await this.#leads(answer.url, place.url)) return;
      if (before.length === 0) this.#host.ended();
      else this.#view.unhide();
      return;
    }
    this.#trail = [...before, { ...place, url: answer.url }];
    this.#page = { url: answer.url, shown: answer };
    this.#parts = 0;
    await this.#view.show(answer.url);
    this.#view.zoom(this.#zoom);
  }

  #newView(): Promise<ReadOnlyView> {
    const source: ReadOnlySource = { answer: (url) => this.#answer(url) };
    return ReadOnlyView.open({
      window: this.#host.window,
      source,
      leads: (url) => void this.#leads(url, this.url),
      changed: () => this.#host.changed(),
      gone: () => {
        if (this.#closed) return;
        const fault = "the engine's process for the page has ended";
        this.#host.refused(new Refusal("network.closed", { value: this.url, fault }), this.url);
        this.#host.ended();
      },
    });
  }

  async #leads(url: string, from: string): Promise<boolean> {
    const contents = this.#view?.contents;
    return contents !== undefined && this.#host.leads(url, new URL(from).host, contents);
  }

  /** The page once, and parts of its own origin: a page that was not asked for here never comes. */
  async #answer(url: string): Promise<Shown | undefined> {
    const page = this.#page;
    if (page === undefined) return undefined;
    const wanted = new URL(url);
    const { origin, href } = new URL(page.url);
    wanted.hash = "";
    if (wanted.href === href.replace(/#.*$/, "") && this.#parts === 0) {
      this.#parts = 1;
      return page.shown;
    }
    if (wanted.origin !== origin || this.#parts > MOST_PARTS) return undefined;
    this.#parts += 1;
    const answer = await readOnlyFetch(this.#fetch, url, "part", this.#attempt.signal);
    return answer.kind === "content" ? answer : undefined;
  }
}
