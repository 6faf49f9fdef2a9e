/** The published examples, read in place, and a second implementation of the decoding rule. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { canonicalizeText, canonicalString, canonicalUrl, unescapedFully } from "../../../app/core/canonical-url.ts";
import { EVERYTHING_ABOVE, expressionsOf, hostSuffixes, pathPrefixes } from "../../../app/core/url-expressions.ts";

const folder = join(process.env.COUNTERSIGN_VECTORS ?? resolve("..", "shared", "vectors"), "url");
const skip = existsSync(folder) ? false : `no vectors under ${folder}`;

/** A text; where a vector has octets that are no UTF-8, they are written as escapes. */
const text = z.union([
  z.string(),
  z.object({ latin1_bytes: z.string() }).transform(({ latin1_bytes: bytes }) => bytes.replace(/[\x80-\xff]/g, hex)),
]);
const hex = (character: string): string => `%${character.charCodeAt(0).toString(16)}`;
const read = <T>(file: string, schema: z.ZodType<T>): T =>
  schema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
const sorted = (list: readonly string[] | null | undefined): readonly string[] => (list ?? []).toSorted();

const official = z.object({
  canonicalization: z.array(z.object({ input: text, output: z.string() })),
  v5_ipv6_host_rules: z.array(z.object({ input_host: z.string(), output_host: z.string() })),
  suffix_prefix_expressions: z.array(z.object({ url: z.string(), expressions: z.array(z.string()) })),
});

describe("examples of the specification", { skip }, () => {
  const vectors = skip ? undefined : read("official_canonicalization.json", official);

  it("canonicalization", () => {
    for (const { input, output } of vectors?.canonicalization ?? []) {
      const canonical = canonicalizeText(input);
      assert.equal(canonical && canonicalString(canonical), output, input);
    }
  });

  it("IPv6, with the IPv4 addresses in it", () => {
    for (const { input_host, output_host } of vectors?.v5_ipv6_host_rules ?? []) {
      assert.equal(canonicalUrl(new URL(`https://${input_host}/`)).host, output_host);
    }
  });

  it("suffix and prefix expressions", () => {
    for (const { url, expressions } of vectors?.suffix_prefix_expressions ?? []) {
      assert.deepEqual(sorted(expressionsOf(canonicalUrl(new URL(url)))), sorted(expressions), url);
    }
  });
});

const one = z.object({ input: text, output: z.string(), fail: z.boolean().optional() });
const many = z.object({ input: z.string(), output: z.array(z.string()).nullable() });
const go = z.object({
  sets: z.object({
    canonicalURL: z.array(one),
    canonicalPath: z.array(one),
    canonicalHost: z.array(one),
    parseIPAddress: z.array(one),
    patterns: z.array(many),
    lookupHosts: z.array(many),
    lookupPaths: z.array(many),
  }),
});

/** Where the Go client departs from the v5 text or from WHATWG, which decides where a browser would go. */
const DIFFERENT: Readonly<Record<string, string>> = {
  "http://some%1bhost.com/%1b": "the specification escapes in upper case",
  "http%3A%2F%2Fwackyurl.com:80/": "an escaped scheme is none: no browser reads it as one",
  "http://[::192.9.5.5]/ipng": "the Go client leaves IPv6 as it is written; v5 normalizes it",
  "123.123.0.0.1": "no IPv4 address, and kept as a name",
  "1.2.3.00x0": "no IPv4 address, and kept as a name",
  "276.2.3": "WHATWG: an octet above 255 is a failure, no browser goes there",
  "10.192.95.89 xy": "WHATWG: a space in a host is a failure",
  "http://a.b.c.d.e.f.g.h.i/": "v4 of the Go client gives six suffixes, v5 four",
  "https://a.b.c.d.e.f.g.h.i/": "as above",
  "a.b.c.d.e.f.g.h.i/": "as above",
  "http://a.b.c.d.e.f.kita.tokyo.jp": "v5 begins with the registrable domain: kita.tokyo.jp is a public suffix",
};

describe("Google's Go client", { skip }, () => {
  const sets = skip ? undefined : read("google_safebrowsing_go.json", go).sets;
  const rows = <T extends { readonly input: string }>(list: readonly T[] = []) =>
    list.filter(({ input }) => DIFFERENT[input] === undefined);

  it("canonicalURL, which drops port and query", () => {
    for (const { input, output, fail } of rows(sets?.canonicalURL)) {
      const canonical = canonicalizeText(input);
      assert.equal(
        canonical && canonicalString({ ...canonical, port: "", query: "" }),
        fail ? undefined : output,
        input,
      );
    }
  });

  it("canonicalHost, canonicalPath, parseIPAddress", () => {
    for (const { input, output, fail } of rows(sets?.canonicalHost)) {
      assert.equal(canonicalizeText(input)?.host, fail ? undefined : output, input);
    }
    for (const { input, output, fail } of rows(sets?.canonicalPath)) {
      assert.equal(canonicalizeText(input)?.path, fail ? undefined : output, input);
    }
    for (const { input, output } of rows(sets?.parseIPAddress)) {
      assert.equal(canonicalizeText(`http://${input}/`)?.host, output, input);
    }
  });

  it("patterns, lookupHosts, lookupPaths", () => {
    for (const { input, output } of rows(sets?.patterns)) {
      const canonical = canonicalizeText(input);
      assert.deepEqual(sorted(canonical && expressionsOf(canonical)), sorted(output), input);
    }
    for (const { input, output } of rows(sets?.lookupHosts)) {
      const canonical = canonicalizeText(input);
      assert.deepEqual(sorted(canonical && hostSuffixes(canonical.host, 4)), sorted(output), input);
    }
    for (const { input, output } of rows(sets?.lookupPaths)) {
      const canonical = canonicalizeText(input);
      const bounds = { suffixes: 4, directories: 4, below: false };
      assert.deepEqual(sorted(canonical && pathPrefixes(canonical, bounds)), sorted(output), input);
    }
  });
});

const chromium = z.object({
  canonicalizeUrl: z.array(z.object({ input: z.string(), hostname: z.string(), path: z.string(), query: z.string() })),
  hosts_paths: z.array(
    z.object({ url: z.string(), hosts: z.array(z.string()).optional(), paths: z.array(z.string()) }),
  ),
});

describe("Chromium's cases", { skip }, () => {
  const vectors = skip ? undefined : read("chromium_v4_util.json", chromium);

  it("canonicalizeUrl", () => {
    for (const { input, hostname, path, query } of vectors?.canonicalizeUrl ?? []) {
      const canonical = canonicalizeText(input);
      assert.equal(canonical?.host ?? "", hostname, input);
      assert.equal(canonical?.path ?? "", path, input);
      assert.equal((canonical?.query ?? "").slice(1), query, input);
    }
  });

  it("hosts and paths", () => {
    for (const { url, hosts, paths } of vectors?.hosts_paths ?? []) {
      const canonical = canonicalUrl(new URL(url));
      if (hosts) assert.deepEqual(sorted(hostSuffixes(canonical.host, 4)), sorted(hosts), url);
      const bounds = { suffixes: 4, directories: 4, below: false };
      assert.deepEqual(sorted(pathPrefixes(canonical, bounds)), sorted(paths), url);
    }
  });
});

describe("unescapedFully", () => {
  it("decodes as rounds of decoding would until nothing changes", () => {
    const piece = fc.constantFrom("%", "2", "5", "%25", "4", "1", "%41", "f", "F", "/", "x", "%2", "%%");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        let rounds = pieces.join("");
        for (let before = ""; before !== rounds; ) {
          before = rounds;
          rounds = rounds.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
            String.fromCharCode(parseInt(digits, 16)),
          );
        }
        assert.equal(unescapedFully(pieces.join("")), rounds);
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes time in proportion to the text, however deep the escapes are nested", () => {
    assert.equal(unescapedFully(`%${"25".repeat(1_000_000)}`), "%");
  });
});

describe("expressions for lists of our own", () => {
  it("reach every name between the host and its registrable domain, and every path above", () => {
    const url = canonicalUrl(new URL("https://1.2.3.4.5.6.shop.co.uk/a/b/c/d/e/f?q"));
    const expressions = expressionsOf(url, EVERYTHING_ABOVE);
    for (const host of ["1.2.3.4.5.6.shop.co.uk", "2.3.4.5.6.shop.co.uk", "6.shop.co.uk", "shop.co.uk"]) {
      for (const path of ["/", "/a", "/a/", "/a/b/c/d/e", "/a/b/c/d/e/", "/a/b/c/d/e/f", "/a/b/c/d/e/f?q"]) {
        assert.ok(expressions.includes(`${host}${path}`), `${host}${path}`);
      }
    }
    assert.ok(!expressions.includes("co.uk/"));
    assert.equal(new Set(expressions).size, expressions.length);
  });
});
