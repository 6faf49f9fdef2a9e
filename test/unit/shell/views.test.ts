import assert from "node:assert/strict";
import { test } from "node:test";
import type { Evidence } from "../../../app/core/evidence.ts";
import { parseProfile } from "../../../app/core/profile.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { destinationOf } from "../../../app/shell/destination.ts";
import { interfaceFile } from "../../../app/shell/interface-file.ts";
import { gatewayCredentials } from "../../../app/shell/logins.ts";
import { Notices } from "../../../app/shell/notices.ts";
import {
  detailsForIt,
  establishedSentence,
  plainAddress,
  refusalOf,
  refusalView,
} from "../../../app/shell/refusal-view.ts";
import { type ActivePart, type UiParts, uiState } from "../../../app/shell/state.ts";
import { changeBetween } from "../../../app/shell/surroundings.ts";
import { trustView } from "../../../app/shell/trust-view.ts";
import { engineUserAgent } from "../../../app/shell/user-agent.ts";
import { fitBounds } from "../../../app/shell/window-bounds.ts";

const pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const parsed = parseProfile(
  {
    version: 1,
    serial: 7,
    organization: "Example Bank",
    sites: [
      {
        id: "bank",
        name: "Online banking",
        origins: ["https://bank.example:8443", "https://login.bank.example"],
        server: { pins: [pin] },
        client: { method: "form" },
        subresources: [{ origin: "https://cdn.example", server: { pins: [pin] } }],
      },
    ],
    hostile: ["https://evil.example/", "https://bank.example:8443/fake"],
    unlisted: "refuse",
  },
  () => ({ fault: "none here" }),
);
assert.ok(parsed.ok);
const { profile } = parsed;

test("an address leads to its site, or to the reason why not", () => {
  const to = (text: string) => {
    const found = destinationOf(profile, text);
    if (found.kind === "refused") return found.refusal.code;
    return found.kind === "site" ? `${found.site.id} ${found.url}` : `${found.kind} ${found.url}`;
  };
  assert.equal(to("bank.example:8443"), "bank https://bank.example:8443/");
  assert.equal(to("https://login.bank.example/a?b#c"), "bank https://login.bank.example/a?b#c");
  assert.equal(to("https://bank.example/"), "site.unlisted");
  assert.equal(to("https://cdn.example/"), "site.unlisted", "a subresource is no site");
  assert.equal(to("https://evil.example/x"), "site.hostile");
  assert.equal(to("https://bank-login.example/"), "site.lookalike");
  assert.equal(to("https://bank.example:8443/fake/login"), "site.hostile", "a hostile path of a site");
  assert.equal(to("http://bank.example:8443/"), "address.insecure");
  assert.equal(to("javascript:alert(1)"), "address.insecure");
  assert.equal(to("https://bank.example:8443@evil.example/"), "address.malformed");
});

test("an unlisted address is read where the profile says so, without what a user may have put into it", () => {
  const reading: typeof profile = { ...profile, unlisted: "read-only" };
  const to = (text: string, from?: "user" | "read-only") => {
    const found = destinationOf(reading, text, undefined, from);
    return found.kind === "read-only" ? [found.url, found.cut] : found.kind === "refused" ? found.refusal.code : "site";
  };
  const address = "https://news.test/a/b?q=secret#part";
  assert.deepEqual(to(address), ["https://news.test/a/b", true]);
  assert.deepEqual(to("news.test"), ["https://news.test/", false]);
  assert.deepEqual(to(address, "read-only"), [address, false], "the query of a page's own link");
  assert.equal(to("https://login.bank.example/a"), "site");
  assert.equal(to("https://evil.example/x"), "site.hostile");
  assert.equal(to("https://bank-login.example/"), "site.lookalike");
  assert.equal(to("http://news.test/"), "address.insecure");
  for (const text of ["https://bank.example/", "https://cdn.example:444/", "https://intranet/", "https://192.0.2.1/"])
    assert.equal(to(text), "site.unlisted", text);
  const found = destinationOf(profile, address);
  assert.equal(found.kind === "refused" && found.refusal.code, "site.unlisted", "unless the profile says so");
});

test("a look-alike leads to the genuine site of the profile, and nothing of the address goes with it", () => {
  const found = destinationOf(profile, "https://bank-login.example/steal?token=secret");
  assert.ok(found.kind === "refused" && found.genuine);
  const view = refusalView(found.refusal, { url: found.url, genuine: found.genuine, at: 0 });
  assert.deepEqual(view.genuine, {
    site: "bank",
    name: profile.sites[0]?.name,
    origin: profile.sites[0]?.origins[0],
  });
  assert.equal(view.canRetry, false);
  assert.doesNotMatch(JSON.stringify(view), /secret/);
});

test("an address is told without what only the user should know", () => {
  assert.equal(
    plainAddress("https://user:word@bank.example:8443/a/b?token=secret#part"),
    "https://bank.example:8443/a/b",
  );
  assert.equal(plainAddress("not an address?secret"), "not an address");
});

const evidence: Evidence = {
  kind: "server.name",
  channel: "c1",
  site: "bank",
  origin: "https://bank.example:8443",
  at: 0,
  expires: 1,
  host: "bank.example",
  presented: "*.example",
  certificate: "00",
};

test("details for IT hold code, sentences, address, time, version and evidence, and no query", () => {
  const refusal = new Refusal(
    "server.pin-mismatch",
    { value: "sha256/x", fault: "no pin matches", expected: "sha256/y" },
    { evidence: [evidence] },
  );
  const view = refusalView(refusal, {
    url: "https://bank.example:8443/pay?iban=secret",
    site: "Online banking",
    at: 0,
  });
  const text = detailsForIt(view, { version: "1.2.3", system: "linux x64", profile: "Example Bank, serial 7" });
  for (const part of [
    "server.pin-mismatch",
    "https://bank.example:8443/pay",
    "1970-01-01T00:00:00.000Z",
    "1.2.3",
    "linux x64",
    "serial 7",
    "sha256/x",
    "sha256/y",
    establishedSentence(evidence),
    view.message,
    view.remedy,
  ]) {
    assert.ok(text.includes(part), part);
  }
  assert.doesNotMatch(text, /secret/);
});

test("only what another attempt could change may be retried", () => {
  const retry = (
    code: "site.hostile" | "site.unlisted" | "address.malformed" | "server.pin-mismatch" | "network.timeout",
  ) => refusalView(new Refusal(code, { fault: "" }), { url: "https://a.test/", at: 0 }).canRetry;
  assert.deepEqual(
    [
      retry("site.hostile"),
      retry("site.unlisted"),
      retry("address.malformed"),
      retry("server.pin-mismatch"),
      retry("network.timeout"),
    ],
    [false, false, false, true, true],
  );
});

test("whatever is thrown becomes a refusal", () => {
  const refusal = new Refusal("keystore.locked", { fault: "" });
  assert.equal(refusalOf(refusal), refusal);
  assert.equal(refusalOf(new Error("broken")).detail.fault, "broken");
  assert.equal(refusalOf("text").code, "network.closed");
});

const idle: UiParts = {
  profile: { kind: "loaded", profile, origin: "/etc/x.json" },
  open: new Map(),
  active: undefined,
  httpAuth: undefined,
  question: undefined,
  consent: undefined,
  downloads: [],
  notices: [],
  focus: undefined,
  platform: "linux",
  demo: false,
};
const active: ActivePart = {
  site: { id: "bank", name: "Online banking" },
  url: "https://bank.example:8443/pay?x=1",
  title: "Pay",
  seal: "open",
  stage: "page",
  kept: true,
  loading: false,
  canGoBack: false,
  canGoForward: false,
  zoom: 1,
  find: { matches: 1, current: 1 },
};

test("the state lists the sites, shut unless they are open", () => {
  const [site] = uiState(idle).sites;
  assert.deepEqual(site, {
    id: "bank",
    name: "Online banking",
    origin: "https://bank.example:8443",
    seal: "shut",
    open: false,
  });
  assert.equal(uiState({ ...idle, open: new Map([["bank", "open"]]) }).sites[0]?.seal, "open");
  assert.equal("active" in uiState(idle), false);
});

test("what a page says of itself is told only while it is on the stage", () => {
  const shown = uiState({ ...idle, active }).active;
  assert.deepEqual([shown?.title, shown?.path, shown?.find?.matches], ["Pay", "/pay", 1]);
  for (const stage of ["waiting", "refused", "crashed", "hung"] as const) {
    const hidden = uiState({ ...idle, active: { ...active, stage } }).active;
    assert.deepEqual([hidden?.title, hidden?.find, hidden?.trust], ["", undefined, undefined]);
  }
});

test("an address that belongs to no site is shown by its host", () => {
  const { active: shown } = uiState({ ...idle, active: { ...active, site: undefined, url: "https://evil.example/x" } });
  assert.deepEqual([shown?.site, shown?.name, shown?.origin], ["", "evil.example", "https://evil.example"]);
});

test("without a profile there are no sites", () => {
  const none = uiState({ ...idle, profile: { kind: "none", lookedIn: ["/etc/countersign/policy.d"] } });
  assert.deepEqual(none.sites, []);
  assert.equal(none.profile.kind, "none");
});

test("the trust view says by what the server was recognised, and that a form proves the user later", () => {
  const view = trustView({
    expectation: { host: "bank.example" },
    verdict: { kind: "authenticated", channel: "c1", goals: [], notRequired: [], lapsesAt: Number.POSITIVE_INFINITY },
    evidence: [{ ...evidence, kind: "server.pin", pin, holder: "leaf" }],
    facts: {
      protocol: "TLSv1.3",
      cipher: "TLS_AES_128_GCM_SHA256",
      serverCertificate: {
        subject: "CN=bank.example",
        issuer: "CN=CA",
        notBefore: "2026-01-01T00:00:00.000Z",
        notAfter: "2027-01-01T00:00:00.000Z",
        pin,
        fingerprint: "00",
      },
      steps: [],
      timings: {},
    },
  } as unknown as Parameters<typeof trustView>[0]);
  assert.equal(view?.server.by, "its pinned key");
  assert.deepEqual(view?.client, { method: "form" });
  assert.equal(view?.lapsesAt, "2027-01-01T00:00:00.000Z");
});

test("the trust view says by which way what the user sends travels, where the site splits its channels", () => {
  const sends = (giving: unknown) =>
    trustView({
      expectation: { host: "bank.example", ...(giving === undefined ? {} : { giving }) },
      verdict: { kind: "authenticated", channel: "c1", goals: [], notRequired: [], lapsesAt: 1 },
      evidence: [],
      facts: { protocol: "TLSv1.3", cipher: "x", serverCertificate: { subject: "CN=x" }, steps: [], timings: {} },
    } as unknown as Parameters<typeof trustView>[0])?.sends;
  assert.equal(sends(undefined), undefined);
  assert.equal(sends({}), "separate channels");
  const proxy = { host: "proxy.example", port: 3128 };
  assert.equal(sends({ proxy }), "separate channels, by the proxy proxy.example:3128");
  const path = { addresses: ["192.0.2.2"], localAddress: "192.0.2.9" };
  assert.equal(sends(path), "separate channels, to 192.0.2.2, from 192.0.2.9");
});

test("only the gateway's own address, port and realm get its credentials", () => {
  const credentials = { realm: "r1", username: "u", password: "p" };
  const gateways = [{ port: 4000, credentials }];
  const info = { isProxy: true, host: "127.0.0.1", port: 4000, realm: "r1" };
  assert.equal(gatewayCredentials(gateways, info), credentials);
  assert.equal(gatewayCredentials(gateways, { ...info, isProxy: false }), undefined);
  assert.equal(gatewayCredentials(gateways, { ...info, host: "127.0.0.2" }), undefined);
  assert.equal(gatewayCredentials(gateways, { ...info, host: "localhost" }), undefined);
  assert.equal(gatewayCredentials(gateways, { ...info, port: 4001 }), undefined);
  assert.equal(gatewayCredentials(gateways, { ...info, realm: "r2" }), undefined);
});

test("notices: the same words once, at most four, gone when acknowledged", () => {
  const notices = new Notices();
  for (const text of ["a", "b", "a", "c", "d", "e"]) notices.add(text);
  assert.deepEqual(
    notices.views.map(({ text }) => text),
    ["a", "c", "d", "e"],
  );
  notices.acknowledge(notices.views[0]?.id ?? "");
  assert.equal(notices.views.length, 3);
});

test("the interface's scheme serves its own plain files and nothing else", () => {
  const path = (address: string, method = "GET") => interfaceFile(method, address)?.path;
  assert.equal(path("countersign://ui/index.html"), "index.html");
  assert.equal(path("countersign://ui/assets/index-BxmcfQZF.css"), "assets/index-BxmcfQZF.css");
  for (const address of [
    "countersign://ui/",
    "countersign://ui/..",
    "countersign://ui/../main/main.cjs",
    "countersign://ui/assets/../../main/main.js",
    "countersign://ui/%2e%2e/x.js",
    "countersign://ui//etc/passwd",
    "countersign://ui/a/b/c.js",
    "countersign://ui/.hidden.js",
    "countersign://ui/index.html?x",
    "countersign://ui/main.cjs",
    "countersign://other/index.html",
    "file:///index.html",
  ]) {
    assert.equal(path(address), undefined, address);
  }
  assert.equal(path("countersign://ui/index.html", "POST"), undefined);
});

test("the user agent is the engine's own", () => {
  const full =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Countersign/0.1.0 Chrome/130.0.6723.191 Electron/33.4.11 Safari/537.36";
  const own = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";
  assert.equal(engineUserAgent(full), own);
  assert.equal(engineUserAgent(own), own);
});

test("a kept place is fitted into the display that holds most of it", () => {
  const left = { x: 0, y: 0, width: 1920, height: 1040 };
  const right = { x: 1920, y: 0, width: 1280, height: 1000 };
  const place = { x: 100, y: 50, width: 1000, height: 700 };
  assert.deepEqual(fitBounds(place, [left, right]), place);
  assert.deepEqual(fitBounds({ ...place, x: 5000, y: 5000 }, [left]), { x: 920, y: 340, width: 1000, height: 700 });
  assert.deepEqual(fitBounds({ x: 2000, y: 10, width: 3000, height: 3000 }, [left, right]), right);
  assert.deepEqual(fitBounds({ ...place, width: 10, height: 10 }, [left]), { ...place, width: 640, height: 480 });
  assert.equal(fitBounds(place, []), undefined);
});

test("another network or a clock that was set ends verdicts; drift does not", () => {
  const before = { addresses: ["10.0.0.2/24 aa"], online: true, wall: 1_000_000, steady: 0 };
  const later = (wall: number, addresses = before.addresses) => ({ addresses, online: true, wall, steady: 5_000 });
  assert.equal(changeBetween(before, later(1_005_000)), undefined);
  assert.equal(changeBetween(before, later(1_035_000)), undefined);
  assert.match(changeBetween(before, later(1_005_000, ["10.0.0.9/24 aa"])) ?? "", /network/);
  assert.equal(changeBetween(before, later(1_005_000, [...before.addresses, "172.17.0.1/16 bb"])), undefined);
  assert.match(changeBetween(before, later(2_000_000)) ?? "", /clock/);
  assert.match(changeBetween(before, later(500_000)) ?? "", /clock/);
});
