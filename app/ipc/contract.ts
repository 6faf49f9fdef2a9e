/**
 * The one contract between the main process and the user interface. Calls go up with arguments that a schema has
 * checked; the whole state of the interface comes down as one snapshot. The renderer imports types from here only.
 */
import { z } from "zod";
import type { Pin } from "../core/evidence.ts";
import type { Explanation } from "../core/reasons.ts";

const none = z.tuple([]);
const siteId = z.string().min(1).max(64);
const requestId = z.string().min(1).max(64);
const coordinate = z.number().finite().min(0).max(32_767);

/** Argument schemas of every call; the types below follow from them. */
export const callArguments = {
  "app.state": none,
  "app.acknowledge": z.tuple([z.object({ notice: requestId })]),
  "app.reload-profile": none,
  /** Where the page may be drawn, in CSS pixels of the window; `covered` while a sheet of ours needs the place. */
  "layout.stage": z.tuple([
    z.object({ x: coordinate, y: coordinate, width: coordinate, height: coordinate, covered: z.boolean() }),
  ]),
  "site.open": z.tuple([z.object({ site: siteId })]),
  /** What the user typed into the address line. */
  "site.navigate": z.tuple([z.object({ text: z.string().max(8192) })]),
  "site.close": none,
  "site.sign-out": z.tuple([z.object({ site: siteId })]),
  "view.command": z.tuple([
    z.enum([
      "back",
      "forward",
      "reload",
      "stop",
      "zoom-in",
      "zoom-out",
      "zoom-reset",
      "scroll-up",
      "scroll-down",
      "wait",
      "end",
    ]),
  ]),
  "find.start": z.tuple([z.object({ text: z.string().min(1).max(512), forward: z.boolean(), next: z.boolean() })]),
  "find.stop": none,
  /** Characters for the page's sensitive field that has the cursor, from the keys on the screen. */
  "keys.type": z.tuple([z.object({ text: z.string().min(1).max(8) })]),
  "keys.erase": none,
  /** Shows what the field holds while a button of ours is held. */
  "keys.reveal": z.tuple([z.object({ on: z.boolean() })]),
  "refusal.copy-details": none,
  "http-auth.answer": z.tuple([
    z.object({
      id: requestId,
      answer: z.union([z.object({ username: z.string().max(1024), password: z.string().max(1024) }), z.null()]),
    }),
  ]),
  "question.answer": z.tuple([z.object({ id: requestId, accepted: z.boolean(), silence: z.boolean() })]),
  /** What the user says to a question of a page. */
  "consent.answer": z.tuple([z.object({ id: requestId, allow: z.boolean() })]),
  "download.cancel": z.tuple([z.object({ id: requestId })]),
  "download.clear": none,
  "download.show": z.tuple([z.object({ id: requestId })]),
  "impostors.list": none,
  "impostors.remove": z.tuple([
    z.object({ key: z.templateLiteral(["sha256/", z.string().regex(/^[A-Za-z0-9+/]{43}=$/)]) }),
  ]),
  /** Opens the system's dialog for saving a file. */
  "impostors.export": none,
  "keystore.list": none,
  /** Opens the system's file dialog; the file stays in the main process under `token`. */
  "keystore.choose": none,
  "keystore.import": z.tuple([z.object({ token: requestId, passphrase: z.string().max(1024) })]),
  "keystore.remove": z.tuple([z.object({ fingerprint: z.string().regex(/^[0-9a-f]{64}$/) })]),
} as const satisfies Record<string, z.ZodType<readonly unknown[]>>;

export type CallName = keyof typeof callArguments;
export type CallArguments<N extends CallName> = z.infer<(typeof callArguments)[N]>;

export type { Explanation };

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Explanation };

export interface IdentityView {
  readonly fingerprint: string;
  readonly name: string;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly keyType: string;
  readonly status: "valid" | "expires-soon" | "expired" | "not-yet-valid" | "not-for-clients";
  /** Whole days until notAfter; negative when past. */
  readonly daysLeft: number;
}

/** A server whose key was flagged on this machine. Times are ISO 8601, UTC. */
export interface ImpostorView {
  readonly key: Pin;
  readonly first: string;
  readonly last: string;
  readonly times: number;
  /** Newest first; `site` is the profile's name of the site that it answered for. */
  readonly appearances: readonly {
    readonly site: string;
    readonly origin: string;
    readonly address?: string;
    readonly at: string;
  }[];
  readonly proof: { readonly protocol: string; readonly message: string };
  readonly certificate: {
    readonly subject: string;
    readonly issuer: string;
    readonly notBefore: string;
    readonly notAfter: string;
    readonly fingerprint: string;
  };
}

/** What each call answers. A call that fails for a reason a user can act on answers a Result. */
export interface CallResults {
  "app.state": UiState;
  "app.acknowledge": undefined;
  "app.reload-profile": undefined;
  "layout.stage": undefined;
  "site.open": undefined;
  "site.navigate": undefined;
  "site.close": undefined;
  "site.sign-out": Result<undefined>;
  "view.command": undefined;
  "find.start": undefined;
  "find.stop": undefined;
  "keys.type": undefined;
  "keys.erase": undefined;
  "keys.reveal": undefined;
  "refusal.copy-details": undefined;
  "http-auth.answer": undefined;
  "question.answer": undefined;
  "consent.answer": undefined;
  "download.cancel": undefined;
  "download.clear": undefined;
  "download.show": undefined;
  "impostors.list": Result<readonly ImpostorView[]>;
  "impostors.remove": Result<readonly ImpostorView[]>;
  /** Name of the file; undefined when the user thought better of it. */
  "impostors.export": Result<string | undefined>;
  "keystore.list": Result<readonly IdentityView[]>;
  "keystore.choose": Result<{ readonly token: string; readonly fileName: string } | undefined>;
  "keystore.import": Result<readonly IdentityView[]>;
  "keystore.remove": Result<undefined>;
}

/** The seal beside the address: shut until the verdict, and again when it lapses. */
export type Seal = "shut" | "opening" | "open" | "read-only" | "refused" | "hostile";

export interface DerivationView {
  readonly formula: string;
  readonly sentence: string;
  readonly rule: string;
  readonly basis: "evidence" | "assumption" | "derived";
  readonly source?: string;
  readonly from: readonly DerivationView[];
}

export interface TrustView {
  readonly server: {
    readonly host: string;
    /** Absent where the service protects its channel by Kerberos alone. */
    readonly certificate?: {
      readonly subject: string;
      readonly issuer: string;
      readonly notBefore: string;
      readonly notAfter: string;
      readonly pin: string;
    };
    /** In words: by which pin or anchor it was recognised. */
    readonly by: string;
    /** The service as Kerberos names it, where it has proved that name. */
    readonly service?: {
      readonly principal: string;
      /** Flags of the exchange as the library returned them. */
      readonly flags: string;
      /** Whether the exchange was tied to the server's certificate. */
      readonly bound: boolean;
      /** Address of the directory that named it, where the profile leaves that to one. */
      readonly directory?: string;
    };
  };
  readonly client:
    | { readonly method: "certificate"; readonly subject: string; readonly issuer: string; readonly notAfter: string }
    | { readonly method: "kerberos"; readonly principal: string }
    | { readonly method: "form" };
  readonly protocol: string;
  /** The suite of TLS; without TLS, how messages are protected. */
  readonly cipher: string;
  /** Where the site splits its channels: by which way what the user sends travels, completing "over …". */
  readonly sends?: string;
  readonly provenAt: string;
  readonly lapsesAt: string;
  readonly goals: readonly DerivationView[];
  readonly notRequired: readonly { readonly sentence: string; readonly formula: string; readonly why: string }[];
  readonly steps: readonly {
    readonly from: "client" | "server";
    readonly name: string;
    readonly at: number;
    readonly note?: string;
  }[];
}

export interface RefusalView extends Explanation {
  /** The address that was asked for, without query and fragment. */
  readonly address: string;
  readonly site?: string;
  /** The site of the profile that the address could be taken for. */
  readonly genuine?: { readonly site: string; readonly name: string; readonly origin: string };
  /** The list of hostile addresses that has it: its name (the profile itself, if absent), since when, who corrects it. */
  readonly listing?: { readonly list?: string; readonly since?: string; readonly reportTo?: string };
  readonly at: string;
  /** Where the data of a form would have gone. */
  readonly formTarget?: string;
  /** What had been established before the refusal, in words. */
  readonly established: readonly string[];
  readonly canRetry: boolean;
  /** A form was on its way; it is not sent again by itself. */
  readonly form?: true;
}

export interface FieldView {
  readonly kind: "password" | "pin" | "one-time-code" | "card" | "iban" | "national-id";
  /** Whether it takes digits alone. */
  readonly digits: boolean;
  /** Whether it shows dots, which a held button turns into text. */
  readonly dots: boolean;
}

/** Why a page that may be seen must not take input. */
export type ShutView =
  /** The engine does not keep a page's input shut when it is told to. */
  | { readonly why: "guard" }
  /** A part of the page comes from an origin that has not proved itself; from none at all, if absent. */
  | { readonly why: "frame"; readonly origin?: string };

export interface ActiveView {
  readonly site: string;
  readonly name: string;
  readonly origin: string;
  /** Path of the address, for display. */
  readonly path: string;
  readonly title: string;
  readonly seal: Seal;
  readonly loading: boolean;
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  /** 1 is 100 %. */
  readonly zoom: number;
  /** What fills the stage: our own pages stand in for the view unless `page`. */
  readonly stage: "page" | "waiting" | "refused" | "crashed" | "hung" | "shut";
  /** The document is still there behind the curtain, with what was typed into it, and returns with a new proof. */
  readonly kept: boolean;
  /** Of stage `shut`: why the page takes no input. */
  readonly shut?: ShutView;
  /** The sensitive field of the page that has the cursor. */
  readonly field?: FieldView;
  readonly refusal?: RefusalView;
  readonly trust?: TrustView;
  readonly find?: { readonly matches: number; readonly current: number };
  /** Nobody has proved what is shown; `cut` when the address had a query or fragment that was left out. */
  readonly readOnly?: { readonly cut: boolean };
}

export interface DownloadView {
  readonly id: string;
  readonly site: string;
  readonly fileName: string;
  readonly state: "running" | "done" | "cancelled" | "failed";
  readonly received: number;
  /** 0 when the server did not say. */
  readonly total: number;
}

export interface NoticeView {
  readonly id: string;
  readonly text: string;
  readonly kind: "info" | "warning";
}

/** Something that a page wants and only the user may allow. */
export interface ConsentView {
  readonly id: string;
  readonly site: string;
  readonly kind: "clipboard-read" | "clipboard-write" | "link" | "unproved-link" | "program";
  /** The file's name, or the whole address. */
  readonly subject?: string;
}

export interface HttpAuthView {
  readonly id: string;
  readonly site: string;
  readonly origin: string;
  readonly realm: string;
  readonly retry: boolean;
}

/** What a page asks the user by itself. */
export interface QuestionView {
  readonly id: string;
  readonly site: string;
  /**
   * `leave`: it would rather not be left. `submit`: something sensitive is to be sent. `paste`: what
   * was typed into another site is to be pasted here. `alert` and `confirm`: the page's
   * own words.
   */
  readonly kind: "leave" | "submit" | "paste" | "alert" | "confirm";
  /** The page's words; empty for `leave`, and the host that it goes to for `submit` or the id of the other site for `paste`,
   * in which the page has none. */
  readonly text: string;
  /** It has asked before, and may be told to be silent. */
  readonly canSilence: boolean;
}

export interface SiteView {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  readonly seal: Seal;
  readonly open: boolean;
}

export type ProfileView =
  | { readonly kind: "none"; readonly lookedIn: readonly string[] }
  | { readonly kind: "invalid"; readonly error: Explanation; readonly problems: readonly string[] }
  | { readonly kind: "loaded"; readonly organization: string; readonly serial: number; readonly origin: string };

/** Everything the interface shows. Holds no secret. */
export interface UiState {
  readonly profile: ProfileView;
  readonly sites: readonly SiteView[];
  readonly active?: ActiveView;
  readonly httpAuth?: HttpAuthView;
  readonly question?: QuestionView;
  readonly consent?: ConsentView;
  readonly downloads: readonly DownloadView[];
  readonly notices: readonly NoticeView[];
  /** A request from a menu or a key for a panel of the interface. */
  readonly focus?: { readonly id: string; readonly what: "address" | "find" | "sites" | "keystore" | "trust" | "keys" };
  readonly platform: "linux" | "darwin" | "win32";
  /** The demo runs when true, and says so. */
  readonly demo: boolean;
}

/** What preload exposes as `window.countersign`. */
export interface CountersignApi {
  call<N extends CallName>(name: N, ...args: CallArguments<N>): Promise<CallResults[N]>;
  /** @returns a function that ends the subscription. */
  onState(listener: (state: UiState) => void): () => void;
}

/** Why the main process did not carry out a call at all; a fault of the caller or of ours, never of the user. */
export interface CallRejection {
  readonly code: "sender" | "arguments" | "failed";
  readonly call: CallName;
  readonly fault: string;
}

/** What travels back for every call; preload turns a rejection into a rejected promise `code: fault`. */
export type WireAnswer<N extends CallName> =
  | { readonly ok: true; readonly value: CallResults[N] }
  | { readonly ok: false; readonly rejection: CallRejection };
