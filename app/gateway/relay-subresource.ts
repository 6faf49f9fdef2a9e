import { Refusal } from "../core/refusal.ts";
import type { Exchange, Fields, PageRequest, UpgradeExchange } from "./exchange.ts";
import { valuesOf } from "./fields.ts";

/**
 * Request fields that a subresource's server may see: what content negotiation, caching, ranges and CORS need. All
 * others, and with them everything a script could fill with what a user typed, stay here.
 */
const REQUEST_FIELDS = new Set([
  "host",
  "connection",
  "te",
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "origin",
  "pragma",
  "priority",
  "range",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "user-agent",
]);

/** Answer fields that would store something, ask for a login, or reach into other requests. */
const DROPPED_ANSWER_FIELDS = new Set([
  "set-cookie",
  "set-cookie2",
  "www-authenticate",
  "authentication-info",
  "clear-site-data",
  "refresh",
  "service-worker-allowed",
  "report-to",
  "reporting-endpoints",
  "nel",
]);

const NAVIGATIONS = new Set(["document", "iframe", "frame", "fencedframe", "embed", "object", "serviceworker"]);

/**
 * Holds a subresource to reading (design rule: never offered the user's identity, read-only).
 * @throws Refusal `site.read-only`
 */
export function admitRead(request: Exchange | UpgradeExchange, queryAllowed: boolean): void {
  const fault = readFault(request, queryAllowed);
  if (fault === undefined) return;
  throw new Refusal("site.read-only", {
    value: `${request.method} ${request.authority}${request.target.split("?")[0]}`,
    fault,
    expected: `GET or HEAD without content${queryAllowed ? "" : " or query"}, for a part of a page`,
  });
}

function readFault(request: Exchange | UpgradeExchange, queryAllowed: boolean): string | undefined {
  if (request.kind === "upgrade") return "the request asks for an upgrade";
  if (request.method !== "GET" && request.method !== "HEAD") return `the method is ${request.method}`;
  if (request.body !== undefined) return "the request has content";
  if (request.target.includes("?") && !queryAllowed) return "the address has a query";
  return navigationFault(request);
}

function navigationFault(request: PageRequest): string | undefined {
  const mode = valuesOf(request.fields, "sec-fetch-mode");
  const destination = valuesOf(request.fields, "sec-fetch-dest").find((value) => NAVIGATIONS.has(value.toLowerCase()));
  if (mode.some((value) => /^(?:navigate|nested-navigate|websocket)$/i.test(value)))
    return `the mode is ${mode.join()}`;
  return destination === undefined ? undefined : `the destination is ${destination}`;
}

export function readOnlyRequest(fields: Fields): Fields {
  return fields.filter(
    ([name]) => REQUEST_FIELDS.has(name.toLowerCase()) || name.toLowerCase().startsWith("sec-ch-ua"),
  );
}

export function readOnlyAnswer(fields: Fields): Fields {
  return fields.filter(([name]) => !DROPPED_ANSWER_FIELDS.has(name.toLowerCase()));
}
