import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ListFormat } from "../../../app/core/profile-hostile.ts";
import { type Counts, readEntries } from "../../../app/hostile/formats.ts";

interface Case {
  readonly name: string;
  readonly format: ListFormat;
  readonly text: string;
  readonly listed: readonly string[];
  readonly bad: number;
  readonly delta?: boolean;
}

const cases: readonly Case[] = [
  {
    name: "one URL or domain a line, with dates",
    format: "lines",
    text: "# made by hand\n\nevil.example\nhttp://Bad.Example/a%2Fb?c=d\t2026-11-20\r\n203.0.113.7 2026-11-20T10:00:00Z\n[2001:db8::1]\n*bad\nbücher.example",
    listed: [
      "evil.example/",
      "bad.example/a/b?c=d@29918880",
      "203.0.113.7/@29919480",
      "[2001:db8::1]/",
      "xn--bcher-kva.example/",
    ].map((each) => each),
    bad: 1,
  },
  {
    name: "what no browser opens or what covers too much",
    format: "lines",
    text: "co.uk\ncom\nlocalhost\nftp://files.example/\nmailto:a@b.example\nhttp://\nevil.example nodate\nevil.example 2026-13-40\na b c\nhttp://1.2.3.256/\n1.2.3.4.0x\nx..y.example\n",
    listed: ["x.y.example/"],
    bad: 11,
  },
  {
    name: "a delta",
    format: "lines",
    delta: true,
    text: "+new.example\n-gone.example/x\nalso.example\n+ spaced.example\n",
    listed: ["new.example/", "-gone.example/x", "also.example/"],
    bad: 1,
  },
  {
    name: "a hosts file",
    format: "hosts",
    text: "127.0.0.1 localhost\n::1 ip6-localhost\n0.0.0.0 ads.example tracker.example # two\n127.0.0.1\tevil.example\n10.0.0.1 intranet.example\n0.0.0.0\nnonsense here\n",
    listed: ["ads.example/", "tracker.example/", "evil.example/"],
    bad: 2,
  },
  {
    name: "URLhaus CSV",
    format: "urlhaus-csv",
    text: '# id,dateadded,url\r\n"1","2026-11-20 10:00:00","http://198.51.100.1:8080/bin.sh","online","","malware_download","a,""b""","https://urlhaus.abuse.ch/url/1/","x"\r\n"2","2026-11-20 10:00:00"\r\nrubbish"\r\n',
    listed: ["198.51.100.1/bin.sh@29919480"],
    bad: 2,
  },
  {
    name: "URLhaus JSON",
    format: "urlhaus-json",
    text: '{"1":[{"dateadded":"2026-11-20 10:00:00 UTC","url":"http:\\/\\/evil.example\\/{x}","tags":["a}","\\"b"]}],"2":[{"dateadded":"x","url":"http://a.example/"}],"3":[{"url":1}]}',
    listed: ["evil.example/{x}@29919480"],
    bad: 2,
  },
  {
    name: "a response policy zone",
    format: "rpz",
    text: [
      "$TTL 300",
      "$ORIGIN rpz.corp.example.",
      "@ IN SOA ns.corp.example. admin.corp.example. ( 1",
      "  3600 600 86400 300 )",
      "  IN NS ns.corp.example.",
      "evil.example CNAME . ; no such name",
      "*.evil.example 300 IN CNAME *.",
      "bad.example.rpz.corp.example. IN CNAME rpz-drop.",
      "local.example A 127.0.0.1",
      "good.example CNAME rpz-passthru.",
      "32.7.113.0.203.rpz-ip CNAME .",
      "24.0.2.0.192.rpz-ip CNAME .",
      "ns.evil.example.rpz-nsdname CNAME .",
      "broken",
    ].join("\n"),
    listed: ["evil.example/", "evil.example/", "bad.example/", "local.example/", "203.0.113.7/"],
    bad: 1,
  },
  {
    name: "a response policy zone whose name stands before its SOA",
    format: "rpz",
    text: "rpz.example. 60 IN SOA a. b. 1 2 3 4 5\nevil.example.rpz.example. 60 IN CNAME .\n",
    listed: ["evil.example/"],
    bad: 0,
  },
];

function* cut(text: string, size: number): Generator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

describe("formats", () => {
  for (const { name, format, text, listed, bad, delta } of cases) {
    it(name, () => {
      for (const size of [1, 7, 10_000]) {
        const counts: Counts = { entries: 0, bad: 0, firstBad: [] };
        const entries = [...readEntries(cut(text, size), format, counts, delta)].map(
          ({ host, path, since, removed }) =>
            `${removed ? "-" : ""}${host}${path}${since === undefined ? "" : `@${since}`}`,
        );
        assert.deepEqual(entries, listed);
        assert.equal(counts.bad, bad, counts.firstBad.join("\n"));
        assert.equal(counts.entries, listed.length);
      }
    });
  }

  it("pass over a line without end, and go on after it", () => {
    const counts: Counts = { entries: 0, bad: 0, firstBad: [] };
    const endless = (function* () {
      for (let index = 0; index < 200; index += 1) yield "x".repeat(1_000);
      yield "\nevil.example\n";
    })();
    assert.deepEqual(
      [...readEntries(endless, "lines", counts)].map(({ host }) => host),
      ["evil.example"],
    );
    assert.equal(counts.bad, 1);
  });
});
