/** The interface's whole state, assembled from the parts of the shell. Pure. */
import type { Profile, Site } from "../core/profile.ts";
import type { Refusal } from "../core/refusal.ts";
import type {
  ActiveView,
  ConsentView,
  DownloadView,
  FieldView,
  HttpAuthView,
  NoticeView,
  ProfileView,
  QuestionView,
  Seal,
  ShutView,
  SiteView,
  TrustView,
  UiState,
} from "../ipc/contract.ts";
import type { Stage } from "./page.ts";
import { refusalView } from "./refusal-view.ts";

/** What became of looking for a profile. */
export type ProfileState =
  | Extract<ProfileView, { kind: "none" | "invalid" }>
  | { readonly kind: "loaded"; readonly profile: Profile; readonly origin: string };

/** A refusal with the moment it was first shown. */
export interface ShownRefusal {
  readonly refusal: Refusal;
  readonly url: string;
  /** A form was on its way. */
  readonly form?: boolean;
  readonly at: number;
  readonly genuine?: Site;
}

/** What is on the stage: a site's page, or an address that belongs to no site. */
export interface ActivePart {
  readonly site: { readonly id: string; readonly name: string } | undefined;
  readonly url: string;
  readonly title: string;
  readonly seal: Seal;
  readonly stage: Stage;
  readonly kept: boolean;
  readonly shut?: ShutView;
  readonly field?: FieldView;
  readonly loading: boolean;
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  readonly zoom: number;
  readonly refused?: ShownRefusal;
  readonly trust?: TrustView;
  readonly find?: { readonly matches: number; readonly current: number };
  readonly readOnly?: { readonly cut: boolean };
}

export interface UiParts {
  readonly profile: ProfileState;
  /** Seals of the open sites by id. */
  readonly open: ReadonlyMap<string, Seal>;
  readonly active: ActivePart | undefined;
  readonly httpAuth: HttpAuthView | undefined;
  readonly question: QuestionView | undefined;
  readonly consent: ConsentView | undefined;
  readonly downloads: readonly DownloadView[];
  readonly notices: readonly NoticeView[];
  readonly focus: UiState["focus"];
  readonly platform: UiState["platform"];
  readonly demo: boolean;
}

export function uiState(parts: UiParts): UiState {
  return {
    profile: profileView(parts.profile),
    sites: siteViews(parts.profile, parts.open),
    ...(parts.active ? { active: activeView(parts.active) } : {}),
    ...(parts.httpAuth ? { httpAuth: parts.httpAuth } : {}),
    ...(parts.question ? { question: parts.question } : {}),
    ...(parts.consent ? { consent: parts.consent } : {}),
    downloads: parts.downloads,
    notices: parts.notices,
    ...(parts.focus ? { focus: parts.focus } : {}),
    platform: parts.platform,
    demo: parts.demo,
  };
}

function profileView(state: ProfileState): ProfileView {
  if (state.kind !== "loaded") return state;
  const { organization, serial } = state.profile;
  return { kind: "loaded", organization, serial, origin: state.origin };
}

function siteViews(state: ProfileState, open: ReadonlyMap<string, Seal>): readonly SiteView[] {
  if (state.kind !== "loaded") return [];
  return state.profile.sites.map(({ id, name, origins }) => ({
    id,
    name,
    origin: origins[0] ?? "",
    seal: open.get(id) ?? "shut",
    open: open.has(id),
  }));
}

function activeView(part: ActivePart): ActiveView {
  const { origin, host, pathname } = URL.canParse(part.url)
    ? new URL(part.url)
    : { origin: part.url, host: part.url, pathname: "" };
  const { seal, stage, kept, shut, field, loading, canGoBack, canGoForward, zoom, refused, trust, find, readOnly } =
    part;
  const site = part.site && { site: part.site.name };
  return {
    site: part.site?.id ?? "",
    name: part.site?.name ?? host,
    origin,
    path: pathname,
    // What a page says of itself is shown only while the page is.
    title: stage === "page" ? part.title : "",
    seal,
    loading,
    canGoBack,
    canGoForward,
    zoom,
    stage,
    kept,
    ...(shut && stage === "shut" ? { shut } : {}),
    ...(field && stage === "page" ? { field } : {}),
    ...(refused ? { refusal: refusalView(refused.refusal, { ...refused, ...site }) } : {}),
    ...(trust && stage === "page" ? { trust } : {}),
    ...(find && stage === "page" ? { find } : {}),
    ...(readOnly ? { readOnly } : {}),
  };
}
