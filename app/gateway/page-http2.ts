import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Exchange, Fields } from "./exchange.ts";
import { pairs } from "./fields.ts";

/** An exchange in HTTP/2 (RFC 9113) towards the page. */
export function http2Exchange(stream: ServerHttp2Stream, raw: readonly string[]): Exchange {
  const fields = pairs(raw);
  let received: Fields = [];
  let toSend: Fields = [];
  stream.on("error", () => {});
  stream.on("trailers", (_: IncomingHttpHeaders, __: number, rawTrailers?: readonly string[]) => {
    received = pairs(rawTrailers ?? []);
  });
  stream.on("wantTrailers", () => {
    if (toSend.length > 0) stream.sendTrailers(http2Headers(toSend));
    else stream.close();
  });
  // An answer that is complete before its request's content ends the stream: nobody reads the rest (RFC 9113 §8.1).
  stream.once("finish", () => {
    if (!stream.endAfterHeaders && !stream.readableEnded && toSend.length === 0)
      stream.close(constants.NGHTTP2_NO_ERROR);
  });
  return {
    kind: "exchange",
    method: pseudo(fields, ":method"),
    target: pseudo(fields, ":path"),
    authority: pseudo(fields, ":authority"),
    fields: fields.filter(([name]) => !name.startsWith(":")),
    body: stream.endAfterHeaders ? undefined : stream,
    trailers: () => received,
    get begun() {
      return stream.headersSent;
    },
    inform(status, informFields) {
      if (stream.headersSent || stream.destroyed || status === 101) return;
      stream.additionalHeaders({ ...http2Headers(informFields), ":status": status });
    },
    begin(head) {
      if (stream.destroyed || stream.closed) return stream;
      const headers = { ...http2Headers(head.fields), ":status": head.status };
      stream.respond(headers, { endStream: !head.body, waitForTrailers: head.body && head.trailers });
      return stream;
    },
    finish(trailers) {
      toSend = trailers;
      stream.end();
    },
    reset: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    onClose: (listener) => void stream.once("close", listener),
  };
}

function pseudo(fields: Fields, name: string): string {
  return fields.find(([candidate]) => candidate === name)?.[1] ?? "";
}

/** Names in lower case (RFC 9113 §8.2.1); repeated ones as one list (RFC 9110 §5.3), cookies excepted. */
function http2Headers(fields: Fields): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    const before = headers[lower];
    if (lower === "set-cookie") headers[lower] = [...(before ?? []), value];
    else headers[lower] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}
