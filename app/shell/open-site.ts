/** A site that is open: its gateway, its session, and its pages, a pop-up lying on top of the page that opened it. */
import type { BrowserWindow, Session, WebContents } from "electron";
import type { Channel } from "../auth/channel.ts";
import type { Site } from "../core/profile.ts";
import { isHostile } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import type { SiteGateway } from "../gateway/gateway.ts";
import type { Seal } from "../ipc/contract.ts";
import type { Elsewhere } from "./page-guard.ts";
import type { Answer, Question } from "./questions.ts";
import { refusalOf } from "./refusal-view.ts";
import { openSiteSession, type SiteSession } from "./site-session.ts";
import { SiteView, type SiteViewHost } from "./site-view.ts";
import { NOT_SIGNED_IN } from "./ticket-watch.ts";
import type { TypedSecrets } from "./typed-secrets.ts";

/** Pages of one site on top of each other; a page that opens more is up to no good. */
const MOST_VIEWS = 6;

/** Hosts of refused frames and forms that the user is told of; more would be noise. */
const MOST_HOSTS_TOLD = 16;

/** Refusals that take away the trust in a page that is open: someone else answers now, or the user's tickets are gone. */
const CONTRADICTIONS = /^((server|tls|client)\.|network\.intercepted$|kerberos\.(no-ticket|ticket-expired)$)/;

/** Refusals that another network, or a little more time after one has come, may lift. */
const waitsForNetwork = ({ code }: Refusal): boolean => code.startsWith("network.") || code === "verdict.lapsed";

export interface OpenSiteHost {
  readonly window: BrowserWindow;
  startGateway(site: Site): Promise<SiteGateway>;
  /** The site's session is bound to its gateway and about to load. */
  opened(site: OpenSite, session: Session): void;
  /** Whether a list has this origin as a whole. */
  isHostile(origin: string): Promise<boolean>;
  changed(): void;
  /** A page of the site lost its proof. */
  lapsed(contents: WebContents): void;
  elsewhere(site: OpenSite, url: string, by: Exclude<Elsewhere, "form">): void;
  /** What was typed into sensitive fields of any site. */
  readonly secrets: TypedSecrets;
  /** A key was pressed that captures the screen. */
  captured(): void;
  /** A frame of this host was kept out; of none, if the name is empty. */
  frameRefused(site: OpenSite, host: string): void;
  /** A form was kept from sending to this host. */
  formRefused(site: OpenSite, host: string): void;
  tooManyWindows(site: OpenSite): void;
  /** Puts a question of a page before the user. */
  ask(site: OpenSite, contents: WebContents, question: Question): Promise<Answer>;
  /** The page on top is the answer to a form, and was not asked for again. */
  formNotRepeated(site: OpenSite): void;
  /** The last page is gone. */
  closed(site: OpenSite): void;
}

export class OpenSite {
  readonly site: Site;
  readonly #host: OpenSiteHost;
  #views: SiteView[] = [];
  #gateway: SiteGateway | undefined;
  #session: SiteSession | undefined;
  #failure: { readonly refusal: Refusal; readonly url: string } | undefined;
  #asked: string;
  /** Fingerprints of the identities that proved the user since the last lapse. */
  readonly #identities = new Set<string>();
  /** Hosts whose frames were kept out, as told to the user; the empty name stands for documents without a host. */
  readonly #framesRefused = new Set<string>();
  /** Whose ticket the pages were loaded with. */
  #user: string | undefined;
  /** Where forms wanted to send something, as told to the user. */
  readonly #formsRefused = new Set<string>();
  #closing = false;
  #ready: Promise<void>;

  constructor(site: Site, url: string, host: OpenSiteHost) {
    this.site = site;
    this.#host = host;
    this.#asked = url;
    this.#ready = this.#start();
  }

  get gateway(): SiteGateway | undefined {
    return this.#gateway;
  }

  /** The page on top. */
  get top(): SiteView | undefined {
    return this.#views.at(-1);
  }

  /** Why the site could not even be started. */
  get failure(): { readonly refusal: Refusal; readonly url: string } | undefined {
    return this.#failure;
  }

  get url(): string {
    return this.top?.url ?? this.#asked;
  }

  get seal(): Seal {
    const code = this.#failure?.refusal.code ?? this.top?.page.refused?.refusal.code;
    if (code && isHostile(code)) return "hostile";
    if (code) return "refused";
    const stage = this.top?.stage;
    if (stage === "crashed" || stage === "hung" || stage === "shut") return "shut";
    return stage === "page" ? "open" : "opening";
  }

  get canGoBack(): boolean {
    return this.#views.length > 1 || (this.top?.canGoBack ?? false);
  }

  holds(contents: WebContents): boolean {
    return this.#views.some((view) => view.contents === contents);
  }

  /** Whether one of the pages may ask where to save the file of this address. */
  mayOfferFile(contents: WebContents, url: string): boolean {
    // The view of a new window is gone when its address turns out to be a file.
    const view = this.#views.find((each) => each.contents === contents);
    return view === undefined ? url.startsWith("https:") : view.mayOfferFile(url);
  }

  /** Whether a channel rests on this identity, or one may be about to. */
  restsOn(fingerprint: string): boolean {
    if (this.site.client.method !== "certificate") return false;
    return this.#identities.has(fingerprint) || this.#views.some(({ stage }) => stage === "waiting");
  }

  async navigate(url: string): Promise<void> {
    this.#asked = url;
    if (this.#failure) this.#ready = this.#start();
    await this.#ready;
    await this.top?.navigate(url);
  }

  async reload(): Promise<void> {
    if (this.#failure) await this.navigate(this.#failure.url);
    else await this.top?.reload();
  }

  goBack(): void {
    const { top } = this;
    if (top?.canGoBack) top.goBack();
    else if (this.#views.length > 1) void top?.close();
  }

  /** Draws the page on top where the interface has room for it, nothing when `rectangle` is undefined. */
  place(rectangle: Electron.Rectangle | undefined): void {
    for (const view of this.#views) {
      if (rectangle) view.view.setBounds(rectangle);
      view.setOnStage(rectangle !== undefined && view === this.top);
    }
  }

  /** Ends every verdict of the site and hides its pages; with `again`, proves anew what was on the stage. */
  async lapse(refusal: Refusal, again: boolean): Promise<void> {
    this.#gateway?.lapse(refusal);
    this.#lapsed(refusal);
    if (again) await Promise.all(this.#failure ? [this.reload()] : this.#views.map((view) => view.reload()));
  }

  /** Asks again for what was refused for want of a network. @returns whether something still waits for it */
  async networkBack(): Promise<boolean> {
    if (this.#failure && waitsForNetwork(this.#failure.refusal)) await this.reload();
    const waiting = this.#views.filter(
      ({ page: { refused } }) => refused && !refused.form && waitsForNetwork(refused.refusal),
    );
    await Promise.all(waiting.map((view) => view.reload()));
    const left = [this.#failure?.refusal, ...this.#views.map(({ page }) => page.refused?.refusal)];
    return left.some((refusal) => refusal !== undefined && waitsForNetwork(refusal));
  }

  /** Ends what rests on the user's tickets, since there are none. */
  async signInMissing(refusal: Refusal): Promise<void> {
    const refused = this.#failure !== undefined || this.#views.every(({ page }) => page.refused !== undefined);
    if (this.site.client.method === "kerberos" && !refused) await this.lapse(refusal, false);
  }

  /** Shows again what was refused for want of tickets. A page that was on its way may have been a form: that one waits. */
  signInFound(): void {
    for (const view of this.#views) {
      const { refused, committed } = view.page;
      if (refused === undefined || !NOT_SIGNED_IN.has(refused.refusal.code)) continue;
      if (refused.intact || committed === undefined) void view.reload();
    }
  }

  /**
   * @param firm closes without asking the pages
   * @returns false when the user would rather stay on one of them
   */
  async close(firm = false): Promise<boolean> {
    this.#closing = true;
    for (const view of [...this.#views].reverse()) {
      if (!(await view.close(firm))) {
        this.#closing = false;
        return false;
      }
    }
    await this.#end();
    return true;
  }

  async #start(): Promise<void> {
    this.#failure = undefined;
    this.#host.changed();
    try {
      this.#gateway = await this.#host.startGateway(this.site);
      this.#followGateway(this.#gateway);
      this.#session = await openSiteSession(this.site.id, this.#gateway);
      if (this.#closing) return await this.#end();
      this.#host.opened(this, this.#session.session);
      this.#followDocuments(this.#session.session);
      this.#add(new SiteView(this.#viewHost(this.#gateway), { webPreferences: { session: this.#session.session } }));
    } catch (error) {
      await this.#end();
      this.#failure = { refusal: refusalOf(error), url: this.#asked };
    }
    this.#host.changed();
  }

  /** Tells each page what the engine asks for on its behalf, and with which method. */
  #followDocuments(session: Session): void {
    session.webRequest.onBeforeRequest({ urls: ["https://*/*"], types: ["mainFrame"] }, (details, answer) => {
      const view = this.#views.find(({ contents }) => contents.id === details.webContentsId);
      if (view) view.documentAsked(details.method, details.url, (go) => answer(go ? {} : { cancel: true }));
      else answer({});
    });
  }

  #followGateway(gateway: SiteGateway): void {
    gateway.on("lapsed", ({ refusal }) => this.#lapsed(refusal));
    gateway.on("expired", ({ origin }) => {
      for (const view of this.#views) view.expire(origin);
    });
    gateway.on("authenticated", ({ origin, channel }) => {
      const other = this.#otherUser(channel);
      if (other !== undefined) return gateway.lapse(other);
      if (channel.facts.identity) this.#identities.add(channel.facts.identity.fingerprint);
      for (const view of this.#views) view.renew(origin, channel);
    });
    gateway.on("refused", ({ host, url, refusal }) => {
      if (refusal.code === "site.hostile") void this.#clearHostile(host);
      const shown = url !== undefined && this.#views.filter((view) => view.requestRefused(url, refusal)).length > 0;
      if (refusal.code === "site.form-elsewhere" && !shown) this.#formRefused(refusal.detail.value ?? "");
      // Every channel of the session is the earlier user's, whether a page is seen or not.
      if (refusal.code === "kerberos.other-user") gateway.lapse(refusal);
      else if (CONTRADICTIONS.test(refusal.code) && this.#shows(host)) gateway.lapse(refusal);
    });
  }

  /** Why this channel cannot serve the pages, if its ticket is another user's than theirs. */
  #otherUser({ evidence }: Channel): Refusal | undefined {
    const ticket = evidence.find((record) => record.kind === "kerberos.ticket");
    if (ticket?.kind !== "kerberos.ticket") return undefined;
    const before = this.#user ?? ticket.initiator;
    this.#user = ticket.initiator;
    if (before === ticket.initiator) return undefined;
    const fault = "another user's ticket than the one that opened the site";
    return new Refusal("kerberos.other-user", { value: ticket.initiator, fault, expected: before });
  }

  /** What an origin has stored is of no use to anybody once a list has it; one of whose paths it has stays. */
  async #clearHostile(host: string): Promise<void> {
    const address = `https://${host}`;
    const origin = URL.canParse(address) ? new URL(address).origin : undefined;
    if (origin !== undefined && (await this.#host.isHostile(origin))) await this.#session?.clearOrigin(origin);
  }

  /** Whether a page rests on a verdict of this host, `name:port`. */
  #shows(host: string): boolean {
    return this.#views.some(({ channel }) => {
      const to = channel?.expectation;
      return to !== undefined && `${to.host}:${to.port}` === host;
    });
  }

  async #end(): Promise<void> {
    const [gateway, session] = [this.#gateway, this.#session];
    this.#gateway = undefined;
    this.#session = undefined;
    await session?.close();
    await gateway?.close();
  }

  #lapsed(refusal: Refusal): void {
    this.#identities.clear();
    for (const view of this.#views) {
      // What one user entered is not sent as another.
      view.lapse(refusal, refusal.code === "kerberos.other-user");
      this.#host.lapsed(view.contents);
    }
    void this.#session?.clearWorkers();
  }

  #add(view: SiteView): void {
    this.#views.push(view);
    this.#host.window.contentView.addChildView(view.view);
    this.#host.changed();
  }

  #remove(view: SiteView): void {
    if (!this.#views.includes(view)) return;
    this.#views = this.#views.filter((each) => each !== view);
    if (!this.#host.window.isDestroyed()) this.#host.window.contentView.removeChildView(view.view);
    if (!view.contents.isDestroyed()) view.contents.close();
    this.#focusInterface();
    if (this.#views.length > 0) this.#host.changed();
    else if (!this.#closing) {
      this.#closing = true;
      void this.#end().then(() => this.#host.closed(this));
    }
  }

  /** Said once for each server: a page may try as often as it likes. */
  #frameRefused(url: string): void {
    const whose = url.startsWith("https:") && URL.canParse(url) ? new URL(url).host : "";
    if (this.#framesRefused.has(whose) || this.#framesRefused.size >= MOST_HOSTS_TOLD) return;
    this.#framesRefused.add(whose);
    this.#host.frameRefused(this, whose);
  }

  /** A form in a part of the page, or one that the engine has stopped: the page stays. */
  #formRefused(target: string): void {
    const whose = URL.canParse(target) ? new URL(target).host || target : target;
    if (this.#formsRefused.size >= MOST_HOSTS_TOLD && !this.#formsRefused.has(whose)) return;
    this.#formsRefused.add(whose);
    this.#host.formRefused(this, whose);
  }

  #focusInterface(): void {
    if (!this.#host.window.isDestroyed()) this.#host.window.webContents.focus();
  }

  #viewHost(gateway: SiteGateway): SiteViewHost {
    return {
      gateway,
      owns: (origin) => this.site.origins.includes(origin),
      changed: () => this.#host.changed(),
      elsewhere: (view, url, by) => {
        if (by === "form") this.#formRefused(url);
        else this.#host.elsewhere(this, url, by);
        // A pop-up whose first address leads away has nothing to show.
        if (!view.page.committed && this.#views.length > 1) this.#remove(view);
      },
      frameRefused: (_view, url) => this.#frameRefused(url),
      mayOpen: () => {
        if (this.#views.length < MOST_VIEWS) return true;
        this.#host.tooManyWindows(this);
        return false;
      },
      popup: (opener, contents) => this.#popup(opener, gateway, contents),
      secrets: this.#host.secrets,
      reauthenticate: this.site.sensitive?.reauthenticate === true,
      ask: (view, question) => this.#host.ask(this, view.contents, question),
      formNotRepeated: () => this.#host.formNotRepeated(this),
      focusInterface: () => this.#focusInterface(),
      captured: () => this.#host.captured(),
      closed: (view) => this.#remove(view),
    };
  }

  #popup(opener: SiteView, gateway: SiteGateway, contents: WebContents | undefined): WebContents {
    const inherited = opener.page.committed && opener.originOf(opener.page.committed.url);
    const view = new SiteView(this.#viewHost(gateway), {
      ...(contents ? { contents } : { webPreferences: { session: opener.contents.session } }),
      ...(inherited ? { inherited } : {}),
    });
    this.#add(view);
    return view.contents;
  }
}
