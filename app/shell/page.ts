/**
 * What may be seen of a site's page: a pure state machine fed by navigation events and proofs.
 *
 * The page is on the stage in one state only: its document has committed, no other document is under way, and a live
 * channel of its origin has its verdict. Everything else shows a page of ours.
 */
import type { Channel } from "../auth/channel.ts";
import type { Refusal } from "../core/refusal.ts";
import type { ActiveView } from "../ipc/contract.ts";

export type Stage = ActiveView["stage"];

export type Proof =
  | { readonly kind: "none" }
  | { readonly kind: "pending"; readonly origin: string }
  | { readonly kind: "live"; readonly origin: string; readonly channel: Channel };

export interface PageDocument {
  readonly url: string;
  /** It is the answer to a form: asking for it once more would send the form once more. */
  readonly form: boolean;
}

export interface Page {
  /** The document under way, asked for by us or started by the engine. */
  readonly pending?: PageDocument;
  /** The document in the view. */
  readonly committed?: PageDocument;
  readonly proof: Proof;
  /** Why nothing is shown. */
  readonly refused?: {
    readonly refusal: Refusal;
    readonly url: string;
    /** A form was on its way. */
    readonly form: boolean;
    /** The engine's own error page fills a history entry that must go. */
    readonly entry: boolean;
    /** The document in the view is whole and may return once its origin is proven again. */
    readonly intact: boolean;
  };
  readonly trouble?: "crashed" | "hung";
}

export type PageEvent =
  /** A document is under way; `origin` is the one that must be proven. */
  | { readonly type: "started"; readonly url: string }
  /** The engine asks for the document under way. @see SiteView.documentAsked */
  | { readonly type: "asked"; readonly method: string }
  | { readonly type: "proving"; readonly origin: string }
  | { readonly type: "proven"; readonly origin: string; readonly channel: Channel }
  /** Another channel of the proven origin has its verdict, later than the one so far. */
  | { readonly type: "renewed"; readonly origin: string; readonly channel: Channel }
  | { readonly type: "committed"; readonly url: string }
  | { readonly type: "moved"; readonly url: string }
  /** The document under way will not come: a download, a stop, a second thought. */
  | { readonly type: "abandoned" }
  | {
      readonly type: "refused";
      readonly url: string;
      readonly refusal: Refusal;
      readonly entry: boolean;
      /** It was the whole document in the view whose origin was to be proven once more. */
      readonly intact?: boolean;
    }
  /** `anew`: the document in the view must not return. */
  | { readonly type: "lapsed"; readonly refusal: Refusal; readonly anew?: boolean }
  /** The user went back from a refusal to the document that is still in the view. */
  | { readonly type: "dismissed" }
  | { readonly type: "trouble"; readonly trouble: "crashed" | "hung" }
  | { readonly type: "responsive" };

export const EMPTY_PAGE: Page = { proof: { kind: "none" } };

/** Methods that ask for something and change nothing (RFC 9110 §9.2.1). */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD"]);

export function nextPage(page: Page, event: PageEvent): Page {
  switch (event.type) {
    case "started":
      return { ...without(page, "refused", "trouble"), pending: { url: event.url, form: false } };
    case "asked":
      return page.pending ? { ...page, pending: { ...page.pending, form: !SAFE.has(event.method) } } : page;
    case "proving":
      return { ...page, proof: { kind: "pending", origin: event.origin } };
    case "proven":
      return page.proof.kind === "pending" && page.proof.origin === event.origin
        ? { ...page, proof: { kind: "live", origin: event.origin, channel: event.channel } }
        : page;
    case "renewed":
      return page.proof.kind === "live" && page.proof.origin === event.origin
        ? { ...page, proof: { kind: "live", origin: event.origin, channel: event.channel } }
        : page;
    case "committed":
      // What arrives after its refusal is the gateway's or the engine's own error page.
      if (page.refused && !page.pending) return { ...page, refused: { ...page.refused, entry: true, intact: false } };
      return { ...without(page, "pending", "refused", "trouble"), committed: documentOf(page, event.url) };
    case "moved":
      return page.committed ? { ...page, committed: { ...page.committed, url: event.url } } : page;
    case "abandoned":
      return { ...without(page, "pending"), proof: page.pending ? { kind: "none" } : page.proof };
    case "refused":
      return refusePage(page, event);
    case "lapsed":
      return lapsePage(page, event.refusal, event.anew === true);
    case "dismissed":
      return { ...without(page, "refused", "pending"), proof: { kind: "none" } };
    case "trouble":
      return { ...page, trouble: event.trouble };
    case "responsive":
      return page.trouble === "hung" ? without(page, "trouble") : page;
  }
}

function refusePage(page: Page, event: Extract<PageEvent, { type: "refused" }>): Page {
  const earlier = page.refused;
  const refused = {
    // The first refusal of a document says why; the engine's error that follows only adds the history entry.
    refusal: earlier && earlier.url === event.url ? earlier.refusal : event.refusal,
    url: event.url,
    form: page.pending?.form ?? (earlier?.form === true && earlier.url === event.url),
    entry: event.entry || (earlier?.entry ?? false),
    intact: event.intact === true,
  };
  return { ...without(page, "pending", "trouble"), proof: { kind: "none" }, refused };
}

function documentOf({ pending }: Page, url: string): PageDocument {
  return { url, form: pending?.form ?? false };
}

function lapsePage(page: Page, refusal: Refusal, anew: boolean): Page {
  if (page.refused) return { ...(anew ? without(page, "committed") : page), proof: { kind: "none" } };
  const url = page.pending?.url ?? page.committed?.url;
  if (url === undefined) return { ...page, proof: { kind: "none" } };
  const intact = page.pending === undefined && !anew;
  const form = page.pending?.form ?? (anew && page.committed?.form === true);
  const rest = anew ? without(page, "pending", "committed") : without(page, "pending");
  return { ...rest, proof: { kind: "none" }, refused: { refusal, url, form, entry: false, intact } };
}

/** What fills the stage. `page` is the only one in which the view is visible. */
export function stageOf(page: Page, originOf: (url: string) => string | undefined): Stage {
  if (page.refused) return "refused";
  if (page.trouble) return page.trouble;
  if (page.pending || !page.committed || page.proof.kind !== "live") return "waiting";
  return page.proof.channel.verdict.kind === "authenticated" && page.proof.origin === originOf(page.committed.url)
    ? "page"
    : "waiting";
}

function without<K extends keyof Page>(page: Page, ...keys: readonly K[]): Omit<Page, K> {
  const rest: Partial<Page> = { ...page };
  for (const key of keys) delete rest[key];
  return rest as Omit<Page, K>;
}
