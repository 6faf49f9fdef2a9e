import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Channel, ChannelOpener } from "../auth/channel.ts";
import type { Expectation } from "../core/expectation.ts";
import type { FileFrom, FilePart, ListSource } from "../core/hostile-source.ts";
import { Refusal } from "../core/refusal.ts";

/** Without a byte for so long the attempt is given up, milliseconds. */
const IDLE = 60_000;

export interface HttpsListOptions {
  /** Of the list's server; nothing is known of the user there. */
  readonly expectation: Expectation;
  /** Path of the release. */
  readonly path: string;
  readonly opener: ChannelOpener;
  readonly idle?: number;
}

/** A list on a server that has proved its pinned key; each file comes over a channel of its own. */
export function httpsListSource(options: HttpsListOptions): ListSource {
  return {
    async fetch(name, from): Promise<FilePart> {
      const channel = await options.opener.open(options.expectation, from.signal);
      from.signal.addEventListener("abort", () => channel.destroy(), { once: true });
      try {
        const response = await answerTo(channel, pathOf(options.path, name), from, options.idle ?? IDLE);
        return { ...partOf(response, from.offset, name), body: bodyOf(response, channel) };
      } catch (error) {
        channel.destroy();
        throw error;
      }
    },
  };
}

function pathOf(release: string, name: string | undefined): string {
  if (name === undefined) return release;
  return name === ".sig" ? `${release}.sig` : `${release.slice(0, release.lastIndexOf("/") + 1)}${name}`;
}

/** Continues only what is the same file still (RFC 9110 §13.1.5); the server sends all of it otherwise. */
async function answerTo(
  channel: Channel,
  path: string,
  { offset, etag }: FileFrom,
  idle: number,
): Promise<IncomingMessage> {
  const range = offset === 0 ? {} : { Range: `bytes=${offset}-` };
  const ifRange = offset === 0 || etag === undefined || etag.startsWith("W/") ? {} : { "If-Range": etag };
  const request = channel.request({
    method: "GET",
    path,
    headers: { Accept: "*/*", "Accept-Encoding": "identity", "Cache-Control": "no-cache", ...range, ...ifRange },
  });
  request.setTimeout(idle, () => request.destroy(fetchRefusal(path, `nothing has come for ${idle} ms`)));
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

function partOf(response: IncomingMessage, asked: number, name: string | undefined): Omit<FilePart, "body"> {
  const { statusCode, headers } = response;
  const etag = headers.etag === undefined ? {} : { etag: headers.etag };
  if ((headers["content-encoding"] ?? "identity") !== "identity") {
    throw fetchRefusal(name ?? "release", "the server encoded it although it was asked not to");
  }
  if (statusCode === 200) return { offset: 0, ...etag };
  const first = /^bytes (\d+)-/.exec(headers["content-range"] ?? "")?.[1];
  if (statusCode === 206 && asked > 0 && Number(first) === asked) return { offset: asked, ...etag };
  throw fetchRefusal(name ?? "release", `the server answered ${statusCode}`);
}

async function* bodyOf(response: IncomingMessage, channel: Channel): AsyncGenerator<Buffer> {
  try {
    for await (const piece of response) yield piece as Buffer;
  } finally {
    channel.destroy();
  }
}

function fetchRefusal(value: string, fault: string): Refusal {
  return new Refusal("hostile.fetch", { value, fault, expected: "the file, by status 200 or 206" });
}
