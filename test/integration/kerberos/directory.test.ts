import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTcpServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { createLocator, type LocatorTools } from "../../../app/auth/directory/locator.ts";
import { check } from "../../../app/cli/check.ts";
import { type CommandIo, commandParts } from "../../../app/cli/io.ts";
import { ticket } from "../../../app/cli/ticket.ts";
import type { DirectoryEntryEvidence } from "../../../app/core/evidence.ts";
import type { ChannelExpectation, DirectoryLookup } from "../../../app/core/expectation.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { createDialer } from "../../../app/gateway/dialer.ts";
import { type Certificate, makeAuthority } from "../../realm/certificates.ts";
import { type Apache, startApache } from "../../realm/kerberos/apache.ts";
import { type Directory, type DirectoryOptions, SERVICES, startDirectory } from "../../realm/kerberos/directory.ts";
import type { Kdc } from "../../realm/kerberos/kdc.ts";
import { freePort } from "../../realm/ports.ts";
import {
  authority,
  expectationOf,
  HOST,
  leaf,
  otherLeaf,
  REALM,
  startPortal,
  startRealm,
  withGss,
} from "../../support/kerberos-scene.ts";

const DIRECTORY_HOST = "dc.corp.example";
const APP = "app7.corp.example";
const directoryLeaf = authority.issue({ names: { dns: [DIRECTORY_HOST] } });

const object = (keyword: string, changes: Record<string, string | readonly string[]> = {}) => ({
  [`CN=${keyword},${SERVICES}`]: {
    cn: keyword,
    keywords: [keyword, "countersign"],
    serviceDNSName: APP,
    serviceDNSNameType: "A",
    serviceClassName: "HTTP",
    serviceBindingInformation: "4443",
    ...changes,
  },
});

const lookupOf = (port: number, changes: Partial<DirectoryLookup> = {}): DirectoryLookup => ({
  host: DIRECTORY_HOST,
  port,
  addresses: ["127.0.0.1"],
  pins: [directoryLeaf.pin],
  anchors: [],
  base: SERVICES,
  keywords: ["good"],
  realm: REALM,
  portInName: false,
  binding: "unknown",
  ...changes,
});

function siteWith(lookup: DirectoryLookup): ChannelExpectation {
  return { ...expectationOf(443), channel: "ch-site", server: { pins: [leaf.pin], anchors: [], lookup } };
}

const signal = new AbortController().signal;

function locate(lookup: DirectoryLookup, tools: Partial<LocatorTools> = {}) {
  return createLocator({ dialer: createDialer(), clock: Date.now, ...tools }).locate(siteWith(lookup), signal);
}

async function refusalOf(attempt: Promise<unknown>): Promise<Refusal> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("the service was found");
}

describe("service connection points in a real OpenLDAP", () => {
  let directory: Directory;
  let elsewhere: Server;
  let followed = 0;
  before(async () => {
    elsewhere = createTcpServer((socket) => {
      followed += 1;
      socket.destroy();
    });
    elsewhere.listen(0, "127.0.0.1");
    await once(elsewhere, "listening");
    const { port } = elsewhere.address() as { readonly port: number };
    const reference = { objectClass: ["referral", "extensibleObject"], ref: `ldap://127.0.0.1:${port}/` };
    directory = await startDirectory({
      certificate: directoryLeaf,
      entries: {
        ...object("good"),
        ...object("special", { keywords: "a*b(c)\\é" }),
        ...object("several"),
        [`CN=twin,CN=several,${SERVICES}`]: { cn: "twin", keywords: "several" },
        ...object("srv", { serviceDNSNameType: "SRV" }),
        ...object("two-ports", { serviceBindingInformation: ["4443", "4444"] }),
        ...object("other-host", { serviceBindingInformation: "evil.example:4443" }),
        ...object("address", { serviceDNSName: "127.0.0.1" }),
        [`CN=bare,${SERVICES}`]: { cn: "bare", keywords: "bare" },
        // The search brings this reference along, each time.
        [`OU=Elsewhere,${SERVICES}`]: { ...reference, ou: "Elsewhere" },
      },
    });
  });
  after(async () => {
    elsewhere.close();
    await directory.stop();
  });

  it("finds the one object, asks for no more than it needs, and binds as nobody", async () => {
    const { expectation, evidence } = await locate(lookupOf(directory.port, { keywords: ["good", "countersign"] }));
    assert.equal(expectation.server.service?.principal, `HTTP/${APP}@${REALM}`);
    assert.deepEqual(expectation.place, { host: APP, port: 4443 });
    assert.equal(evidence.directoryKey, directoryLeaf.pin);
    await directory.settled();
    const asked = directory.operations().join("\n");
    assert.match(
      asked,
      /filter="\(&\(objectClass=serviceConnectionPoint\)\(keywords=good\)\(keywords=countersign\)\)"/,
    );
    assert.doesNotMatch(asked, /BIND/);
  });

  it("takes what would have a meaning in a filter for the characters it is", async () => {
    const found = await locate(lookupOf(directory.port, { keywords: ["a*b(c)\\é"] }));
    assert.equal(found.expectation.place?.port, 4443);
    const refusal = await refusalOf(locate(lookupOf(directory.port, { keywords: ["goo*"] })));
    assert.equal(refusal.code, "scp.none");
  });

  it("takes a directory by an anchor and a pin of its issuer, too", async () => {
    const lookup = lookupOf(directory.port, {
      pins: [authority.pin],
      anchors: [{ pem: authority.certificatePem, fingerprint: authority.fingerprint }],
    });
    assert.equal((await locate(lookup)).expectation.place?.host, APP);
  });

  const rows: readonly (readonly [string, string, string, Partial<DirectoryLookup>?])[] = [
    ["nothing matches", "nothing", "scp.none"],
    ["the class is another", "good", "scp.none", { serviceClass: "PORTAL" }],
    ["two objects match", "several", "scp.several"],
    ["an object without attributes", "bare", "scp.malformed"],
    ["a name for DNS to resolve", "srv", "scp.malformed"],
    ["an IP address for a host", "address", "scp.malformed"],
    ["two ports", "two-ports", "scp.disagreeing"],
    ["the address of another host", "other-host", "scp.disagreeing"],
    ["a host outside the domain", "good", "scp.disagreeing", { domain: "apps.corp.example" }],
    ["a base that is not there", "good", "directory.refused", { base: `OU=Nowhere,${SERVICES}` }],
    ["a base on another server", "good", "directory.refused", { base: `OU=x,OU=Elsewhere,${SERVICES}` }],
    ["another key", "good", "directory.untrusted", { pins: [otherLeaf.pin] }],
    ["another name", "good", "directory.untrusted", { host: "dc2.corp.example" }],
  ];
  for (const [what, keyword, code, changes] of rows) {
    it(`says ${code} for ${what}`, async () => {
      assert.equal((await refusalOf(locate(lookupOf(directory.port, { keywords: [keyword], ...changes })))).code, code);
    });
  }

  it("never follows a reference to another server", () => assert.equal(followed, 0));

  it("asks once for channels that are opened within ten minutes, and anew after that or when the service is not there", async () => {
    let now = Date.now();
    const locator = createLocator({ dialer: createDialer(), clock: () => now });
    const lookup = lookupOf(directory.port, { keywords: ["good"] });
    const begun = await searches(directory);
    await Promise.all([locator.locate(siteWith(lookup), signal), locator.locate(siteWith(lookup), signal)]);
    await locator.locate(siteWith(lookup), signal);
    assert.equal((await searches(directory)) - begun, 1);
    locator.forget(lookup);
    await locator.locate(siteWith(lookup), signal);
    assert.equal((await searches(directory)) - begun, 2);
    now += 10 * 60_000;
    const { evidence } = await locator.locate(siteWith(lookup), signal);
    assert.equal((await searches(directory)) - begun, 3);
    assert.equal(evidence.expires - evidence.at, 10 * 3_600_000);
  });

  it("keeps no failure", async () => {
    const locator = createLocator({ dialer: createDialer(), clock: Date.now });
    const lookup = lookupOf(directory.port, { keywords: ["nothing"] });
    const begun = await searches(directory);
    for (let attempt = 0; attempt < 2; attempt += 1) await refusalOf(locator.locate(siteWith(lookup), signal));
    assert.equal((await searches(directory)) - begun, 2);
  });
});

async function searches(directory: Directory): Promise<number> {
  await directory.settled();
  return directory.operations().filter((operation) => operation.startsWith("SRCH base")).length;
}

describe("directories that are not what they should be", () => {
  const stranger = makeAuthority({ subject: "CN=Stranger" });
  const impostors: readonly (readonly [string, Certificate])[] = [
    ["another key for the same name, of the same issuer", authority.issue({ names: { dns: [DIRECTORY_HOST] } })],
    ["another key of an issuer of its own", stranger.issue({ names: { dns: [DIRECTORY_HOST] } })],
  ];
  for (const [what, certificate] of impostors) {
    it(`${what}: refused before anything is said`, async () => {
      const impostor = await startDirectory({
        certificate,
        entries: object("good", { serviceDNSName: "evil.example" }),
      });
      try {
        assert.equal((await refusalOf(locate(lookupOf(impostor.port)))).code, "directory.untrusted");
        // The same server answers whoever asks: its record would show it.
        await locate(lookupOf(impostor.port, { pins: [certificate.pin] }));
        assert.equal(await searches(impostor), 1);
        assert.match(impostor.log(), /TLS negotiation failure/);
      } finally {
        await impostor.stop();
      }
    });
  }

  it("an expired certificate with the pinned key", async () => {
    const clock = () => Date.now() + 400 * 86_400_000;
    const { refusal } = await withDirectory({ entries: object("good") }, (port) =>
      refusalOf(locate(lookupOf(port), { clock })),
    );
    assert.equal(refusal.code, "directory.untrusted");
    assert.match(refusal.detail.fault, /server\.expired/);
  });

  it("a size limit that would hide a second match", async () => {
    const entries = { ...object("good"), [`CN=twin,${SERVICES}`]: { cn: "twin", keywords: "good" } };
    const { refusal } = await withDirectory({ entries, configuration: "sizelimit 1" }, (port) =>
      refusalOf(locate(lookupOf(port))),
    );
    assert.equal(refusal.code, "directory.refused");
    assert.match(refusal.detail.fault, /LDAP result 4\b/);
  });

  it("nobody there", async () => {
    assert.equal((await refusalOf(locate(lookupOf(await freePort())))).code, "directory.unreachable");
  });

  it("one that accepts and says nothing", async () => {
    const code = await withServer(
      createTcpServer((socket) => socket.on("error", () => {})),
      (port) => refusalOf(locate(lookupOf(port), { limits: { open: 100 } })),
    );
    assert.equal(code, "directory.unreachable");
  });

  const speaking: readonly (readonly [string, string, (size: number) => Buffer])[] = [
    ["is never answered", "directory.unreachable", () => Buffer.alloc(0)],
    ["is answered with what is no LDAP", "directory.unreachable", () => Buffer.from("HTTP/1.1 200 OK\r\n\r\n")],
    [
      "is answered without an end",
      "directory.refused",
      (size) => Buffer.concat([Buffer.from("30847fffffff", "hex"), Buffer.alloc(size)]),
    ],
  ];
  for (const [what, expected, answer] of speaking) {
    it(`one whose search ${what}`, async () => {
      const { chainPem: cert, keyPem: key } = directoryLeaf;
      const server = createTlsServer({ cert, key }, (socket) => {
        socket.on("error", () => {});
        socket.once("data", () => socket.write(answer(1_100_000)));
      });
      const code = await withServer(server, (port) => refusalOf(locate(lookupOf(port), { limits: { search: 2_000 } })));
      assert.equal(code, expected);
    });
  }
});

interface Printed {
  readonly verdict: string;
  readonly kerberos: { readonly spn: string };
  readonly directory: { readonly host: string; readonly port: number; readonly key: string };
  readonly service: unknown;
}

/** The JSON that a command prints. */
async function printed(command: (io: CommandIo) => Promise<number>): Promise<Printed> {
  let text = "";
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  assert.equal(await command({ stdin: new PassThrough(), stdout, stderr: stdout }), 0);
  return JSON.parse(text) as Printed;
}

async function withServer(server: Server, use: (port: number) => Promise<Refusal>): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return (await use((server.address() as { readonly port: number }).port)).code;
  } finally {
    server.close();
  }
}

async function withDirectory(options: Omit<DirectoryOptions, "certificate">, use: (port: number) => Promise<Refusal>) {
  const directory = await startDirectory({ certificate: directoryLeaf, ...options });
  try {
    return { refusal: await use(directory.port) };
  } finally {
    await directory.stop();
  }
}

describe("a site whose service a directory names", () => {
  const SERVICE = `HTTP/${APP}`;
  let kdc: Kdc;
  let apache: Apache;
  let directory: Directory;
  before(async () => {
    kdc = await startRealm({ services: [SERVICE] });
    apache = await startApache({ certificate: leaf, keytab: kdc.keytab([SERVICE]), env: kdc.env, mode: "connection" });
    directory = await startDirectory({
      certificate: directoryLeaf,
      entries: {
        ...object("portal", { serviceBindingInformation: `${APP}:${apache.port}` }),
        ...object("moved", { serviceDNSName: "app8.corp.example", serviceBindingInformation: String(apache.port) }),
      },
    });
  });
  after(async () => {
    await directory.stop();
    await apache.stop();
    await kdc.stop();
  });

  const server = (keyword: string, pins = [leaf.pin]) => ({
    pins,
    anchors: [],
    scp: {
      directory: `ldaps://${DIRECTORY_HOST}:${directory.port}`,
      addresses: ["127.0.0.1"],
      pins: [directoryLeaf.pin],
      anchors: [],
      base: SERVICES,
      keywords: [keyword],
      realm: REALM,
      port: false,
    },
  });
  /** The site's own port is another than the service's: the page never learns of it. */
  const SITE_PORT = 8443;
  const through = <T>(
    site: ReturnType<typeof server>,
    use: (portal: Awaited<ReturnType<typeof startPortal>>) => Promise<T>,
  ) =>
    withGss({ ...kdc.env, KRB5CCNAME: kdc.login("ada") }, async (gss) => {
      const portal = await startPortal(gss, SITE_PORT, { server: site });
      try {
        return await use(portal);
      } finally {
        await portal.close();
      }
    });

  it("is reached at the place and by the name that the directory says, under the site's own address", async () => {
    await through(server("portal"), async (portal) => {
      const { status, body } = await portal.fetch({});
      assert.equal(status, 200);
      assert.match(body, /Corporate portal/);
      const [channel] = portal.channels;
      const entry = channel?.evidence.find(
        (record): record is DirectoryEntryEvidence => record.kind === "directory.entry",
      );
      assert.equal(entry?.principal, `${SERVICE}@${REALM}`);
      assert.equal(channel?.expectation.host, HOST);
      assert.match(JSON.stringify(channel?.verdict.goals), /The directory ldaps:\/\/dc\.corp\.example/);
      assert.ok(apache.requests().some(({ user }) => user === "ada@CORP.EXAMPLE"));
    });
  });

  it("is checked and explained by `check`, and its ticket had by `ticket`", async () => {
    await withGss({ ...kdc.env, KRB5CCNAME: kdc.login("ada") }, async (gss) => {
      const folder = mkdtempSync(join(tmpdir(), "countersign-scp-"));
      try {
        const profile = join(folder, "profile.json");
        writeFileSync(profile, JSON.stringify(profileOf(server("portal"))), { mode: 0o600 });
        const url = `https://${HOST}:${SITE_PORT}/`;
        const parts = { ...commandParts(), gss };
        const checked = await printed((io) =>
          check({ kind: "check", url, profile, json: true, explain: false }, io, parts),
        );
        assert.equal(checked.verdict, "authenticated");
        assert.equal(checked.kerberos.spn, `${SERVICE}@${REALM}`);
        assert.deepEqual(
          [checked.directory.host, checked.directory.port, checked.directory.key],
          [APP, apache.port, directoryLeaf.pin],
        );
        const had = await printed((io) => ticket({ kind: "ticket", url, profile, json: true }, io, parts));
        assert.deepEqual(had.service, { principal: `${SERVICE}@${REALM}`, ticket: "granted" });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });

  const profileOf = (site: ReturnType<typeof server>) => ({
    version: 1,
    serial: 1,
    organization: "Example Corp",
    sites: [
      {
        id: "portal",
        name: "Portal",
        origins: [`https://${HOST}:${SITE_PORT}`],
        addresses: ["127.0.0.1"],
        server: { pins: site.pins, scp: { ...site.scp, anchors: undefined } },
        client: { method: "kerberos" },
      },
    ],
  });

  it("is refused when the name that the directory says is nobody's", async () => {
    await through(server("moved"), async (portal) => {
      const known = apache.requests().length;
      const outcome = await portal.gateway.prove(`https://${portal.authority}`);
      assert.equal(outcome.kind === "refused" && outcome.refusal.code, "server.spn-unknown");
      assert.equal(apache.requests().length, known);
    });
  });

  it("is refused behind another key than the profile's, whatever the directory says", async () => {
    await through(server("portal", [otherLeaf.pin]), async (portal) => {
      const outcome = await portal.gateway.prove(`https://${portal.authority}`);
      assert.equal(outcome.kind === "refused" && outcome.refusal.code, "server.pin-mismatch");
    });
  });
});
