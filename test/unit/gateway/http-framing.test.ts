import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RequestFraming, ResponseFraming } from "../../../app/gateway/http-framing.ts";

const LIMIT = 4096;
const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/).map((name) => `x-${name}`);
const value = fc.stringMatching(/^(?:[!-~](?:[ -~]{0,20}[!-~])?)?$/);
const fields = fc
  .array(fc.tuple(token, value), { maxLength: 4 })
  .map((list) => list.map(([name, text]) => `${name}: ${text}\r\n`).join(""));
const content = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const chunks = fc
  .array(
    content.filter((text) => text.length > 0),
    { maxLength: 4 },
  )
  .map((list) => {
    const body = list.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join("");
    return `${body}0\r\n`;
  });

const bodyOf = fc.oneof(
  content.map((text) => ["", `content-length: ${text.length}\r\n`, text]),
  fc.tuple(chunks, fields).map(([body, trailers]) => ["", "Transfer-Encoding: chunked\r\n", `${body}${trailers}\r\n`]),
);
const request = fc
  .tuple(fc.constantFrom("GET", "POST", "X-OWN"), fc.webPath(), fields, bodyOf)
  .map(
    ([method, path, more, [, length, body]]) =>
      `${method} /${path.slice(1)} HTTP/1.1\r\nHost: a\r\n${more}${length}\r\n${body}`,
  );

/** Cuts a text at the given places, in any order. */
const cut = (text: string, places: readonly number[]): Buffer[] => {
  const bytes = Buffer.from(text, "latin1");
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};

describe("framing of requests", () => {
  it("finds no fault in well-formed requests, however they are cut", () => {
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (list, places) => {
          const framing = new RequestFraming(LIMIT);
          for (const piece of cut(list.join(""), places)) assert.equal(framing.feed(piece), undefined);
          assert.equal(framing.inHead, false);
        },
      ),
    );
  });

  it("comes to the same answer however anything is cut", () => {
    const noise = fc.stringMatching(/^[\r\n :;0-9a-fxGET/HP.-]{0,40}$/);
    fc.assert(
      fc.property(request, noise, fc.nat(), fc.array(fc.nat(), { maxLength: 12 }), (text, inserted, where, places) => {
        const at = where % (text.length + 1);
        const altered = text.slice(0, at) + inserted + text.slice(at);
        const whole = new RequestFraming(LIMIT).feed(Buffer.from(altered, "latin1"));
        const pieces = new RequestFraming(LIMIT);
        let last: string | undefined;
        for (const piece of cut(altered, places)) last = pieces.feed(piece);
        assert.equal(last === undefined, whole === undefined, `${whole} / ${last}`);
      }),
      { numRuns: 1000 },
    );
  });

  it("knows a head that is under way", () => {
    const framing = new RequestFraming(LIMIT);
    framing.feed(Buffer.from("GET / HT"));
    assert.equal(framing.inHead, true);
    framing.feed(Buffer.from("TP/1.1\r\nHost: a\r\n\r\n"));
    assert.equal(framing.inHead, false);
  });

  it("bounds heads, trailers and chunk sizes", () => {
    const long = "y".repeat(LIMIT + 1);
    for (const text of [
      long,
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${long}`,
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ${long}`,
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${long}`,
    ]) {
      assert.match(new RequestFraming(LIMIT).feed(Buffer.from(text)) ?? "", /more than 4096 bytes/);
    }
  });
});

describe("framing of answers", () => {
  const ask = (method: string, upgrade = false) => {
    const framing = new ResponseFraming(LIMIT);
    framing.ask(method, upgrade);
    return framing;
  };
  const feed = (framing: ResponseFraming, text: string) => framing.feed(Buffer.from(text, "latin1"));

  it("allows one answer for each request", () => {
    const framing = ask("GET");
    assert.equal(feed(framing, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), undefined);
    framing.ask("GET", false);
    assert.equal(feed(framing, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), undefined);
    assert.match(feed(framing, "H") ?? "", /belong to no message/);
  });

  it("knows which answers have no content, whatever they declare", () => {
    for (const [method, head] of [
      ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"],
      ["HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
      ["GET", "HTTP/1.1 204 No Content\r\n\r\n"],
      ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"],
    ] as const) {
      assert.match(feed(ask(method), `${head}x`) ?? "", /belong to no message/, head);
    }
  });

  it("takes interim answers before the final one", () => {
    const framing = ask("GET");
    const interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    assert.equal(feed(framing, `${interim}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`), undefined);
  });

  it("passes everything on after a switch of protocols that was asked for", () => {
    const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    assert.equal(feed(ask("GET", true), `${head}\n\n\r anything`), undefined);
    assert.match(feed(ask("GET"), head) ?? "", /without having been asked/);
  });

  it("takes an answer that the end of the connection delimits", () => {
    assert.equal(feed(ask("GET"), "HTTP/1.0 200 OK\r\n\r\nanything\n\n"), undefined);
  });

  it("tells whether anything has been answered", () => {
    const framing = ask("GET");
    assert.equal(framing.answered, false);
    feed(framing, "H");
    assert.equal(framing.answered, true);
  });
});
