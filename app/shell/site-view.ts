/** One page of a site: its view, hidden unless the page machine (page.ts) says otherwise, and what drives that. */
import { type WebContents, WebContentsView, type WebContentsViewConstructorOptions, webContents } from "electron";
import type { Channel } from "../auth/channel.ts";
import { Refusal } from "../core/refusal.ts";
import type { SiteGateway } from "../gateway/gateway.ts";
import type { CallArguments } from "../ipc/contract.ts";
import { closePage } from "./close-page.ts";
import { showContextMenu } from "./context-menu.ts";
import { Departure, type Hold } from "./departure.ts";
import { FrameProofs } from "./frame-proofs.ts";
import { InputGuard, type InputState } from "./input-guard.ts";
import { OriginProof } from "./origin-proof.ts";
import { EMPTY_PAGE, nextPage, type Page, type PageEvent, type Stage, stageOf } from "./page.ts";
import { guardDialogs, mayOfferFile } from "./page-dialogs.ts";
import { followPage } from "./page-events.ts";
import { type Elsewhere, guardPage, PAGE_PREFERENCES } from "./page-guard.ts";
import { PageHistory } from "./page-history.ts";
import { PageInput } from "./page-input.ts";
import type { Answer, Question } from "./questions.ts";
import { SensitiveWatch } from "./sensitive-watch.ts";
import type { TypedSecrets } from "./typed-secrets.ts";

export interface SiteViewHost {
  readonly gateway: SiteGateway;
  /** Whether the origin is one of the site's own. */
  owns(origin: string): boolean;
  /** Something that the interface shows has changed. */
  changed(view: SiteView): void;
  /** A page leads out of its site. */
  elsewhere(view: SiteView, url: string, by: Elsewhere): void;
  /** A frame of the page was to show something of a server that is none of the site's. */
  frameRefused(view: SiteView, url: string): void;
  /** Whether one more pop-up has room. */
  mayOpen(): boolean;
  /** @returns the contents of a new view for a pop-up of this page */
  popup(opener: SiteView, contents: WebContents | undefined): WebContents;
  /** What was typed into sensitive fields of any site. */
  readonly secrets: TypedSecrets;
  /** Whether sensitive input is sent only after a new proof and the user's word. */
  readonly reauthenticate: boolean;
  /** Puts a question of the page before the user. */
  ask(view: SiteView, question: Question): Promise<Answer>;
  /** The page is the answer to a form, and no form is sent twice. */
  formNotRepeated(view: SiteView): void;
  /** Gives the keyboard to the interface. */
  focusInterface(): void;
  /** A key was pressed that captures the screen. */
  captured(): void;
  /** The page is gone for good. */
  closed(view: SiteView): void;
}

/** Commands that concern the page alone; back and reload may concern its site. */
type ViewCommand = Exclude<CallArguments<"view.command">[0], "back" | "reload" | "scroll-up" | "scroll-down">;

export class SiteView {
  readonly view: WebContentsView;
  readonly contents: WebContents;
  /** What the page says of its sensitive fields. */
  readonly fields: SensitiveWatch;
  /** Editing on the user's behalf. */
  readonly keys: PageInput;
  /** The origin that about:blank documents of a pop-up belong to. */
  readonly #inherited: string | undefined;
  readonly #host: SiteViewHost;
  readonly #proof: OriginProof;
  readonly #history: PageHistory;
  readonly #guard: InputGuard;
  readonly #frames: FrameProofs;
  readonly #departure: Departure;
  #closing = false;
  #page: Page = EMPTY_PAGE;
  /** The engine itself is on its way to the pending document. */
  #underWay = false;
  #find: { matches: number; current: number } | undefined;
  #onStage = false;
  /** The gateway is looking for new proofs of the page's origin. */
  #awaitsRenewal = false;
  /** Whether the keyboard goes to the page when it is shown. */
  #wantsFocus = false;

  constructor(
    host: SiteViewHost,
    options: Pick<WebContentsViewConstructorOptions, "webPreferences"> & {
      readonly contents?: WebContents;
      readonly inherited?: string;
    },
  ) {
    this.#host = host;
    this.#proof = new OriginProof(host.gateway);
    this.#inherited = options.inherited;
    this.view = new WebContentsView({
      webPreferences: { ...PAGE_PREFERENCES, ...options.webPreferences },
      ...(options.contents ? { webContents: options.contents } : {}),
    });
    this.view.setVisible(false);
    this.contents = this.view.webContents;
    this.contents.setWebRTCIPHandlingPolicy("disable_non_proxied_udp");
    this.#guard = new InputGuard(this.contents, {
      shown: () => this.#shown,
      inherited: () => this.#inherited,
      changed: () => this.#guardChanged(),
      lapsed: (origins) => {
        for (const origin of origins) void host.gateway.renew(origin, false);
      },
    });
    this.keys = new PageInput(this.contents, () => this.#onStage && this.input.kind === "open");
    this.fields = new SensitiveWatch(this.contents, {
      site: host.gateway.site,
      secrets: host.secrets,
      changed: () => host.changed(this),
      open: () => this.#onStage && this.input.kind === "open",
      mayPaste: async (from) => (await host.ask(this, { kind: "paste", text: from, canSilence: false })).accepted,
    });
    this.contents.on("before-input-event", (_event, { key }) => {
      if (key === "PrintScreen") host.captured();
    });
    this.#frames = new FrameProofs({
      gateway: host.gateway,
      owns: (origin) => host.owns(origin),
      proven: (origin, lapsesAt) => this.#guard.proven(origin, lapsesAt),
      changed: () => this.#guardChanged(),
    });
    this.#history = new PageHistory(this.contents);
    this.#follow();
    guardPage(this.contents, {
      mayHold: (url) => this.#mayHold(url),
      mayFrame: (url) => this.#mayFrame(url),
      frameRefused: (url) => host.frameRefused(this, url),
      mayOpenBlank: () => this.#page.committed !== undefined,
      mayOpen: () => host.mayOpen(),
      elsewhere: (url, by) => host.elsewhere(this, url, by),
      popup: (contents) => host.popup(this, contents),
    });
    guardDialogs(this.contents, {
      live: () => this.#onStage && this.stage === "page",
      ask: (question) => host.ask(this, question),
    });
    // The engine gives a page the keyboard when it navigates, seen or not; keys belong to what the user sees.
    this.contents.on("focus", () => {
      setImmediate(() => {
        if (!this.#onStage) host.focusInterface();
      });
    });
    this.contents.on("context-menu", (_event, parameters) => showContextMenu(this.contents, this.keys, parameters));
    this.#departure = new Departure({
      ask: () => this.#mayLeave(),
      leave: (url) => this.#started(url, false),
      stay: () => this.contents.stop(),
    });
    this.contents.on("will-prevent-unload", (event) => {
      if (this.#closing) return;
      event.preventDefault();
      this.#departure.begin();
      this.#abandon();
    });
  }

  get page(): Page {
    return this.#page;
  }

  get stage(): Stage {
    return this.#shown && this.input.kind === "shut" ? "shut" : this.#pageStage;
  }

  /** Whether the user may type into the page, and what stands against it. */
  get input(): InputState {
    return this.#guard.state;
  }

  /** The document in the view is whole and returns once its origin has proved itself anew. */
  get kept(): boolean {
    const { committed, pending, refused } = this.#page;
    return committed !== undefined && pending === undefined && (refused === undefined || refused.intact);
  }

  get #pageStage(): Stage {
    return stageOf(this.#page, (url) => this.originOf(url));
  }

  get #shown(): boolean {
    return this.#pageStage === "page";
  }

  get find(): { readonly matches: number; readonly current: number } | undefined {
    return this.#find;
  }

  /** The address that is asked for, refused or shown; for a document without one of its own, its origin. */
  get url(): string | undefined {
    const url = this.#page.refused?.url ?? this.#page.pending?.url ?? this.#page.committed?.url;
    return url === undefined || url.startsWith("https:") ? url : (this.originOf(url) ?? url);
  }

  /** The channel whose verdict the page on the stage rests on. */
  get channel(): Channel | undefined {
    return this.#page.proof.kind === "live" ? this.#page.proof.channel : undefined;
  }

  /** The origin that a document of this address has; undefined for one that can have none here. */
  originOf(url: string): string | undefined {
    if (url === "about:blank" || url === "") return this.#inherited;
    if (!URL.canParse(url)) return undefined;
    const { origin } = new URL(url);
    return origin === "null" ? undefined : origin;
  }

  /** Proves the origin first and only then lets the engine ask for the page. */
  async navigate(url: string): Promise<void> {
    this.#underWay = false;
    this.#guard.hold();
    this.#dispatch({ type: "started", url });
    this.#wantsFocus = true;
    if ((await this.#prove(url)) && this.#page.pending?.url === url) this.#load(() => this.contents.loadURL(url));
  }

  /** Tries again whatever is not on the stage; otherwise asks for the page anew. */
  async reload(): Promise<void> {
    const { refused, committed } = this.#page;
    this.#frames.forget();
    if (!this.#guard.hold()) return;
    if (refused?.intact && committed) return this.#showAgain();
    // A form goes once: the user sends it again, or nobody does.
    if (refused?.form) return;
    if (refused && !refused.entry) return this.navigate(refused.url);
    if (!refused && committed?.form) return this.#host.formNotRepeated(this);
    const url = this.url;
    if (url === undefined) return;
    this.#underWay = false;
    this.#dispatch({ type: "started", url });
    if (await this.#prove(url)) this.contents.reload();
  }

  stop(): void {
    if (this.#page.pending) this.#proof.abort();
    this.contents.stop();
    this.#abandon();
  }

  get canGoBack(): boolean {
    return this.#history.canGoBack(this.#page);
  }

  get canGoForward(): boolean {
    return this.#history.canGoForward(this.#page);
  }

  goBack(): void {
    this.#history.goBack(this.#page, () => void this.#showAgain());
  }

  goForward(): void {
    this.#history.goForward(this.#page);
  }

  /** Whether the page may ask where to save the file of this address. */
  mayOfferFile(url: string): boolean {
    return mayOfferFile(this.stage, url);
  }

  /** Hides the page at once; it returns only with a new verdict, and not at all when it is to be loaded `anew`. */
  lapse(refusal: Refusal, anew = false): void {
    this.#departure.end();
    this.#guard.forget();
    this.#proof.abort();
    this.#dispatch({ type: "lapsed", refusal, anew });
    this.contents.stop();
  }

  /** A channel got its verdict after the one that the page rests on, or rested on. */
  renew(origin: string, channel: Channel): void {
    this.#guard.proven(origin, channel.verdict.lapsesAt);
    if (this.channel && this.channel !== channel) this.#dispatch({ type: "renewed", origin, channel });
    else if (this.#awaitsRenewal) this.#dispatch({ type: "proven", origin, channel });
    else this.#guardChanged();
  }

  /** The proofs that the page rests on have run out: it is hidden until there are new ones. */
  expire(origin: string): void {
    const { proof } = this.#page;
    if (proof.kind !== "live" || proof.origin !== origin) return;
    this.#awaitsRenewal = true;
    this.#dispatch({ type: "proving", origin });
  }

  /**
   * The relay refused a request on its way; if it was for the document, there will be none.
   * @returns whether it was
   */
  requestRefused(url: string, refusal: Refusal): boolean {
    const { pending } = this.#page;
    if (pending?.url.replace(/[?#].*$/s, "") !== url) return false;
    this.#proof.abort();
    this.#dispatch({ type: "refused", url: pending.url, refusal, entry: false });
    this.contents.stop();
    return true;
  }

  /**
   * The engine is about to ask for a document.
   * @param method as in HTTP
   * @param url of the document
   * @param request lets it, or ends it
   */
  documentAsked(method: string, url: string, request: Hold): void {
    const go: Hold = (leave) => {
      if (leave) this.#dispatch({ type: "asked", method });
      request(leave);
    };
    const confirmed: Hold = (leave) => {
      if (leave && method !== "GET" && this.#host.reauthenticate && this.fields.filled) void this.#confirm(url, go);
      else go(leave);
    };
    if (!this.#departure.hold(confirmed)) confirmed(true);
  }

  /** Something sensitive is to be sent: the user confirms where to, and both sides prove themselves anew. */
  async #confirm(url: string, go: Hold): Promise<void> {
    const { accepted } = await this.#host.ask(this, { kind: "submit", text: new URL(url).host, canSilence: false });
    if (!accepted) this.stop();
    go(accepted && (await this.#prove(url)));
  }

  startFind(text: string, options: { readonly forward: boolean; readonly next: boolean }): void {
    if (this.stage === "page") this.contents.findInPage(text, { forward: options.forward, findNext: !options.next });
  }

  stopFind(): void {
    this.#find = undefined;
    this.contents.stopFindInPage("keepSelection");
    this.#host.changed(this);
  }

  command(command: ViewCommand): void {
    switch (command) {
      case "forward":
        this.goForward();
        break;
      case "stop":
        this.stop();
        break;
      case "zoom-in":
      case "zoom-out":
      case "zoom-reset":
        this.#zoom(command);
        break;
      case "wait":
        this.#dispatch({ type: "responsive" });
        break;
      case "end":
        this.contents.forcefullyCrashRenderer();
        break;
    }
  }

  #zoom(step: "zoom-in" | "zoom-out" | "zoom-reset"): void {
    const level = this.contents.getZoomLevel();
    const wanted = step === "zoom-reset" ? 0 : level + (step === "zoom-in" ? 0.5 : -0.5);
    this.contents.setZoomLevel(Math.min(5, Math.max(-4, wanted)));
    this.#host.changed(this);
  }

  /**
   * @param firm closes without asking the page
   * @returns false when the user would rather stay on the page
   */
  async close(firm = false): Promise<boolean> {
    if (this.contents.isDestroyed()) return true;
    this.#proof.abort();
    this.#closing = true;
    const closed = await closePage(this.contents, {
      ask: !firm && this.stage === "page",
      mayLeave: () => this.#mayLeave(),
    });
    this.#closing = closed;
    return closed;
  }

  #follow(): void {
    followPage(this.contents, {
      started: (url, redirected) => this.#started(url, redirected),
      committed: (url) => this.#committed(url),
      moved: (url) => this.#dispatch({ type: "moved", url }),
      failed: (url, fault) => this.#failed(url, fault),
      settled: () => this.#settle(),
      trouble: (trouble) => this.#dispatch({ type: "trouble", trouble }),
      responsive: () => this.#dispatch({ type: "responsive" }),
      found: (find) => {
        this.#find = find;
        this.#host.changed(this);
      },
      changed: () => this.#host.changed(this),
      gone: () => {
        this.#proof.end();
        this.#host.closed(this);
      },
    });
  }

  /** A frame shows documents of the site alone: what another server sends could not prove itself, and so take no input. */
  #mayFrame(url: string): boolean {
    if (url === "about:blank" || url === "about:srcdoc") return true;
    return /^(https:|blob:https:)/.test(url) && this.#host.owns(this.originOf(url) ?? "");
  }

  #mayHold(url: string): boolean {
    const origin = this.originOf(url);
    return origin !== undefined && /^(https:|blob:https:|about:blank)/.test(url) && this.#host.owns(origin);
  }

  #started(url: string, redirected: boolean): void {
    // The guard below stops this one; were it to commit all the same, its origin would have to be proven first.
    if (!this.#mayHold(url)) return;
    if (this.#departure.started(url)) return;
    this.#underWay = true;
    const { pending, proof } = this.#page;
    const same = redirected || pending?.url === url;
    const known = same && proof.kind !== "none" && proof.origin === this.originOf(url);
    this.#dispatch({ type: "started", url });
    if (!known) void this.#prove(url);
  }

  #committed(url: string): void {
    this.#underWay = false;
    this.#departure.end();
    if (!this.#onStage) this.#keepKeyboard();
    this.#history.committed();
    this.#dispatch({ type: "committed", url });
    const origin = this.originOf(url);
    if (origin === undefined) this.#dispatch({ type: "refused", url, refusal: withoutOrigin(url), entry: true });
    // What has come may have come from a cache or a worker: only who can prove itself now is shown.
    if (origin !== undefined) void this.#prove(url);
  }

  #failed(url: string, fault: string): void {
    const { hostname, port } = new URL(url);
    const refusal =
      this.#host.gateway.refusalOf(`${hostname}:${port === "" ? "443" : port}`) ??
      new Refusal("network.closed", { value: url.replace(/[?#].*$/s, ""), fault });
    this.#proof.abort();
    this.#dispatch({ type: "refused", url, refusal, entry: true });
  }

  /** A document that the engine no longer loads will not come: a download, a 204, a stop by the page. */
  #settle(): void {
    if (this.contents.isDestroyed() || !this.#underWay || this.#proof.underWay || this.contents.isLoadingMainFrame())
      return;
    this.#abandon();
  }

  /** The document under way will not come: back to the one in the view, if its origin still proves itself. */
  #abandon(): void {
    if (!this.#page.pending) return;
    this.#underWay = false;
    this.#dispatch({ type: "abandoned" });
    if (this.#page.committed) void this.#prove(this.#page.committed.url, true);
    else this.#host.closed(this);
  }

  async #mayLeave(): Promise<boolean> {
    return (await this.#host.ask(this, { kind: "leave", text: "", canSilence: false })).accepted;
  }

  async #showAgain(): Promise<void> {
    const url = this.#page.committed?.url;
    if (url === undefined) return;
    this.#dispatch({ type: "dismissed" });
    await this.#prove(url, true);
  }

  /**
   * @param intact a refusal leaves the document in the view, whole, for the next attempt
   * @returns whether a live channel of the address's origin has its verdict
   */
  async #prove(url: string, intact = false): Promise<boolean> {
    const origin = this.originOf(url);
    if (origin === undefined) return false;
    const proving = this.#proof.prove(origin);
    this.#dispatch({ type: "proving", origin });
    const outcome = await proving;
    if (!outcome || this.contents.isDestroyed()) return false;
    if (outcome.kind === "authenticated") {
      this.#guard.proven(origin, outcome.channel.verdict.lapsesAt);
      this.#dispatch({ type: "proven", origin, channel: outcome.channel });
      this.#settle();
      return true;
    }
    this.#dispatch({ type: "refused", url, refusal: outcome.refusal, entry: false, intact });
    this.contents.stop();
    return false;
  }

  #load(start: () => Promise<void>): void {
    // Failures arrive as did-fail-load; the promise only repeats them.
    start().catch(() => undefined);
  }

  #dispatch(event: PageEvent): void {
    if (this.contents.isDestroyed()) return;
    this.#page = nextPage(this.#page, event);
    this.#guardChanged();
    if (this.#page.proof.kind !== "pending") this.#awaitsRenewal = false;
    const origin = this.#page.proof.kind === "live" ? this.#page.proof.origin : "";
    this.#proof.watch(
      this.channel,
      () => void this.#host.gateway.renew(origin, true),
      () => void this.#host.gateway.renew(origin, false),
    );
  }

  /** Shuts at once what may be open no longer, and asks for the proofs that are wanting. */
  #guardChanged(): void {
    const { input } = this;
    if (input.kind === "shut") this.setOnStage(false);
    if (input.kind === "shut" && input.why === "frame") this.#frames.ask(input.origin);
    this.#host.changed(this);
  }

  /** The user has turned to the interface: a page that comes on stage leaves the keyboard there. */
  leaveFocus(): void {
    this.#wantsFocus = false;
  }

  /** Types into the sensitive field that has the cursor, without key events; the keyboard stays with the interface. */
  async typeSensitive(text: string): Promise<void> {
    if (!this.#onStage || !this.fields.focused) return;
    this.contents.focus();
    await this.keys.type(text);
    this.#host.focusInterface();
  }

  /** Gives the keyboard to the page, if it is seen. */
  takeFocus(): void {
    if (this.#onStage) this.contents.focus();
  }

  /** A document that commits in a page that ignores input takes the keyboard from the interface and keeps it nowhere. */
  #keepKeyboard(): void {
    if (!webContents.getFocusedWebContents()) this.#host.focusInterface();
  }

  /** Shows the view where the host wants it and the page machine allows it. Hiding is immediate. */
  setOnStage(wanted: boolean): void {
    const visible = wanted && this.stage === "page";
    if (this.contents.isDestroyed()) return;
    if (!visible) this.#guard.shut();
    if (visible === this.#onStage || (visible && !this.#guard.open())) return;
    this.#onStage = visible;
    if (visible) {
      this.view.setVisible(true);
      if (this.#wantsFocus) this.contents.focus();
      else this.#keepKeyboard();
      this.#wantsFocus = false;
    } else {
      this.#wantsFocus = this.contents.isFocused();
      this.view.setVisible(false);
      if (this.#wantsFocus) this.#host.focusInterface();
    }
  }
}

/** A page that leads itself to an empty document leaves nobody who could prove anything. */
function withoutOrigin(url: string): Refusal {
  return new Refusal("site.unlisted", {
    value: url,
    fault: "the page left its site for a document that belongs to nobody",
    expected: "an address of the site",
  });
}
