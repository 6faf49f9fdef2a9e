import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { domainToUnicode } from "node:url";
import fc from "fast-check";
import { type Likeness, lookalikeOf } from "../../../app/core/lookalike.ts";
import { onlySlip, slipsBetween } from "../../../app/core/lookalike-distance.ts";
import { skeletonOf, spokenSkeletonOf } from "../../../app/core/lookalike-skeleton.ts";
import { isCommon, isWrapping } from "../../../app/core/lookalike-words.ts";
import type { Site } from "../../../app/core/profile.ts";

const site = (id: string, origins: readonly string[], subresources: readonly string[] = []): Site => ({
  id,
  name: id,
  origins: [...origins],
  server: { pins: [], anchors: [] },
  client: { method: "form" },
  subresources: subresources.map((origin) => ({ origin, server: { pins: [], anchors: [] }, query: false })),
});

const sites = [
  site("bank", ["https://bank.example", "https://login.bank.example:8443"], ["https://static.bankcdn.example"]),
  site("union", ["https://online.nordbankverein.de"]),
  site("pay", ["https://paypal.com"]),
  site("rhine", ["https://www.sparda-rhein.de"]),
  site("portal", ["https://portal.corp.example"]),
  site("cooperative", ["https://acme.co.uk", "https://acme-intern.github.io"]),
  site("digits", ["https://n26.com"]),
  site("umlaut", ["https://xn--mller-kva.example"]),
];

function resemblance(address: string): string {
  const found = lookalikeOf({ sites }, new URL(`https://${address}`).hostname, domainToUnicode);
  return found === undefined ? "nobody" : `${found.site.id}: ${found.by}`;
}

const NEAR: Readonly<Record<string, Readonly<Record<string, readonly Likeness[]>>>> = {
  bank: {
    "bаnk.example": ["homograph"],
    "ƅank.example": ["homograph"],
    "bаnk.test": ["homograph"],
    "b4nk.example": ["homograph"],
    "8ank.example": ["homograph"],
    "ba-nk.example": ["hyphenation"],
    "bnak.example": ["misspelling"],
    "bank.exarnple": ["misspelling"],
    "bank.exampl": ["misspelling"],
    "bank.exmaple": ["misspelling"],
    "bank.com": ["other ending"],
    "bank.test": ["other ending"],
    "www.bank.test": ["other ending"],
    "bank-login.example": ["added words"],
    "secure-bank.example": ["added words"],
    "banklogin.example": ["added words"],
    "wwwbank.example": ["added words"],
    "my-bank-online.example": ["added words"],
    "bank24.example": ["added words"],
    "bank.example.evil.test": ["embedded name"],
    "login.bank.example.evil.test": ["embedded name"],
    "bank-example.test": ["embedded name"],
    "secure-bank-example.test": ["embedded name"],
    "bank-example.evil.test": ["embedded name"],
  },
  union: {
    "nordbankverein.com": ["other ending"],
    "nordbankverein.co.uk": ["other ending"],
    "nordbankvereln.de": ["homograph"],
    "nordbankvere1n.de": ["homograph"],
    "n0rdbankverein.de": ["homograph"],
    "nordbаnkverein.de": ["homograph"],
    "nоrdbаnkvеrеin.com": ["homograph"],
    "nordb4nkver3in.de": ["homograph"],
    "nordbankverien.de": ["misspelling"],
    "nordbankvrein.de": ["misspelling"],
    "nordbankvereinn.de": ["misspelling"],
    "noordbankvereim.de": ["misspelling"],
    "nordbänkverein.de": ["homograph"],
    "nord-bankverein.de": ["hyphenation"],
    "nord-bank-verein.org": ["hyphenation"],
    "nordbankverein-login.de": ["added words"],
    "nordbankverein-kundenservice.info": ["added words"],
    "secure-nordbankverein.net": ["added words"],
    "onlinenordbankverein.de": ["added words"],
    "online-nordbankverein.de": ["added words"],
    "nordbankverein24.com": ["added words"],
    "login-nordbankverien.com": ["added words"],
    "nordbankverein.evil.test": ["embedded name"],
    "online.nordbankverein.de.evil.test": ["embedded name"],
    "online-nordbankverein-de.evil.test": ["embedded name"],
    "nordbankverien.evil.test": ["embedded name"],
    "nordbankverein.github.io": ["other ending"],
  },
  pay: {
    "paypa1.com": ["homograph"],
    "paypai.com": ["homograph"],
    "раураӏ.com": ["homograph"],
    "pаypal.net": ["homograph"],
    "paypaal.com": ["misspelling"],
    "payapl.com": ["misspelling"],
    "paypl.com": ["misspelling"],
    "paypal.cm": ["misspelling"],
    "paypal.co": ["misspelling"],
    "paypal-security-update.com": ["added words"],
    "mypaypal.com": ["added words"],
    "paypal.com.evil.test": ["embedded name"],
    "paypal.account-verify.test": ["embedded name"],
  },
  rhine: {
    "spardarhein.de": ["hyphenation"],
    "sparda-rhien.de": ["misspelling"],
    "sparda-rhein.net": ["other ending"],
    "banking-sparda-rhein.de": ["added words"],
    "sparda-rhein-online.com": ["added words"],
    "spаrdа-rhein.de": ["homograph"],
  },
  portal: {
    "corp.exampel": ["misspelling"],
    "corp-portal.example": ["added words"],
    "portal-corp-example.test": ["embedded name"],
    "portal.corp.example.test": ["embedded name"],
  },
  cooperative: {
    "acme.com": ["other ending"],
    "amce.co.uk": ["misspelling"],
    "acrne.co.uk": ["homograph"],
    "acme-intern.io": ["other ending"],
    "acme-lntern.github.io": ["homograph"],
  },
  digits: {
    "n2б.com": ["homograph"],
    "n26-login.com": ["added words"],
  },
  umlaut: {
    "xn--mller-kva.test": ["other ending"],
    "muller.example": ["homograph"],
  },
};

/** Honest names: other companies, other words, neighbours under the same owner, hosts of the profile itself. */
const INNOCENT = `bank.example login.bank.example www.bank.example mail.bank.example static.bankcdn.example
  bankcdn.example online.nordbankverein.de nordbankverein.de karriere.nordbankverein.de paypal.com www.paypal.com
  www.sparda-rhein.de wiki.corp.example corp.example acme.co.uk shop.acme.co.uk acme-intern.github.io n26.com
  xn--mller-kva.example
  tank.example blank.example rank.example bark.example bonk.example banker.example deutsche-bank.de secure-bank.com
  commerzbank.de volksbank.de bankofengland.test worldbank.test bank-austria.at westbankhotel.test riverbank.test
  nordverein.de bankverein.de nordbank.de suedbankverein.de westbankvereinigung.de
  payback.com playpal.de palpay.org paypay.ne.jp prepaid.com pay.com pal.com
  sparda.de sparda-west.de rhein.de rhein-neckar.de spar.at
  portal.example intranet.example corp.com portal.com portal.test hr.corporate.example
  acne.com acmi.co.uk academy.co.uk github.io acme2go.github.io other.github.io
  n24.de n27.com nzb.com n26news.org maller.org müllermilch.de
  example.com www.wikipedia.org google.com microsoft.com login.microsoftonline.com zeit.de heise.de
  localhost 127.0.0.1 [::1] 192.0.2.1 co.uk`
  .split(/\s+/)
  .filter(Boolean);

describe("an address that resembles a listed one", () => {
  for (const [id, addresses] of Object.entries(NEAR)) {
    for (const [address, [by]] of Object.entries(addresses)) {
      it(`${address} resembles ${id} by ${by}`, () => assert.equal(resemblance(address), `${id}: ${by}`));
    }
  }

  it("is known in sixty ways and more", () => {
    assert.ok(Object.values(NEAR).flatMap((addresses) => Object.keys(addresses)).length >= 60);
  });

  it("is answered with the site's own host", () => {
    const found = lookalikeOf({ sites }, "secure-nordbankverein.net", domainToUnicode);
    assert.equal(found?.genuine, "online.nordbankverein.de");
    assert.equal(found?.site, sites[1]);
  });
});

describe("an honest address", () => {
  for (const address of INNOCENT) {
    it(`${address} resembles nobody`, () => assert.equal(resemblance(address), "nobody"));
  }

  it("is known in sixty ways and more", () => assert.ok(INNOCENT.length >= 60));
});

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?$/).filter((text) => !/^..--/.test(text));
const host = fc
  .tuple(fc.array(label, { maxLength: 2 }), label, fc.constantFrom("example", "com", "de", "co.uk", "github.io"))
  .map(([before, name, ending]) => [...before, name, ending].join("."))
  .filter((text) => URL.canParse(`https://${text}`) && new URL(`https://${text}`).hostname === text);

describe("for every profile", () => {
  it("none of its hosts is a look-alike, however much they resemble each other", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(host, { minLength: 1, maxLength: 6 }),
        fc.array(host, { maxLength: 3 }),
        (own, others) => {
          const all = own.map((each, index) =>
            site(
              `s${index}`,
              [`https://${each}`, `https://${each}:8443`],
              index === 0 ? others.map((cdn) => `https://${cdn}`) : [],
            ),
          );
          for (const each of [...own, ...others]) {
            assert.equal(lookalikeOf({ sites: all }, each, domainToUnicode), undefined, each);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("a letter of another script in a host of its own is one, or names nobody", () => {
    const twins: Readonly<Record<string, string>> = { a: "а", e: "е", o: "о", p: "р", c: "с", x: "х", i: "і" };
    fc.assert(
      fc.property(host, fc.nat(), (own, at) => {
        const places = [...(own.split(".")[0] ?? "")].flatMap((letter, index) => (letter in twins ? [index] : []));
        const place = places[at % places.length];
        const [first = "", ...rest] = own.split(".");
        fc.pre(place !== undefined && first.replaceAll("-", "").length >= 3 && rest.length === 1);
        const twin = [...first].map((letter, index) => (index === place ? twins[letter] : letter)).join("");
        const { hostname } = new URL(`https://${[twin, ...rest].join(".")}`);
        assert.ok(lookalikeOf({ sites: [site("own", [`https://${own}`])] }, hostname, domainToUnicode), hostname);
      }),
      { numRuns: 300 },
    );
  });

  it("a label that is a number stays one", () => {
    const numbers = [site("number", ["https://0x7f.example"])];
    assert.equal(lookalikeOf({ sites: numbers }, "0x7f-login.example", domainToUnicode)?.by, "added words");
    assert.equal(lookalikeOf({ sites: numbers }, "127.example", domainToUnicode), undefined);
  });

  it("whatever is asked for, there is an answer", () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: false }), fc.string(), (url, text) => {
        for (const asked of [new URL(url).hostname, text])
          assert.doesNotThrow(() => lookalikeOf({ sites }, asked, domainToUnicode));
      }),
    );
  });
});

describe("slips between two texts", () => {
  const texts = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });

  /** The definition itself, without any economy. */
  const slowly = (from: string, to: string): number => {
    if (from === "" || to === "") return from.length + to.length;
    const [a, b] = [from.slice(1), to.slice(1)];
    const same = from[0] === to[0];
    const exchanged = from.length > 1 && to.length > 1 && from[0] === to[1] && from[1] === to[0];
    return Math.min(
      slowly(a, to) + 1,
      slowly(from, b) + 1,
      slowly(a, b) + (same ? 0 : 1),
      exchanged ? slowly(from.slice(2), to.slice(2)) + 1 : Number.POSITIVE_INFINITY,
    );
  };

  it("are as many as the definition says, up to the bound", () => {
    fc.assert(
      fc.property(texts, texts, fc.integer({ min: 0, max: 4 }), (from, to, most) => {
        assert.equal(slipsBetween(from, to, most), Math.min(slowly(from, to), most + 1));
      }),
    );
  });

  it("have a kind where there is one", () => {
    assert.equal(onlySlip("bank", "bnak"), "exchanged");
    assert.equal(onlySlip("bank", "bnk"), "left-out");
    assert.equal(onlySlip("bank", "baank"), "put-in");
    assert.equal(onlySlip("bank", "tank"), "changed");
    assert.equal(onlySlip("bank", "bank"), undefined);
    assert.equal(onlySlip("bank", "knab"), undefined);
  });
});

describe("a skeleton", () => {
  const same = [
    ["paypal", "раураӏ"],
    ["modern", "modem"],
    ["will", "wi11"],
    ["vvater", "water"],
    ["clock", "dock"],
    ["straße", "straße"],
    ["łódź", "lodz"],
    ["ᴍᴀᴋᴛ", "makt"],
    ["ａｂｃ", "abc"],
  ] as const;
  for (const [one, other] of same)
    it(`is the same for ${one} and ${other}`, () => assert.equal(skeletonOf(one), skeletonOf(other)));

  it("keeps apart what people keep apart", () => {
    for (const [one, other] of [
      ["bank", "tank"],
      ["ä", "e"],
      ["北京", "上海"],
    ] as const)
      assert.notEqual(skeletonOf(one), skeletonOf(other));
  });

  it("reads digits as letters only when spoken", () => {
    assert.notEqual(skeletonOf("b4nk"), skeletonOf("bank"));
    assert.equal(spokenSkeletonOf("b4nk"), spokenSkeletonOf("bank"));
  });
});

describe("words", () => {
  it("of wrapping are known alone and run together", () => {
    for (const text of ["", "login", "securelogin", "www24", "mysecureaccount"]) assert.ok(isWrapping(text), text);
    for (const text of ["bank", "loginx", "evil"]) assert.ok(!isWrapping(text), text);
  });

  it("that anybody may use tell nobody apart", () => {
    for (const text of ["bank", "onlinebank", "firstnationalbank", "portal"]) assert.ok(isCommon(text), text);
    for (const text of ["nordbankverein", "acme", "examplebank"]) assert.ok(!isCommon(text), text);
  });
});
