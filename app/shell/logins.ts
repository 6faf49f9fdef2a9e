/** Requests for a user name and password: the gateway's are answered here, a site's go to the interface's own sheet. */
import { randomUUID } from "node:crypto";
import type { AuthInfo, WebContents } from "electron";
import type { SiteGateway } from "../gateway/gateway.ts";
import type { HttpAuthView } from "../ipc/contract.ts";

export type Credentials = { readonly username: string; readonly password: string };
type Answer = (username?: string, password?: string) => void;

export interface LoginRequest {
  readonly contents: WebContents | undefined;
  readonly url: string;
  readonly info: Pick<AuthInfo, "isProxy" | "scheme" | "host" | "port" | "realm">;
  readonly answer: Answer;
}

export interface LoginSites {
  gateways(): readonly SiteGateway[];
  /** The site whose page asks, if it may be asked: undefined for workers and subresources. */
  siteOf(contents: WebContents, origin: string): string | undefined;
  changed(): void;
}

export class Logins {
  readonly #sites: LoginSites;
  readonly #waiting: { readonly view: HttpAuthView; readonly contents: WebContents; readonly answer: Answer }[] = [];
  /** What was answered last per page, to say that it was wrong. */
  readonly #answered = new WeakMap<WebContents, string>();

  constructor(sites: LoginSites) {
    this.#sites = sites;
  }

  /** The request that the interface shows now. */
  get current(): HttpAuthView | undefined {
    return this.#waiting[0]?.view;
  }

  ask(request: LoginRequest): void {
    const { info, answer, contents } = request;
    if (info.isProxy) {
      const credentials = gatewayCredentials(this.#sites.gateways(), info);
      if (credentials) answer(credentials.username, credentials.password);
      else answer();
      return;
    }
    const origin = URL.canParse(request.url) ? new URL(request.url).origin : "";
    const site = contents && this.#sites.siteOf(contents, origin);
    if (!contents || site === undefined || !/^(basic|digest)$/i.test(info.scheme)) {
      answer();
      return;
    }
    const key = `${origin} ${info.realm}`;
    const retry = this.#answered.get(contents) === key;
    this.#waiting.push({ view: { id: randomUUID(), site, origin, realm: info.realm, retry }, contents, answer });
    contents.once("destroyed", () => this.drop(contents));
    this.#sites.changed();
  }

  /** @param given null when the user would rather not. */
  reply(id: string, given: Credentials | null): void {
    const index = this.#waiting.findIndex(({ view }) => view.id === id);
    const [request] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (!request) return;
    if (given) {
      this.#answered.set(request.contents, `${request.view.origin} ${request.view.realm}`);
      request.answer(given.username, given.password);
    } else {
      this.#answered.delete(request.contents);
      request.answer();
    }
    this.#sites.changed();
  }

  /** The page that asks has lost its proof, or is gone: nobody may be asked for it any more. */
  drop(contents: WebContents): void {
    for (const { view } of this.#waiting.filter((each) => each.contents === contents)) this.reply(view.id, null);
  }
}

/** The credentials of the gateway that asks: its loopback address, its port and its realm, all three. */
export function gatewayCredentials(
  gateways: readonly Pick<SiteGateway, "port" | "credentials">[],
  info: Pick<AuthInfo, "isProxy" | "host" | "port" | "realm">,
): Credentials | undefined {
  if (!info.isProxy || info.host !== "127.0.0.1") return undefined;
  return gateways.find(({ port, credentials }) => port === info.port && credentials.realm === info.realm)?.credentials;
}
