/** What the engine asks on behalf of a site's pages, answered by the site's rules. */
import type { Session, WebContents } from "electron";
import type { Site } from "../core/profile.ts";
import { type PagePermission, pageRules, type Rule } from "../core/profile-pages.ts";

/** The engine's names for what the profile can grant. */
const NAMES: Readonly<Record<string, PagePermission>> = {
  notifications: "notifications",
  fullscreen: "fullscreen",
  pointerLock: "pointer-lock",
};

const CLIPBOARD: Readonly<Record<string, "clipboard-read" | "clipboard-write">> = {
  "clipboard-read": "clipboard-read",
  "clipboard-sanitized-write": "clipboard-write",
};

type Kind = (typeof CLIPBOARD)[string];

/** What a request is about. @returns undefined for what no profile can grant */
export function wantedOf(permission: string, media: readonly string[]): readonly PagePermission[] | Kind | undefined {
  if (permission === "media") {
    const wanted = media.map((type) => (type === "video" ? "camera" : type === "audio" ? "microphone" : undefined));
    return wanted.length > 0 ? wanted.flatMap((each) => each ?? []) : undefined;
  }
  const name = NAMES[permission];
  return name === undefined ? CLIPBOARD[permission] : [name];
}

/** @returns what becomes of the request */
export function ruleFor(site: Site, requester: string, permission: string, media: readonly string[]): Rule {
  const wanted = wantedOf(permission, media);
  const own = URL.canParse(requester) && site.origins.includes(new URL(requester).origin);
  if (wanted === undefined || !own) return "deny";
  const { permissions, clipboard } = pageRules(site);
  if (typeof wanted === "string") return clipboard;
  return wanted.every((each) => permissions.includes(each)) ? "allow" : "deny";
}

/** @param ask puts the question to the user; an answer counts until the site is opened anew */
export function permitPages(
  own: Session,
  site: Site,
  ask: (kind: Kind, contents: WebContents) => Promise<boolean>,
): void {
  const allowed = new Set<Kind>();
  own.setPermissionRequestHandler((contents, permission, answer, details) => {
    const media = "mediaTypes" in details ? (details.mediaTypes ?? []) : [];
    const rule = ruleFor(site, details.requestingUrl, permission, media);
    const kind = CLIPBOARD[permission];
    if (rule !== "ask" || kind === undefined) return answer(rule === "allow");
    if (allowed.has(kind)) return answer(true);
    void ask(kind, contents).then((yes) => {
      if (yes) allowed.add(kind);
      answer(yes);
    });
  });
  own.setPermissionCheckHandler((_contents, permission, requester, details) => {
    const media = details.mediaType === undefined ? [] : [details.mediaType];
    const kind = CLIPBOARD[permission];
    return ruleFor(site, requester, permission, media) === "allow" || (kind !== undefined && allowed.has(kind));
  });
}
