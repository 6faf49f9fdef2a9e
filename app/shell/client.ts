/** The client behind its window: which sites are open, what is on the stage, and what the interface is told. */
import { randomUUID } from "node:crypto";
import { app, type BrowserWindow, type Session, shell, type WebContents } from "electron";
import type { HostileLookup } from "../core/hostile-lookup.ts";
import type { InputState } from "../core/input-rules.ts";
import type { Profile, Site } from "../core/profile.ts";
import { pageRules } from "../core/profile-pages.ts";
import { explain, isHostile } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import { visibleLine } from "../core/visible-text.ts";
import type { SiteGateway } from "../gateway/gateway.ts";
import type { CallArguments, Seal, ShutView, UiState } from "../ipc/contract.ts";
import type { Keystore } from "../keystore/identity.ts";
import { Consents } from "./consents.ts";
import { copyText } from "./context-menu.ts";
import { CurrentLists, type OpenLists } from "./current-lists.ts";
import type { Destination } from "./destination.ts";
import { Downloads } from "./downloads.ts";
import { Logins } from "./logins.ts";
import { Notices } from "./notices.ts";
import { OpenSite, type OpenSiteHost } from "./open-site.ts";
import type { Elsewhere } from "./page-guard.ts";
import { type EditCommand, PageInput } from "./page-input.ts";
import { permitPages } from "./page-permissions.ts";
import { Questions } from "./questions.ts";
import type { Reading, ReadingHost } from "./reading.ts";
import { detailsForIt, plainAddress, refusalView } from "./refusal-view.ts";
import { ShoulderGuard } from "./shoulder-guard.ts";
import { clearOriginEverywhere, clearSite } from "./site-session.ts";
import { type ActivePart, type ProfileState, type ShownRefusal, uiState } from "./state.ts";
import { trustView } from "./trust-view.ts";
import { TypedSecrets } from "./typed-secrets.ts";

export interface ClientParts {
  readonly window: BrowserWindow;
  readonly demo: boolean;
  loadProfile(): Promise<ProfileState>;
  startGateway(profile: Profile, site: Site, hostile: HostileLookup): Promise<SiteGateway>;
  readonly openLists: OpenLists;
  keystore(): Promise<Keystore>;
}

type FocusWhat = NonNullable<UiState["focus"]>["what"];

export class Client {
  readonly logins: Logins;
  readonly consents = new Consents(() => this.#changed());
  readonly downloads = new Downloads(() => this.#changed());
  readonly questions = new Questions(() => this.#changed());
  readonly #parts: ClientParts;
  readonly #sites = new Map<string, OpenSite>();
  readonly #notices = new Notices();
  readonly #shownAt = new WeakMap<Refusal, number>();
  #profile: ProfileState = { kind: "none", lookedIn: [] };
  #profileLoaded: Promise<void>;
  readonly #lists: CurrentLists;
  #active: OpenSite | undefined;
  /** An address that belongs to no site, refused over what was on the stage. */
  #stray: Extract<Destination, { kind: "refused" }> | undefined;
  /** What is read of sites that nobody has proved; no site is on the stage then. */
  #reading: Reading | undefined;
  #stage: CallArguments<"layout.stage">[0] | undefined;
  #focus: UiState["focus"];
  readonly #shoulder: ShoulderGuard;
  readonly #secrets = new TypedSecrets();
  #announced = false;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#shoulder = new ShoulderGuard(parts.window);
    this.logins = new Logins({
      gateways: () => [...this.#sites.values()].flatMap(({ gateway }) => gateway ?? []),
      siteOf: (contents, origin) =>
        [...this.#sites.values()].find((open) => open.holds(contents) && open.site.origins.includes(origin))?.site.id,
      changed: () => this.#changed(),
    });
    this.#lists = new CurrentLists(parts.openLists, {
      notice: (text) => {
        this.#notices.add(text);
        this.#changed();
      },
      changed: () => void this.#lapseListed(),
    });
    this.#profileLoaded = this.#loadProfile();
  }

  /** The whole state, once it is known whether there is a profile. */
  async state(): Promise<UiState> {
    await this.#profileLoaded;
    return this.#snapshot();
  }

  /** Looks for the profile anew; a changed one ends every site that is open, since its verdicts rest on the old one. */
  async reloadProfile(): Promise<void> {
    this.#endReading();
    await Promise.all([...this.#sites.values()].map((open) => this.#close(open, true)));
    this.#profileLoaded = this.#loadProfile();
    await this.#profileLoaded;
    // What was opened meanwhile rests on the old one too.
    const old = [...this.#sites.values()].filter(({ site }) => this.#profileSite(site.id) !== site);
    await Promise.all(old.map((open) => this.#close(open, true)));
  }

  /** The user's answer to what a page asks; the keyboard goes back to the page. */
  answerQuestion({ id, ...answer }: CallArguments<"question.answer">[0]): void {
    const asked = this.questions.reply(id, answer);
    if (asked && this.#active?.top?.contents === asked && !this.questions.current) this.focusPage();
  }

  acknowledge(notice: string): void {
    this.#notices.acknowledge(notice);
    this.#changed();
  }

  /** The name that the profile gives a site; undefined where it has none of this id. */
  siteName(id: string): string | undefined {
    return this.#profileSite(id)?.name;
  }

  /** A sentence for the user, to be acknowledged. */
  notify(text: string): void {
    this.#notices.add(text);
    this.#changed();
  }

  layStage(stage: CallArguments<"layout.stage">[0]): void {
    this.#stage = stage;
    this.#place();
  }

  /** Brings an open site back on the stage, or opens it at its home. */
  openSite(id: string): void {
    const open = this.#sites.get(id);
    if (open) this.#activate(open);
    const site = this.#profileSite(id);
    if (!open && site) this.#go({ kind: "site", site, url: `${site.origins[0]}/` });
  }

  async navigate(text: string): Promise<void> {
    await this.#profileLoaded;
    const destination = await this.#destinationOf(text);
    if (destination) this.#go(destination);
  }

  /** Closes what is on the stage. */
  async closeActive(): Promise<void> {
    if (this.#stray) this.#stray = undefined;
    else if (this.#reading) this.#endReading();
    else if (this.#active) await this.#close(this.#active);
    this.#changed();
  }

  /** Closes a site and forgets everything it stored; anything else of the user's stays. */
  async signOut(id: string): Promise<void> {
    const open = this.#sites.get(id);
    if (open && !(await this.#close(open))) return;
    if (!this.#profileSite(id)) return;
    await clearSite(id);
    this.#notices.add("You have been signed out, and what the site had stored here is cleared.", "info");
    this.#changed();
  }

  command(command: CallArguments<"view.command">[0]): void {
    if (this.#stray) this.#strayCommand(command);
    else if (this.#reading) readingCommand(this.#reading, command);
    else if (command === "scroll-up" || command === "scroll-down") return;
    else if (command === "back") this.#active?.goBack();
    else if (command === "reload") void this.#active?.reload();
    else this.#active?.top?.command(command);
  }

  find(options: CallArguments<"find.start">[0]): void {
    this.#active?.top?.startFind(options.text, options);
  }

  stopFind(): void {
    this.#active?.top?.stopFind();
  }

  /** Asks the interface for one of its panels and gives it the keyboard. */
  focus(what: FocusWhat): void {
    this.#active?.top?.leaveFocus();
    this.#focus = { id: randomUUID(), what };
    this.#parts.window.webContents.focus();
    this.#changed();
  }

  focusPage(): void {
    if (!this.#stray) this.#active?.top?.takeFocus();
  }

  /** Types into the sensitive field of the page on the stage. */
  async typeSensitive(text: string): Promise<void> {
    if (!this.#stray) await this.#active?.top?.typeSensitive(text);
  }

  eraseSensitive(): void {
    const top = this.#stray ? undefined : this.#active?.top;
    if (top?.input.kind === "open") top.fields.erase();
  }

  revealSensitive(on: boolean): void {
    const top = this.#stray ? undefined : this.#active?.top;
    if (top?.input.kind === "open") top.fields.reveal(on);
  }

  /** Edits in the page, if it has the keyboard and is open, else in the interface. */
  edit(command: EditCommand): void {
    const { window } = this.#parts;
    const top = this.#active?.top;
    if (top?.contents.isFocused()) top.keys.edit(command);
    else new PageInput(window.webContents, () => window.webContents.isFocused()).edit(command);
  }

  async copyDetails(): Promise<void> {
    const refused = this.#refused();
    if (!refused) return;
    const site = this.#stray ? undefined : this.#active?.site.name;
    const view = refusalView(refused.refusal, { ...refused, ...(site === undefined ? {} : { site }) });
    await copyText(
      detailsForIt(view, { version: app.getVersion(), system: systemName(), profile: this.#profileName() }),
    );
  }

  /** Ends every verdict of every site. */
  async lapse(why: Refusal, again: boolean): Promise<void> {
    await Promise.all([...this.#sites.values()].map((open) => open.lapse(why, again)));
  }

  /** Asks again for what was refused for want of a network. @returns whether something still waits for it */
  async networkBack(): Promise<boolean> {
    const waiting = await Promise.all([...this.#sites.values()].map((open) => open.networkBack()));
    return waiting.some(Boolean);
  }

  /** Ends the verdicts that rest on an identity that is no longer there. */
  async identityRemoved(fingerprint: string, why: Refusal): Promise<void> {
    const resting = [...this.#sites.values()].filter((open) => open.restsOn(fingerprint));
    await Promise.all(resting.map((open) => open.lapse(why, true)));
  }

  /** A site that was refused for want of an identity tries again. */
  identitiesImported(): void {
    if (this.#refused()?.refusal.code === "client.no-identity") this.command("reload");
  }

  /** Whether a site is open whose proof of the user is the sign-in to the network. */
  get restsOnSignIn(): boolean {
    return [...this.#sites.values()].some(({ site }) => site.client.method === "kerberos");
  }

  /** The user's tickets are gone: what rested on them is over. */
  signInMissing(why: Refusal): void {
    for (const open of this.#sites.values()) void open.signInMissing(why);
  }

  /** There is a sign-in: pages that were refused for want of one come back. */
  signInFound(): void {
    for (const open of this.#sites.values()) open.signInFound();
  }

  /** @returns false when the user would rather stay on a page. */
  async closeAll(): Promise<boolean> {
    for (const open of [...this.#sites.values()]) if (!(await this.#close(open))) return false;
    return true;
  }

  get hasOpenSites(): boolean {
    return this.#sites.size > 0;
  }

  async #loadProfile(): Promise<void> {
    this.#profile = await this.#parts.loadProfile().catch(unreadable);
    if (this.#profile.kind === "loaded") this.#lists.use(this.#profile.profile);
    this.#stray = undefined;
    this.#changed();
  }

  /** A list has changed: a page that it has now is proved anew, which is refused. */
  async #lapseListed(): Promise<void> {
    for (const open of this.#sites.values()) {
      const refusal = await this.#lists.refusalOf(open.url);
      if (refusal !== undefined) await open.lapse(refusal, true);
    }
    const reading = this.#reading;
    const refusal = reading && (await this.#lists.refusalOf(reading.url));
    if (reading === undefined || refusal === undefined || reading !== this.#reading) return;
    this.#endReading();
    this.#go({ kind: "refused", refusal, url: reading.url });
  }

  #profileSite(id: string): Site | undefined {
    return this.#profile.kind === "loaded" ? this.#profile.profile.sites.find((site) => site.id === id) : undefined;
  }

  #go(destination: Destination): void {
    if (destination.kind === "refused") {
      this.#stray = destination;
      this.#changed();
      if (destination.refusal.code === "site.hostile") void this.#clearHostile(destination.url);
    } else if (destination.kind === "read-only") void this.#read(destination);
    else this.#goToSite(destination.site, destination.url);
  }

  async #read(place: Extract<Destination, { kind: "read-only" }>): Promise<void> {
    this.#stray = undefined;
    this.#active = undefined;
    const { Reading } = await import("./reading.ts");
    // Something else may have come onto the stage meanwhile.
    if (this.#active !== undefined || this.#stray !== undefined || this.#profile.kind !== "loaded") return;
    this.#reading ??= new Reading(this.#readingHost(this.#profile.profile));
    await this.#reading.go(place);
  }

  #readingHost(profile: Profile): ReadingHost {
    return {
      window: this.#parts.window,
      anchors: (profile.unlistedAnchors ?? []).map(({ pem }) => pem),
      allow: async (url) => {
        const destination = await this.#destinationOf(url.href, "read-only");
        if (destination?.kind === "refused") throw destination.refusal;
        if (destination?.kind === "read-only") return;
        const fault = "it is an address of a site, which must prove itself";
        throw new Refusal("site.not-shown", { value: url.origin, fault, expected: "an address of no site" });
      },
      leads: (url, host, contents) => this.#readingLeads(url, host, contents),
      refused: (refusal, url) => this.#go({ kind: "refused", refusal, url }),
      changed: () => this.#changed(),
      ended: () => this.#endReading(),
    };
  }

  /** Every link of a page that nobody has proved is put before the user whole. */
  async #readingLeads(url: string, site: string, contents: WebContents): Promise<boolean> {
    const reading = this.#reading;
    if (reading === undefined || this.#stray) return false;
    if (!url.startsWith("https:")) {
      this.notify(`A link of ${site} leads to something that is no https address. It was not opened.`);
      return false;
    }
    const yes = await this.consents.ask({ site, kind: "unproved-link", subject: visibleLine(url) }, contents);
    if (!yes || reading !== this.#reading) return false;
    const destination = await this.#destinationOf(url, "read-only");
    if (destination === undefined || reading !== this.#reading) return false;
    this.#go(destination);
    return destination.kind !== "refused";
  }

  #endReading(): void {
    this.#reading?.close();
    this.#reading = undefined;
    this.#changed();
  }

  /** What an origin has stored goes, once it is hostile as a whole. */
  async #clearHostile(url: string): Promise<void> {
    if (this.#profile.kind !== "loaded" || !URL.canParse(url)) return;
    const { origin } = new URL(url);
    if ((await this.#lists.refusalOf(origin))?.code !== "site.hostile") return;
    await clearOriginEverywhere(
      this.#profile.profile.sites.map(({ id }) => id),
      origin,
    );
  }

  /** The tables of look-alikes are read when the first address is, not when the client starts. */
  async #destinationOf(text: string, from: "user" | "read-only" = "user"): Promise<Destination | undefined> {
    const { destinationOf } = await import("./destination.ts");
    const lookup = await this.#lists.lookup();
    return this.#profile.kind === "loaded" ? destinationOf(this.#profile.profile, text, lookup, from) : undefined;
  }

  #goToSite(site: Site, url: string): void {
    const known = this.#sites.get(site.id);
    const open = known ?? new OpenSite(site, url, this.#siteHost());
    this.#sites.set(site.id, open);
    this.#activate(open);
    void open.navigate(url);
  }

  #activate(open: OpenSite): void {
    this.#stray = undefined;
    this.#endReading();
    this.#active = open;
    this.#changed();
  }

  async #close(open: OpenSite, firm = false): Promise<boolean> {
    if (!(await open.close(firm))) return false;
    this.#forget(open);
    return true;
  }

  #forget(open: OpenSite): void {
    if (this.#sites.get(open.site.id) === open) this.#sites.delete(open.site.id);
    if (this.#active === open) this.#active = undefined;
    this.downloads.cancelAll(open.site.id);
    this.consents.drop(({ view }) => view.site === open.site.id);
    this.#changed();
  }

  #siteHost(): OpenSiteHost {
    return {
      window: this.#parts.window,
      startGateway: async (site) => {
        if (this.#profile.kind !== "loaded") throw new Error("the profile is gone");
        const { profile } = this.#profile;
        return this.#parts.startGateway(profile, site, await this.#lists.lookup());
      },
      isHostile: async (origin) => (await this.#lists.refusalOf(origin))?.code === "site.hostile",
      opened: (open, session) => this.#opened(open.site, session),
      changed: () => this.#changed(),
      lapsed: (contents) => {
        this.logins.drop(contents);
        this.questions.drop(contents);
        this.consents.drop((asked) => asked.contents === contents);
      },
      ask: (open, contents, question) => {
        if (open !== this.#active) this.#activate(open);
        // The question has the keyboard until it is answered.
        if (!this.#parts.window.isDestroyed()) this.#parts.window.webContents.focus();
        return this.questions.ask(open.site.id, contents, question);
      },
      formNotRepeated: ({ site }) => {
        this.#notices.add(`This page of ${site.name} answers a form. To see it anew, send the form again.`, "info");
        this.#changed();
      },
      elsewhere: (open, url, by) => void this.#elsewhere(open, url, by),
      secrets: this.#secrets,
      captured: () => this.#shoulder.captured(),
      frameRefused: (open, host) => this.#frameRefused(open, host),
      formRefused: ({ site }, host) => {
        this.#notices.add(`A form of ${site.name} wanted to send what you entered to ${host}. It was not sent.`);
        this.#changed();
      },
      tooManyWindows: (open) => {
        this.#notices.add(`${open.site.name} wanted to open too many windows.`);
        this.#changed();
      },
      closed: (open) => this.#forget(open),
    };
  }

  #opened(site: Site, session: Session): void {
    const { consents } = this;
    const { id, name } = site;
    permitPages(session, site, (kind, contents) => consents.ask({ site: id, kind }, contents));
    // The session outlives what is open now: the site that is open when a file comes decides.
    this.downloads.watch(session, id, {
      from: name,
      rule: (contents, url) => {
        const open = this.#sites.get(id);
        return open?.mayOfferFile(contents, url) ? pageRules(open.site).downloads : undefined;
      },
      denied: (fileName) => {
        this.#notices.add(`${name} offered the file ${visibleLine(fileName)}. Files of this page are not saved.`);
        this.#changed();
      },
    });
  }

  /** A page leads out of its site: to another site of the profile, or to a word why not. */
  async #elsewhere(from: OpenSite, url: string, by: Exclude<Elsewhere, "form">): Promise<void> {
    if (from !== this.#active) return;
    const destination = await this.#destinationOf(url);
    if (!destination || from !== this.#active) return;
    if (/^(mailto|tel):/i.test(url)) {
      if (await this.#mayLead(from, "program", url)) await shell.openExternal(url);
    } else if (!url.startsWith("https:")) {
      const scheme = URL.canParse(url) ? new URL(url).protocol : "unreadable";
      this.#notices.add(`${from.site.name} wanted to open a ${scheme} address. Countersign opens https only.`);
    } else if (destination.kind === "refused" && by !== "redirect" && destination.refusal.code === "site.unlisted") {
      this.#notices.add(`${new URL(url).host} is not one of your organisation's sites, so it was not opened.`);
    } else if (destination.kind === "read-only") {
      // What a page of a site puts into an address may be what the user entered there: without its query, and never
      // without being seen.
      if (await this.#mayLead(from, "link", destination.url, true)) this.#go(destination);
    } else if (destination.kind === "refused" || (await this.#mayLead(from, "link", url))) this.#go(destination);
    this.#changed();
  }

  async #mayLead(from: OpenSite, kind: "link" | "program", url: string, always = false): Promise<boolean> {
    const rule = pageRules(from.site).externalLinks;
    const { id, name } = from.site;
    if (rule === "deny") this.#notices.add(`${name} wanted to lead elsewhere: ${visibleLine(plainAddress(url))}.`);
    if (rule === "deny" || (rule === "allow" && !always)) return rule === "allow";
    return (
      (await this.consents.ask({ site: id, kind, subject: visibleLine(url) }, from.top?.contents)) &&
      from === this.#active
    );
  }

  #frameRefused({ site }: OpenSite, host: string): void {
    const whose = host === "" ? "that no server answers for" : `from ${host}`;
    this.#notices.add(`A part of ${site.name} ${whose} was left out, because nobody could prove where it comes from.`);
    this.#changed();
  }

  #strayCommand(command: CallArguments<"view.command">[0]): void {
    const stray = this.#stray;
    if (command === "back") this.#stray = undefined;
    else if (command === "reload" && stray) void this.navigate(stray.url);
    this.#changed();
  }

  #refused(): ShownRefusal | undefined {
    const found =
      this.#stray ?? this.#active?.failure ?? (this.#active?.top?.stage === "refused" && this.#active.top.page.refused);
    if (!found) return undefined;
    const at = this.#shownAt.get(found.refusal) ?? Date.now();
    this.#shownAt.set(found.refusal, at);
    const genuine = this.#stray?.genuine;
    const form = "form" in found && found.form === true;
    return { refusal: found.refusal, url: found.url, form, at, ...(genuine === undefined ? {} : { genuine }) };
  }

  #changed(): void {
    if (this.#announced) return;
    this.#announced = true;
    setImmediate(() => {
      this.#announced = false;
      const { window } = this.#parts;
      if (window.isDestroyed() || window.webContents.isDestroyed()) return;
      this.#place();
      this.#shoulder.follow(this.#stray ? undefined : this.#active?.top?.fields);
      window.setTitle(windowTitle(this.#stray ? undefined : this.#active));
      window.webContents.send("countersign:state", this.#snapshot());
    });
  }

  #place(): void {
    const stage = this.#stage;
    for (const open of this.#sites.values()) {
      const visible = stage && !stage.covered && open === this.#active && !this.#stray;
      open.place(visible ? wholePixels(stage) : undefined);
    }
    this.#reading?.place(stage && !stage.covered && !this.#stray ? wholePixels(stage) : undefined);
  }

  #snapshot(): UiState {
    return uiState({
      profile: this.#profile,
      open: new Map([...this.#sites].map(([id, { seal }]) => [id, seal])),
      active: this.#activePart(),
      httpAuth: this.logins.current,
      question: this.questions.current,
      consent: this.consents.current,
      downloads: this.downloads.views,
      notices: this.#notices.views,
      focus: this.#focus,
      platform: platformName(),
      demo: this.#parts.demo,
    });
  }

  #activePart(): ActivePart | undefined {
    const refused = this.#refused();
    const refusedPart = refused ? { refused } : {};
    if (this.#stray) {
      const seal: Seal = isHostile(this.#stray.refusal.code) ? "hostile" : "refused";
      return {
        ...IDLE,
        ...refusedPart,
        site: undefined,
        url: this.#stray.url,
        seal,
        stage: "refused",
        canGoBack: (this.#active ?? this.#reading) !== undefined,
      };
    }
    if (this.#reading) return readingPart(this.#reading);
    const open = this.#active;
    if (!open) return undefined;
    const { top, seal, url, canGoBack } = open;
    const { id, name } = open.site;
    const stage = open.failure ? "refused" : (top?.stage ?? "waiting");
    if (!top)
      return { ...IDLE, ...refusedPart, site: { id, name }, url, seal, stage, canGoBack, loading: !open.failure };
    const trust = top.channel && trustView(top.channel);
    return {
      site: { id, name },
      url,
      title: top.contents.getTitle(),
      seal,
      stage,
      kept: top.kept,
      ...shutPart(top.input),
      ...(top.fields.focused ? { field: top.fields.focused } : {}),
      loading: stage === "waiting" || (stage === "page" && top.contents.isLoading()),
      canGoBack,
      canGoForward: top.canGoForward,
      zoom: top.contents.getZoomFactor(),
      ...refusedPart,
      ...(trust ? { trust } : {}),
      ...(top.find ? { find: top.find } : {}),
    };
  }

  #profileName(): string {
    if (this.#profile.kind !== "loaded") return this.#profile.kind;
    const { organization, serial } = this.#profile.profile;
    return `${organization}, serial ${serial}, from ${this.#profile.origin}`;
  }
}

/** Whatever goes wrong on the way to the profile, the client runs without one and says why. */
function unreadable(error: unknown): ProfileState {
  const fault = error instanceof Error ? error.message : "unknown failure";
  return { kind: "invalid", error: explain(new Refusal("profile.invalid", { fault })), problems: [] };
}

function shutPart(input: InputState): { readonly shut?: ShutView } {
  if (input.kind === "open" || input.why === "page") return {};
  if (input.why === "guard") return { shut: { why: "guard" } };
  return { shut: { why: "frame", ...(input.origin === undefined ? {} : { origin: input.origin }) } };
}

function readingCommand(reading: Reading, command: CallArguments<"view.command">[0]): void {
  if (command === "back") reading.back();
  else if (command === "reload") reading.reload();
  else if (command === "stop") reading.stop();
  else if (command === "scroll-up" || command === "scroll-down")
    reading.scroll(command === "scroll-up" ? "up" : "down");
  else if (command === "zoom-in" || command === "zoom-out" || command === "zoom-reset") {
    reading.zoomBy(command === "zoom-in" ? "in" : command === "zoom-out" ? "out" : "reset");
  }
}

function readingPart({ url, cut, loading, zoom }: Reading): ActivePart {
  const stage = loading ? "waiting" : "page";
  return { ...IDLE, site: undefined, url, seal: "read-only", stage, loading, zoom, canGoBack: true, readOnly: { cut } };
}

const IDLE = { title: "", loading: false, canGoForward: false, zoom: 1, kept: false } as const;

function wholePixels({ x, y, width, height }: CallArguments<"layout.stage">[0]): Electron.Rectangle {
  const [left, top] = [Math.round(x), Math.round(y)];
  return { x: left, y: top, width: Math.round(x + width) - left, height: Math.round(y + height) - top };
}

/** Names the site, as the profile does, once it has proved itself; never what a page says of itself. */
function windowTitle(open: OpenSite | undefined): string {
  return open?.seal === "open" ? `${open.site.name} – Countersign` : "Countersign";
}

function platformName(): UiState["platform"] {
  return process.platform === "darwin" || process.platform === "win32" ? process.platform : "linux";
}

function systemName(): string {
  return `${process.platform} ${process.arch}, Electron ${process.versions.electron}`;
}
