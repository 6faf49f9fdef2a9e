import { STATUS_CODES } from "node:http";
import type { Expectation } from "../core/expectation.ts";
import type { ReasonCode } from "../core/reasons.ts";
import { Refusal } from "../core/refusal.ts";
import type { Exchange, UpgradeExchange } from "./exchange.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Lease } from "./pool.ts";
import type { FormRules } from "./relay-forms.ts";
import { isRelayedMethod, namesOrigin, urlOf } from "./relay-headers.ts";
import { admitRead } from "./relay-subresource.ts";

/** What a relay may use: the tunnel's other end, and nothing of another origin or site. */
export interface RelayContext {
  readonly to: Expectation;
  readonly limits: GatewayLimits;
  /** For a subresource: whether requests may have a query. */
  readonly queryAllowed: boolean;
  /** A channel to the tunnel's origin for this request. @throws Refusal */
  lease(request: Exchange | UpgradeExchange, signal: AbortSignal, fresh?: boolean): Promise<Lease>;
  readonly forms: FormRules;
  /** @throws Refusal `site.hostile` */
  admitUrl(url: URL): void;
  /** Reports a refusal; the relay answers the page itself. */
  refused(refusal: Refusal, url: string): void;
}

/**
 * Moves one kind of traffic between a page and a channel. A gateway has a list of them; the first that accepts a
 * request serves it. What is true of every request (authority, hostile list, read-only) has been checked before.
 */
export interface Relay {
  readonly name: string;
  accepts(request: Exchange | UpgradeExchange, to: Expectation): boolean;
  /** Never throws or rejects; ends the request whatever happens. */
  serve(request: Exchange | UpgradeExchange, url: URL, context: RelayContext): void;
}

/** Lets a page's request through to the first relay that accepts it, or answers the refusal. */
export function dispatch(request: Exchange | UpgradeExchange, relays: readonly Relay[], context: RelayContext): void {
  try {
    const url = admitRequest(request, context);
    const relay = relays.find((candidate) => candidate.accepts(request, context.to));
    if (relay === undefined) throw requestRefusal(request.method, "no relay serves this kind of request", "HTTP");
    relay.serve(request, url, context);
  } catch (error) {
    refuse(request, asRefusal(error), context);
  }
}

/** Methods by which nothing is given but the address (RFC 9110 §9.2.1). */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether a request carries what the user gives: content, a change, or a WebSocket with whatever goes through it. */
export function gives(request: Exchange | UpgradeExchange): boolean {
  return request.kind === "upgrade" || request.body !== undefined || !SAFE.has(request.method);
}

function admitRequest(request: Exchange | UpgradeExchange, context: RelayContext): URL {
  const { to } = context;
  if (!namesOrigin(request, to.origin)) throw new Misdirected(request.authority, to.origin);
  if (!isRelayedMethod(request.method)) {
    throw requestRefusal(request.method, "the method is not one that pages may use", "a method for an origin server");
  }
  const url = urlOf(request, to.origin);
  context.admitUrl(url);
  if (to.role === "subresource") admitRead(request, context.queryAllowed);
  return url;
}

/** A request for another authority than the tunnel's (RFC 9110 §15.5.20). */
class Misdirected extends Refusal {
  constructor(authority: string, origin: string) {
    super("gateway.request", {
      value: authority.slice(0, 300),
      fault: `the request names another authority than its tunnel, which leads to ${origin}`,
      expected: new URL(origin).host,
    });
  }
}

function requestRefusal(value: string, fault: string, expected: string): Refusal {
  return new Refusal("gateway.request", { value: value.slice(0, 200), fault, expected });
}

/** Any failure as a refusal; what is none has come from the connection. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Error && error.name === "AbortError") {
    return new Refusal("verdict.cancelled", { fault: "the attempt was cancelled" }, { cause: error });
  }
  const fault = error instanceof Error ? error.message : String(error);
  return new Refusal("network.closed", { fault, expected: "a connection that lasts" }, { cause: error });
}

/** Reports a refusal and answers it: with a short page of ours, or by a reset once the server's answer has begun. */
export function refuse(request: Exchange | UpgradeExchange, refusal: Refusal, context: RelayContext): void {
  context.refused(refusal, `${context.to.origin}${request.target}`);
  const status = refusal instanceof Misdirected ? 421 : (STATUS_OF[refusal.code] ?? 502);
  const text = `${status} ${STATUS_CODES[status]}: ${refusal.code}\n`;
  if (request.kind === "upgrade") {
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    request.socket.end(head, () => request.socket.destroy());
  } else if (request.begun) {
    request.reset();
  } else {
    const out = request.begin({
      status,
      fields: refusalFields(text),
      body: request.method !== "HEAD",
      trailers: false,
    });
    if (request.method !== "HEAD") out.end(text);
  }
}

const STATUS_OF: Partial<Record<ReasonCode, number>> = {
  "site.hostile": 403,
  "hostile.damaged": 403,
  "hostile.stale": 403,
  "site.unlisted": 403,
  "site.read-only": 403,
  "site.form-elsewhere": 403,
  "gateway.request": 400,
  "gateway.overloaded": 503,
  "network.timeout": 504,
};

function refusalFields(text: string): readonly (readonly [string, string])[] {
  return [
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Content-Length", String(Buffer.byteLength(text))],
    ["Cache-Control", "no-store"],
    ["X-Content-Type-Options", "nosniff"],
  ];
}
