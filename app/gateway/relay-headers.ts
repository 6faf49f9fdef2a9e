import { Refusal } from "../core/refusal.ts";
import type { Exchange, Fields, PageRequest } from "./exchange.ts";
import { valuesOf } from "./fields.ts";

/** Fields that speak of one connection only (RFC 9110 §7.6.1) or to a proxy, and are never passed on. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "te",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "trailer",
]);

/** Fields that say where a message ends or whom it is for: a Connection field that nominates one is an attack. */
const NOT_TO_BE_NOMINATED = new Set(["host", "content-length", "transfer-encoding", "cookie", "authorization"]);

/** Fields that must have one value; a reader that takes the first and one that takes the last would differ. */
const SINGULAR = new Set(["content-length", "location", "content-type", "content-disposition", "content-range"]);

/** Of these a repetition says nothing new: the first is kept. */
const FIRST_ONLY = new Set([
  "access-control-allow-credentials",
  "access-control-max-age",
  "age",
  "content-location",
  "content-md5",
  "date",
  "etag",
  "expires",
  "last-modified",
  "retry-after",
  "x-content-type-options",
]);

/** A path without white space, fragment, backslash or bytes beyond ASCII; a query may have a backslash. */
const TARGET = /^\/[\x21\x22\x24-\x3e\x40-\x5b\x5d-\x7e]*(?:\?[\x21\x22\x24-\x7e]*)?$/;

/**
 * The URL that a request is for, as the page and the server must both understand it.
 * @throws Refusal `gateway.request` when the two could differ; the caller answers 421 for another authority
 */
export function urlOf(request: PageRequest, origin: string): URL {
  const { target, method } = request;
  const serverWide = target === "*" && method === "OPTIONS";
  if (!serverWide && !TARGET.test(target)) {
    throw requestRefusal(target, "the request target is no path of this origin", "a path that begins with /");
  }
  return new URL(serverWide ? origin : origin + target);
}

/** True when Host or `:authority` names the origin of the tunnel it came through (RFC 9110 §7.4). */
export function namesOrigin(request: PageRequest, origin: string): boolean {
  const { authority, fields } = request;
  const hosts = valuesOf(fields, "host");
  const names = authority === "" ? hosts : [authority, ...hosts];
  return names.length > 0 && names.every((name) => isCanonicalName(name, origin));
}

function isCanonicalName(name: string, origin: string): boolean {
  const { hostname, host } = new URL(origin);
  const lower = name.toLowerCase();
  return lower === host || (host === hostname && lower === `${hostname}:443`);
}

/** Methods a page may use: CONNECT and TRACE speak to proxies, and about what they added. */
export function isRelayedMethod(method: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method) && !["CONNECT", "TRACE", "TRACK"].includes(method.toUpperCase());
}

/**
 * The end-to-end fields of a page's request, with Host made from the origin, cookies joined (RFC 9113 §8.2.3) and the
 * body's length said in exactly one way.
 * @throws Refusal `gateway.request`
 */
export function requestFields(exchange: Exchange, origin: string): Fields {
  const passed = endToEnd(exchange.fields, "request").filter(
    ([name]) => !["host", "cookie"].includes(name.toLowerCase()),
  );
  const cookies = valuesOf(exchange.fields, "cookie").join("; ");
  const acceptsTrailers = valuesOf(exchange.fields, "te").some((value) => /(?:^|,)\s*trailers\s*(?:,|$)/i.test(value));
  return [
    ["Host", new URL(origin).host],
    ...passed.filter(([name]) => name.toLowerCase() !== "content-length"),
    ...(cookies === "" ? [] : [["Cookie", cookies] as const]),
    ...lengthFields(exchange),
    ...(acceptsTrailers ? [["TE", "trailers"] as const] : []),
    ["Connection", acceptsTrailers ? "keep-alive, TE" : "keep-alive"],
  ];
}

/** The fields of a WebSocket handshake (RFC 6455 §4.1), with the upgrade asked for anew. */
export function upgradeFields(request: PageRequest, origin: string): Fields {
  const passed = endToEnd(request.fields, "request").filter(([name]) => name.toLowerCase() !== "host");
  return [["Host", new URL(origin).host], ...passed, ["Connection", "Upgrade"], ["Upgrade", "websocket"]];
}

function lengthFields({ method, body, fields }: Exchange): Fields {
  const lengths = valuesOf(fields, "content-length");
  const [length] = lengths;
  if (lengths.length > 1 || (length !== undefined && !/^\d{1,15}$/.test(length))) {
    throw requestRefusal(lengths.join(", "), "Content-Length is not one number", "one Content-Length");
  }
  if (body === undefined) {
    if (length !== undefined && Number(length) !== 0) {
      throw requestRefusal(length, "Content-Length announces content that does not come", "a length of 0");
    }
    return length !== undefined || ["POST", "PUT", "PATCH"].includes(method) ? [["Content-Length", "0"]] : [];
  }
  return length === undefined ? [["Transfer-Encoding", "chunked"]] : [["Content-Length", length]];
}

/**
 * The end-to-end fields of a server's answer.
 * @throws Refusal `server.protocol` when they can be read in two ways
 */
export function answerFields(raw: Fields): Fields {
  const passed = endToEnd(raw, "answer").filter(([name]) => name.toLowerCase() !== "alt-svc");
  const seen = new Map<string, string>();
  return passed.filter(([name, value]) => {
    const lower = name.toLowerCase();
    const before = seen.get(lower);
    seen.set(lower, before ?? value);
    if (before === undefined) return true;
    if (SINGULAR.has(lower) && before !== value) throw answerRefusal(`${name} stands twice with different values`);
    return !SINGULAR.has(lower) && !FIRST_ONLY.has(lower);
  });
}

/** Trailer fields that may be passed on: none that frame, route or authenticate a message (RFC 9110 §6.5.1). */
export function trailerFields(raw: Fields): Fields {
  const forbidden =
    /^(?:content-|host$|cookie$|set-cookie$|authorization$|cache-control$|location$|www-|expect$|range$|age$|vary$)/;
  return endToEnd(raw, "answer").filter(([name]) => !forbidden.test(name.toLowerCase()));
}

function endToEnd(fields: Fields, of: "request" | "answer"): Fields {
  const nominated = new Set(
    valuesOf(fields, "connection").flatMap((value) => value.split(",").map((name) => name.trim().toLowerCase())),
  );
  const attack = [...nominated].find((name) => NOT_TO_BE_NOMINATED.has(name));
  if (attack !== undefined) {
    const fault = `Connection nominates ${attack}`;
    throw of === "request" ? requestRefusal(attack, fault, "names of fields for one connection") : answerRefusal(fault);
  }
  return fields.filter(([name]) => {
    const lower = name.toLowerCase();
    return !HOP_BY_HOP.has(lower) && !nominated.has(lower) && !lower.startsWith("proxy-");
  });
}

function requestRefusal(value: string, fault: string, expected: string): Refusal {
  return new Refusal("gateway.request", { value: value.slice(0, 200), fault, expected });
}

export function answerRefusal(fault: string): Refusal {
  return new Refusal("server.protocol", { fault, expected: "an HTTP answer that can be read in one way only" });
}
