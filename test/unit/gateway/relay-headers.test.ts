import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { Refusal } from "../../../app/core/refusal.ts";
import type { Exchange, Fields } from "../../../app/gateway/exchange.ts";
import { grouped, pairs } from "../../../app/gateway/fields.ts";
import {
  answerFields,
  isRelayedMethod,
  namesOrigin,
  requestFields,
  trailerFields,
  upgradeFields,
  urlOf,
} from "../../../app/gateway/relay-headers.ts";

const ORIGIN = "https://bank.example:8443";

const exchange = (fields: Fields, more: Partial<Exchange> = {}): Exchange => ({
  kind: "exchange",
  method: "GET",
  target: "/",
  authority: "bank.example:8443",
  fields,
  body: undefined,
  trailers: () => [],
  begun: false,
  inform: () => {},
  begin: () => new PassThrough(),
  finish: () => {},
  reset: () => {},
  onClose: () => {},
  ...more,
});

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return "passed";
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return error.code;
  }
};

describe("fields of a request", () => {
  it("keeps what is for the server and drops what is for one connection", () => {
    const sent: Fields = [
      ["Accept", "*/*"],
      ["Connection", "keep-alive, X-Mine"],
      ["X-Mine", "1"],
      ["Keep-Alive", "timeout=5"],
      ["Proxy-Authorization", "Basic x"],
      ["Proxy-Connection", "keep-alive"],
      ["Transfer-Encoding", "chunked"],
      ["Upgrade", "h2c"],
      ["HTTP2-Settings", "x"],
      ["Trailer", "X"],
      ["Host", "bank.example:8443"],
      ["Authorization", "Bearer y"],
      ["X-Twice", "1"],
      ["X-Twice", "2"],
    ];
    assert.deepEqual(requestFields(exchange(sent), ORIGIN), [
      ["Host", "bank.example:8443"],
      ["Accept", "*/*"],
      ["Authorization", "Bearer y"],
      ["X-Twice", "1"],
      ["X-Twice", "2"],
      ["Connection", "keep-alive"],
    ]);
  });

  it("joins the crumbs of HTTP/2 cookies", () => {
    const fields = requestFields(
      exchange([
        ["cookie", "a=1"],
        ["x", "y"],
        ["cookie", "b=2"],
      ]),
      ORIGIN,
    );
    assert.deepEqual(
      fields.filter(([name]) => /cookie/i.test(name)),
      [["Cookie", "a=1; b=2"]],
    );
  });

  it("says the length of the content in one way", () => {
    const length = (fields: Fields, more: Partial<Exchange>) =>
      requestFields(exchange(fields, more), ORIGIN).filter(([name]) => /length|encoding/i.test(name));
    const body = new PassThrough();
    assert.deepEqual(length([], {}), []);
    assert.deepEqual(length([], { method: "POST" }), [["Content-Length", "0"]]);
    assert.deepEqual(length([["content-length", "5"]], { method: "POST", body }), [["Content-Length", "5"]]);
    assert.deepEqual(length([], { method: "POST", body }), [["Transfer-Encoding", "chunked"]]);
    for (const lengths of [["5", "5"], ["5", "6"], ["-1"], ["5 "], ["0x5"], ["1e3"], [""]]) {
      const fields = lengths.map((value) => ["content-length", value] as const);
      assert.equal(
        codeOf(() => length(fields, { body })),
        "gateway.request",
        lengths.join(),
      );
    }
    assert.equal(
      codeOf(() => length([["content-length", "5"]], {})),
      "gateway.request",
    );
  });

  it("accepts trailers only when the page does", () => {
    const fields = requestFields(exchange([["te", "trailers, deflate"]]), ORIGIN);
    assert.deepEqual(fields.slice(-2), [
      ["TE", "trailers"],
      ["Connection", "keep-alive, TE"],
    ]);
    assert.equal(
      requestFields(exchange([["te", "deflate"]]), ORIGIN).some(([name]) => name === "TE"),
      false,
    );
  });

  for (const name of ["Host", "Content-Length", "Transfer-Encoding", "Cookie", "Authorization"]) {
    it(`refuses Connection that nominates ${name}`, () =>
      assert.equal(
        codeOf(() => requestFields(exchange([["Connection", `x,  ${name}`]]), ORIGIN)),
        "gateway.request",
      ));
  }

  it("asks for a WebSocket anew", () => {
    const fields = upgradeFields(
      {
        method: "GET",
        target: "/",
        authority: "",
        fields: [
          ["Connection", "keep-alive, Upgrade"],
          ["Upgrade", "websocket"],
          ["Host", "x"],
          ["Sec-WebSocket-Key", "k"],
        ],
      },
      ORIGIN,
    );
    assert.deepEqual(fields, [
      ["Host", "bank.example:8443"],
      ["Sec-WebSocket-Key", "k"],
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
    ]);
  });
});

describe("fields of an answer", () => {
  it("drops what is for one connection or leads elsewhere", () => {
    const raw = pairs([
      "Connection",
      "x-hop",
      "X-Hop",
      "1",
      "Alt-Svc",
      "h3",
      "Proxy-Authenticate",
      "x",
      "Upgrade",
      "h2c",
      "A",
      "b",
    ]);
    assert.deepEqual(answerFields(raw), [["A", "b"]]);
  });

  it("keeps every cookie", () => {
    const raw = pairs(["Set-Cookie", "a=1", "set-cookie", "b=2"]);
    assert.deepEqual(grouped(answerFields(raw)), Object.assign(Object.create(null), { "Set-Cookie": ["a=1", "b=2"] }));
  });

  it("refuses what must be one and is two, and takes the same twice once", () => {
    for (const name of ["Location", "Content-Length", "Content-Type", "Content-Range", "Content-Disposition"]) {
      assert.equal(
        codeOf(() =>
          answerFields([
            [name, "1"],
            [name.toLowerCase(), "2"],
          ]),
        ),
        "server.protocol",
        name,
      );
      assert.deepEqual(
        answerFields([
          [name, "1"],
          [name, "1"],
        ]),
        [[name, "1"]],
      );
    }
    assert.deepEqual(
      answerFields([
        ["Date", "1"],
        ["Date", "2"],
      ]),
      [["Date", "1"]],
    );
  });

  it("passes no trailer that acts", () => {
    const raw = pairs([
      "X-Sum",
      "1",
      "Set-Cookie",
      "a",
      "Content-Type",
      "x",
      "Host",
      "y",
      "Authorization",
      "z",
      "Location",
      "/",
    ]);
    assert.deepEqual(trailerFields(raw), [["X-Sum", "1"]]);
  });
});

describe("whom a request is for", () => {
  it("is the tunnel's origin, in its one spelling", () => {
    const names = (authority: string, origin = ORIGIN, hosts: Fields = []) =>
      namesOrigin({ method: "GET", target: "/", authority, fields: hosts }, origin);
    assert.equal(names("bank.example:8443"), true);
    assert.equal(names("Bank.Example:8443"), true);
    assert.equal(names("bank.example", "https://bank.example"), true);
    assert.equal(names("bank.example:443", "https://bank.example"), true);
    assert.equal(names("", ORIGIN, [["Host", "bank.example:8443"]]), true);
    for (const other of [
      "bank.example",
      "bank.example:443",
      "bank.example.:8443",
      "x.bank.example:8443",
      "u@bank.example:8443",
      " bank.example:8443",
      "",
    ]) {
      assert.equal(names(other), false, other);
    }
    assert.equal(names("bank.example:8443", ORIGIN, [["host", "other.example"]]), false);
    assert.equal(names("bank.example:08443"), false);
  });

  it("is a path of it, whatever the path looks like", () => {
    const url = (target: string, method = "GET") => urlOf({ method, target, authority: "", fields: [] }, ORIGIN);
    for (const target of ["/", "//evil.example/", "/a?b\\c", "/a?b=https://x/", "/%2e%2e/x", "/@evil.example", "/:1"]) {
      assert.equal(url(target).origin, ORIGIN, target);
    }
    assert.equal(url("*", "OPTIONS").origin, ORIGIN);
    for (const target of [
      "",
      "a",
      "*",
      "https://evil.example/",
      "@evil.example/",
      ".evil.example/",
      ":1/",
      "/a b",
      "/a#b",
      "/\\evil.example",
      "/\u00e4",
      "/\u0100",
      "/\n",
    ]) {
      assert.equal(
        codeOf(() => url(target)),
        "gateway.request",
        target,
      );
    }
  });

  it("is asked with a method for origin servers", () => {
    for (const method of ["GET", "PROPFIND", "M-SEARCH", "x"]) assert.equal(isRelayedMethod(method), true);
    for (const method of ["CONNECT", "TRACE", "trace", "TRACK", "", "GE T", "G\r\nET"])
      assert.equal(isRelayedMethod(method), false);
  });
});
