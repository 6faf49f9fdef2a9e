/**
 * Reads what may be read of a site that nobody has listed: one GET at a time, each on a connection of its own, that
 * says nothing of the user but which address is wanted. Who answers is no more than a name in a certificate.
 */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, rootCertificates, type TLSSocket } from "node:tls";
import type { Dialer } from "../auth/channel.ts";
import { Refusal } from "../core/refusal.ts";

export interface ReadOnlyLimits {
  /** Of one body, octets. */
  readonly body: number;
  /** From the dialling to the last octet, milliseconds. */
  readonly time: number;
  /** Redirects that are followed for one address. */
  readonly redirects: number;
}

export const defaultReadOnlyLimits: ReadOnlyLimits = { body: 8 * 1024 * 1024, time: 30_000, redirects: 5 };

export interface ReadOnlyOptions {
  readonly dialer: Dialer;
  /** PEM certificates of authorities that are believed beside the public ones. */
  readonly anchors: readonly string[];
  /** Whether this address may be asked for; called for each, redirects too. @throws Refusal */
  readonly allow: (url: URL) => Promise<void>;
  readonly limits?: Partial<ReadOnlyLimits>;
}

export type ReadOnlyAnswer =
  | { readonly kind: "content"; readonly url: string; readonly type: string; readonly body: Buffer }
  /** The server leads to another origin, which was not asked. */
  | { readonly kind: "elsewhere"; readonly url: string };

/** What is asked for: a page, or a part of one. */
export type ReadOnlyWanted = "page" | "part";

const PAGE_TYPES = /^text\/(html|plain)$/;
const PART_TYPES = /^(image\/[a-z0-9.+-]+|text\/css|font\/[a-z0-9.+-]+|application\/font-[a-z0-9.+-]+)$/;

const ACCEPT: Readonly<Record<ReadOnlyWanted, string>> = {
  page: "text/html, text/plain;q=0.9",
  part: "image/*, text/css, font/*",
};

/**
 * @param address an https URL; its fragment is not sent
 * @throws Refusal `site.not-shown`, `network.*`, and what `allow` throws
 */
export async function readOnlyFetch(
  options: ReadOnlyOptions,
  address: string,
  wanted: ReadOnlyWanted,
  signal?: AbortSignal,
): Promise<ReadOnlyAnswer> {
  const limits = { ...defaultReadOnlyLimits, ...options.limits };
  const time = AbortSignal.timeout(limits.time);
  const ends = signal === undefined ? time : AbortSignal.any([time, signal]);
  let url = new URL(address);
  for (let redirects = 0; redirects <= limits.redirects; redirects += 1) {
    if (url.protocol !== "https:" || url.username !== "" || url.password !== "") {
      throw notShown(url, "it leads to an address that is not https", "https, without a user name");
    }
    await options.allow(url);
    const answer = await ask(options, limits, url, wanted, ends);
    if (answer.kind !== "redirect") return answer;
    if (answer.to.origin !== url.origin && answer.to.protocol === "https:") {
      return { kind: "elsewhere", url: answer.to.href };
    }
    url = answer.to;
  }
  throw notShown(url, `it redirects more than ${limits.redirects} times`, "a page");
}

type OneAnswer = ReadOnlyAnswer | { readonly kind: "redirect"; readonly to: URL };

async function ask(
  options: ReadOnlyOptions,
  limits: ReadOnlyLimits,
  url: URL,
  wanted: ReadOnlyWanted,
  signal: AbortSignal,
): Promise<OneAnswer> {
  const socket = await verified(options, url, signal);
  try {
    const asking = request({
      method: "GET",
      path: `${url.pathname}${url.search}`,
      // All of them: nothing that could tell one user from another.
      headers: {
        Host: url.host,
        Accept: ACCEPT[wanted],
        "Accept-Encoding": "identity",
        "Accept-Language": "en",
        Connection: "close",
      },
      createConnection: () => socket,
      signal,
    });
    asking.end();
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    // Ends with the socket; without this its error would have no listener.
    asking.on("error", () => undefined);
    return await read(response, limits, url, wanted);
  } catch (error) {
    throw refusalFor(error, url, signal, limits);
  } finally {
    socket.destroy();
  }
}

/** A connection whose server has a certificate for the name, by the platform's own judgement. */
async function verified({ dialer, anchors }: ReadOnlyOptions, url: URL, signal: AbortSignal): Promise<TLSSocket> {
  const port = url.port === "" ? 443 : Number(url.port);
  const place = { site: "read-only", origin: url.origin, host: url.hostname, port } as const;
  const raw = await dialer.dial(
    { ...place, role: "subresource", server: { pins: [], anchors: [] }, client: { method: "none" } },
    signal,
  );
  const socket = connect({
    socket: raw,
    servername: url.hostname,
    ALPNProtocols: ["http/1.1"],
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    // Named, so that no environment variable adds to them.
    ca: [...rootCertificates, ...anchors],
  });
  try {
    await once(socket, "secureConnect", { signal });
    return socket;
  } catch (cause) {
    socket.on("error", () => undefined);
    socket.destroy();
    raw.destroy();
    if (signal.aborted) throw refusalFor(cause, url, signal, defaultReadOnlyLimits);
    const fault = `its certificate or its TLS does not hold (${codeOf(cause)})`;
    throw notShown(url, fault, "a certificate for this name, of an authority that is believed", cause);
  }
}

async function read(
  response: IncomingMessage,
  limits: ReadOnlyLimits,
  url: URL,
  wanted: ReadOnlyWanted,
): Promise<OneAnswer> {
  const { statusCode = 0, headers } = response;
  if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
    if (!URL.canParse(headers.location, url.href)) throw notShown(url, "it redirects to no address", "a page");
    return { kind: "redirect", to: new URL(headers.location, url.href) };
  }
  if (wanted === "part" && statusCode !== 200) throw notShown(url, `it answers ${statusCode}`, "200");
  const type = typeOf(headers["content-type"] ?? "", wanted);
  if (type === undefined) throw notShown(url, "its kind of content is not shown", ACCEPT[wanted]);
  if ((headers["content-encoding"] ?? "identity") !== "identity") {
    throw notShown(url, "it is encoded although that was not asked for", "no content coding");
  }
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > limits.body) throw notShown(url, "it is too large", `at most ${limits.body} octets`);
    pieces.push(piece);
  }
  return { kind: "content", url: url.href, type, body: Buffer.concat(pieces) };
}

/** The type and its charset, both in plain characters; undefined for what is not shown. */
function typeOf(header: string, wanted: ReadOnlyWanted): string | undefined {
  const essence = header.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!(wanted === "page" ? PAGE_TYPES : PART_TYPES).test(essence)) return undefined;
  const charset = /;\s*charset="?([a-z0-9_.:-]{1,40})"?/i.exec(header)?.[1];
  return charset === undefined ? essence : `${essence}; charset=${charset}`;
}

function refusalFor(error: unknown, url: URL, signal: AbortSignal, limits: ReadOnlyLimits): Refusal {
  if (error instanceof Refusal) return error;
  if (signal.aborted) {
    const late = signal.reason instanceof Error && signal.reason.name === "TimeoutError";
    const fault = late ? `it was not read whole within ${limits.time} ms` : "the attempt was cancelled";
    return new Refusal(late ? "network.timeout" : "verdict.cancelled", { value: url.origin, fault }, { cause: error });
  }
  return new Refusal(
    "network.closed",
    { value: url.origin, fault: `the connection ended (${codeOf(error)})`, expected: "a whole answer" },
    { cause: error },
  );
}

/** Without the query, which may hold what nobody else should read. */
function notShown({ origin, pathname }: URL, fault: string, expected: string, cause?: unknown): Refusal {
  return new Refusal("site.not-shown", { value: `${origin}${pathname}`, fault, expected }, { cause });
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown failure";
