/**
 * A million inputs for what reads addresses, lists and releases: nothing crashes or hangs, and a second implementation
 * (support/safe-browsing.py, from the specification's text) agrees. The inputs are the same in every run;
 * COUNTERSIGN_FUZZ_SEED tries others.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, it } from "node:test";
import { canonicalizeText, canonicalPath, canonicalUrl } from "../../app/core/canonical-url.ts";
import { LIST_FORMATS, type ListFormat } from "../../app/core/profile-hostile.ts";
import { Refusal } from "../../app/core/refusal.ts";
import { expressionsOf } from "../../app/core/url-expressions.ts";
import { fileSource } from "../../app/hostile/file-source.ts";
import { type Counts, readEntries } from "../../app/hostile/formats.ts";
import { ListStore } from "../../app/hostile/list-store.ts";
import { readRelease } from "../../app/hostile/release.ts";
import { updateList } from "../../app/hostile/update.ts";
import { NEVER, ReleaseFolder, sameThread } from "../support/hostile-release.ts";

const seed = Number(process.env.COUNTERSIGN_FUZZ_SEED ?? 20261120);
let inputs = 0;
after(() => assert.ok(inputs >= 1_000_000, `${inputs} inputs`));

/** Mulberry32: the same numbers for the same seed. */
function generator(salt: number): () => number {
  let state = seed + salt;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;
const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)] as T;
const several = (random: Random, most: number, make: () => string): string =>
  Array.from({ length: below(random, most + 1) }, make).join("");

const LABELS = ["a", "b", "www", "EVIL", "xn--bcher-kva", "bücher", "日本", "k9", "x_y", "%61", "%2e", "ﬀ", "ß", "%25"];
const PARTS = [
  "a",
  "B",
  ".",
  "..",
  "%2e",
  "%2E%2e",
  "%252e",
  "/",
  "//",
  "\\",
  "%2f",
  "%5c",
  "%3f",
  "%23",
  "#",
  "?",
  "&",
  "=",
  ";",
  "@",
  ":",
  "%",
  "%%",
  "%25",
  "%2525",
  "%4",
  "1",
  "%41",
  "%80",
  "%ff",
  "%00",
  "%0a",
  "\t",
  "\n",
  " ",
  "é",
  "😀",
  "~",
  "+",
  "|",
  "^",
  '"',
  "<",
  "'",
  "login",
  "a/b/c",
];
const IPV6 = [
  "[::1]",
  "[::ffff:1.2.3.4]",
  "[64:ff9b::1.2.3.4]",
  "[64:ff9b::]",
  "[64:ff9b::7]",
  "[64:FF9B:0:0:0:0:A:0]",
  "[2001:0DB8:0:0:1::]",
  "[::ffff:0:7]",
  "[::1.2.3.4]",
  "[fe80:0:0:0:0:0:0:1]",
  "[1:0:0:2:0:0:0:3]",
  "[64:ff9b:1::1.2.3.4]",
];

function host(random: Random): string {
  const kind = random();
  if (kind < 0.05) return pick(random, IPV6);
  if (kind < 0.12) return ipv4(random);
  const dots = () => (random() < 0.05 ? ".." : ".");
  const labels = Array.from({ length: below(random, 8) }, () => pick(random, LABELS) + dots()).join("");
  return `${random() < 0.03 ? "." : ""}${labels}host.test${random() < 0.05 ? "." : ""}`;
}

function ipv4(random: Random): string {
  const write = (value: number) =>
    pick(random, [
      value.toString(),
      `0x${value.toString(16)}`,
      `0${value.toString(8)}`,
      `0X00${value.toString(16).toUpperCase()}`,
    ]);
  const count = 1 + below(random, 4);
  const octets = Array.from({ length: count - 1 }, () => write(below(random, 256)));
  return [...octets, write(below(random, 2 ** (8 * (5 - count))))].join(".");
}

const address = (random: Random): string =>
  `${pick(random, ["http", "https", "HTTP"])}://${random() < 0.05 ? "u:p@" : ""}${host(random)}${random() < 0.1 ? ":8443" : ""}/${several(random, 8, () => pick(random, PARTS))}`;

/** Asks the second implementation line by line. */
async function secondOpinion(
  questions: Iterable<readonly [asked: readonly string[], ours: readonly string[]]>,
): Promise<number> {
  const python = spawn("python3", [join(import.meta.dirname, "support/safe-browsing.py")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting: (readonly [asked: readonly string[], ours: readonly string[]])[] = [];
  let answered = 0;
  const reading = (async () => {
    for await (const line of createInterface({ input: python.stdout })) {
      const [asked, ours] = waiting[answered] ?? [];
      answered += 1;
      assert.deepEqual(ours, JSON.parse(line), JSON.stringify(asked));
    }
  })();
  for (const question of questions) {
    waiting.push(question);
    if (!python.stdin.write(`${JSON.stringify(question[0])}\n`))
      await Promise.race([once(python.stdin, "drain"), reading]);
  }
  python.stdin.end();
  await reading;
  assert.equal(answered, waiting.length);
  return answered;
}

describe("the canonical form", () => {
  it(`is that of the second implementation (seed ${seed})`, async () => {
    const random = generator(1);
    function* questions(): Generator<readonly [readonly string[], readonly string[]]> {
      for (let made = 0; made < 300_000; ) {
        const text = address(random);
        if (!URL.canParse(text)) continue;
        made += 1;
        const url = new URL(text);
        const ours = canonicalUrl(url);
        const all = expressionsOf(ours).toSorted().join("\n");
        const digest = createHash("sha256").update(all).digest("hex");
        yield [
          [url.hostname, url.pathname, url.search],
          [ours.host, ours.path, ours.query, digest],
        ];
      }
      for (let made = 0; made < 50_000; made += 1) {
        const text = ipv4(random);
        yield [[text], [canonicalUrl(new URL(`http://${text}/`)).host]];
      }
    }
    inputs += await secondOpinion(questions());
  });

  it(`of texts that are no URLs is a text or nothing; of URLs that of the URL; of itself itself (seed ${seed})`, () => {
    const random = generator(2);
    for (let made = 0; made < 300_000; made += 1) {
      const valid = address(random);
      const from = below(random, valid.length);
      const text =
        valid.slice(0, from) + several(random, 3, () => pick(random, PARTS)) + valid.slice(from + below(random, 4));
      const canonical = canonicalizeText(text);
      inputs += 1;
      if (canonical === undefined) continue;
      assert.match(canonical.host + canonical.path + canonical.query, /^[!-~]+$/, JSON.stringify(text));
      if (!canonical.path.includes("\\"))
        assert.equal(canonicalPath(canonical.path), canonical.path, JSON.stringify(text));
      const bare = text.trim();
      if (!/^https?:\/\/[^/\\]/i.test(bare) || !URL.canParse(bare)) continue;
      const { host: one, path } = canonicalUrl(new URL(bare));
      assert.deepEqual([canonical.host, canonical.path], [one, path], JSON.stringify(text));
    }
  });
});

const LINES: Readonly<Record<ListFormat, readonly string[]>> = {
  lines: [
    "evil.example\n",
    "# comment\n",
    "https://a.example/x?y\t2026-11-20\r\n",
    "1.2.3.4\n",
    "+new.example\n",
    "-gone.example\n",
    "co.uk\n",
  ],
  hosts: [
    "0.0.0.0 a.example b.example # c\n",
    "127.0.0.1\tlocalhost\n",
    "::1 x.example\r\n",
    "10.0.0.1 intra.example\n",
  ],
  "urlhaus-csv": [
    '"1","2026-11-20 10:00:00","http://1.2.3.4:80/x","online","","a","b,""c""","u","r"\r\n',
    "# head\r\n",
  ],
  "urlhaus-json": [
    '{"1":[{"dateadded":"2026-11-20 10:00:00 UTC","url":"http:\\/\\/a.example\\/{x}"}],',
    '"2":[{"url":"b.example","dateadded":"2026-01-01"}]}',
  ],
  rpz: [
    "$ORIGIN rpz.example.\n",
    "@ SOA a. b. ( 1\n 2 3 4 5 )\n",
    "a.example CNAME .\n",
    "*.b.example.rpz.example. 60 IN CNAME *.\n",
    "32.4.3.2.1.rpz-ip CNAME .\n",
    " A 127.0.0.1\n",
  ],
};

function spoiled(random: Random, text: string): string {
  let result = text;
  for (let change = below(random, 4); change > 0; change -= 1) {
    const at = below(random, result.length + 1);
    result =
      result.slice(0, at) +
      pick(random, [...PARTS, "\0", "\r", "{", "}", '"', ",", "(", ")", "$", "*", "-", "+", "\u202e"]) +
      result.slice(at + below(random, 3));
  }
  return result;
}

function* cut(random: Random, text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const size = 1 + below(random, 200);
    yield text.slice(at, at + size);
    at += size;
  }
}

describe("readers of lists", () => {
  for (const [index, format] of LIST_FORMATS.entries()) {
    it(`of ${format} take nothing that could not be met (seed ${seed})`, () => {
      const random = generator(10 + index);
      for (let made = 0; made < 66_000; ) {
        const pieces = Array.from({ length: 20 }, () => spoiled(random, pick(random, LINES[format])));
        const counts: Counts = { entries: 0, bad: 0, firstBad: [] };
        let taken = 0;
        for (const { host: name, path } of readEntries(cut(random, pieces.join("")), format, counts, random() < 0.3)) {
          taken += 1;
          const safe = `https://${name}${path.replaceAll("\\", "%5C")}`;
          // An entry's question mark is one of the address or one of its path.
          const met = [safe, safe.replaceAll("?", "%3F")].map((text) => canonicalUrl(new URL(text)));
          const expressions = met.map((url) => url.host + url.path + url.query);
          assert.ok(expressions.includes(name + path), `${name}${path}\n${pieces.join("")}`);
        }
        assert.equal(taken, counts.entries);
        made += pieces.length;
      }
      inputs += 66_000;
    });
  }
});

describe("the updater", () => {
  const codeOf = (error: unknown): string => {
    assert.ok(error instanceof Refusal, String(error));
    return error.code;
  };

  it(`takes a signed release or refuses it (seed ${seed})`, () => {
    const random = generator(20);
    const place = new ReleaseFolder();
    place.publish({ number: 2, list: "evil.example\n", delta: { from: 1, text: "+evil.example\n" } });
    const good = readFileSync(place.release, "utf8");
    const seen = new Set<string>();
    for (let made = 0; made < 20_000; made += 1) {
      const text = spoiled(random, good);
      inputs += 1;
      const signature = Buffer.from(signatureOf(place, random() < 0.8 ? text : good));
      if (random() < 0.1) signature[below(random, 64)] = below(random, 256);
      try {
        assert.equal(readRelease(Buffer.from(text), signature, place.keys.publicKey, "test").id, "test");
        seen.add("accepted");
      } catch (error) {
        seen.add(codeOf(error));
      }
    }
    place.remove();
    assert.deepEqual([...seen].toSorted(), ["accepted", "hostile.format", "hostile.signature"]);
  });

  it(`leaves a list that holds all it should, or is known to be damaged, whatever happens to its files (seed ${seed})`, async () => {
    const random = generator(21);
    const place = new ReleaseFolder();
    const hosts = Array.from({ length: 200 }, (_, index) => `n${index}.example`);
    place.publish({ number: 1, list: hosts.join("\n") });
    const parts = { list: place.list(), source: fileSource(place.release), runner: sameThread, signal: NEVER };
    await update(parts);
    const whole = new Map(readdirSync(place.store).map((name) => [name, readFileSync(join(place.store, name))]));
    const seen = new Set<string>();
    for (let made = 0; made < 400; made += 1) {
      const [name, bytes] = pick(random, [...whole]);
      const spoilt = Buffer.from(bytes);
      for (let change = 1 + below(random, 3); change > 0; change -= 1)
        spoilt[below(random, spoilt.length)] = below(random, 256);
      const cutOff = random() < 0.2 ? spoilt.subarray(0, below(random, spoilt.length)) : spoilt;
      for (const [each, good] of whole) writeFileSync(join(place.store, each), each === name ? cutOff : good);
      inputs += 1;
      const store = await ListStore.open(place.store);
      seen.add(store.damage === undefined ? held(store) : codeOf(store.damage));
      await store.close();
      if (store.damage !== undefined && made % 20 === 0) {
        await update(parts).catch(codeOf);
      }
    }
    for (const [each, good] of whole) writeFileSync(join(place.store, each), good);
    place.remove();
    // Whole is what a change left as it was.
    seen.delete("all");
    assert.deepEqual([...seen], ["hostile.damaged"]);

    function held(store: ListStore): string {
      try {
        const missing = hosts.filter((each) => !store.match(canonicalUrl(new URL(`https://${each}/`))));
        // Nothing but the state's number, date and counts may have changed in silence.
        return missing.length === 0 ? "all" : `${nameOf(missing)} of number ${store.state?.number}`;
      } catch (error) {
        return codeOf(error);
      }
    }
    async function update(with_: typeof parts): Promise<void> {
      const store = await ListStore.open(place.store);
      try {
        await updateList(store, with_);
      } finally {
        await store.close();
      }
    }
  });

  const nameOf = (missing: readonly string[]): string => `${missing.length} missing`;

  function signatureOf(place: ReleaseFolder, text: string): Buffer {
    place.publishRaw(text);
    return readFileSync(`${place.release}.sig`);
  }
});
