import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { after, before, describe, it } from "node:test";
import type { Channel } from "../../../app/auth/channel.ts";
import type { GssPort } from "../../../app/auth/gss/port.ts";
import { check } from "../../../app/cli/check.ts";
import { commandParts } from "../../../app/cli/io.ts";
import type { Expectation, GssTransport } from "../../../app/core/expectation.ts";
import type { Site } from "../../../app/core/profile.ts";
import { SERVICES, startDirectory } from "../../realm/kerberos/directory.ts";
import type { Kdc } from "../../realm/kerberos/kdc.ts";
import {
  type SocketService,
  type SocketServiceOptions,
  startSocketService,
} from "../../realm/kerberos/socket-service.ts";
import { freePort } from "../../realm/ports.ts";
import { gssPort } from "../../support/gss.ts";
import { ask, authority, HOST, open, REALM, refusalOf, startPortal, startRealm } from "../../support/kerberos-scene.ts";

const SERVICE = `LEDGER/${HOST}`;
const PRINCIPAL = `${SERVICE}@${REALM}`;
const ADA = `ada@${REALM}`;

function expectationOf(port: number, protection: GssTransport["protection"] = "confidentiality"): Expectation {
  return {
    site: "ledger",
    origin: `https://${HOST}`,
    host: HOST,
    port: 443,
    place: { host: HOST, port },
    addresses: ["127.0.0.1"],
    role: "site",
    transport: { kind: "gss", protection },
    server: { pins: [], anchors: [], service: { principal: PRINCIPAL, binding: "unknown" } },
    client: { method: "kerberos", delegate: false, probe: "/" },
  };
}

describe("services without TLS", () => {
  let kdc: Kdc;
  let gss: GssPort;
  let keytab: string;
  before(async () => {
    kdc = await startRealm({ services: [SERVICE, "LEDGER/other.corp.example"] });
    keytab = kdc.keytab([SERVICE]);
    gss = gssPort({ ...kdc.env, KRB5CCNAME: kdc.login("ada", { forwardable: true }) });
  });
  after(async () => {
    gss.dispose();
    await kdc.stop();
  });

  const withService = async <T>(
    options: Partial<SocketServiceOptions>,
    use: (service: SocketService) => Promise<T>,
  ) => {
    const service = await startSocketService({ keytab, env: kdc.env, ...options });
    try {
      return await use(service);
    } finally {
      await service.stop();
      assert.deepEqual(service.broken(), []);
    }
  };

  const site = (service: SocketService, changes: Partial<Site> = {}): Partial<Site> => ({
    transport: "gss",
    servicePort: service.port,
    server: { pins: [], anchors: [], spn: { class: "LEDGER", realm: REALM, port: false } },
    ...changes,
  });

  it("is proved by its own token, and carries requests in both directions, large ones too", async () => {
    await withService({}, async (service) => {
      const channel = await open(gss, expectationOf(service.port));
      try {
        assert.deepEqual(await ask(channel, "/octets/5"), { status: 200, body: "xxxxx" });
        const { status, body } = await ask(channel, "/octets/3000000");
        assert.deepEqual([status, body.length, body.replaceAll("x", "")], [200, 3_000_000, ""]);
        assert.deepEqual(await post(channel, "y".repeat(1_000_000)), "y".repeat(1_000_000));
        assert.deepEqual(service.users(), [ADA]);
        assert.deepEqual([service.delegated(), service.signed()], [false, 0]);
        assert.deepEqual(
          service.requests().map(({ request }) => request),
          ["HEAD /", "GET /octets/5", "GET /octets/3000000", "POST /"],
        );
        const text = JSON.stringify(channel.verdict.goals);
        assert.match(text, /RFC 4120 §3\.2\.4, §5\.5\.2; RFC 4121 §2, §4\.2/);
        assert.deepEqual(
          channel.evidence.map(({ kind }) => kind),
          ["kerberos.ticket", "kerberos.mutual", "gss.protection", "kerberos.accepted"],
        );
        assert.ok(channel.verdict.lapsesAt <= Date.now() + 3_600_000, "the ticket's end limits the verdict");
      } finally {
        channel.destroy();
      }
    });
  });

  it("shows nothing of what passes to the network in between, which can only end it", async () => {
    await withService({}, async (service) => {
      const between = await startWire(service.port);
      try {
        const channel = await open(gss, expectationOf(between.port));
        await ask(channel, "/octets/1000");
        assert.doesNotMatch(between.seen(), /HTTP\/1|xxxx/);
        const ended = ask(channel, "/octets/7").catch((error: { readonly code?: string }) => error.code);
        between.inject(Buffer.from([0, 0, 0, 5, 1, 2, 3, 4, 5]));
        await ended;
        assert.equal((await channel.ended)?.code, "gss.sequence");
      } finally {
        between.stop();
      }
    });
  });

  it("appears to the page as the site's https origin", async () => {
    await withService({}, async (service) => {
      const portal = await startPortal(gss, 443 + 8_000, { site: site(service) });
      try {
        const { status, body } = await portal.fetch({});
        assert.equal(status, 200);
        assert.match(body, /Ledger/);
        assert.equal((await portal.fetch({ method: "POST", path: "/save", body: "note=1" })).body, "note=1");
        assert.equal(portal.channels[0]?.facts.wrapping, "confidentiality");
      } finally {
        await portal.close();
      }
    });
  });

  it("is checked by `check`, which says how messages are kept", async () => {
    await withService({}, async (service) => {
      const folder = mkdtempSync(join(tmpdir(), "countersign-gss-"));
      try {
        const profile = join(folder, "profile.json");
        const { servicePort } = site(service);
        const sites = [
          {
            id: "ledger",
            name: "Ledger",
            origins: [`https://${HOST}`],
            addresses: ["127.0.0.1"],
            transport: "gss",
            servicePort,
            server: { spn: { class: "LEDGER", realm: REALM } },
            client: { method: "kerberos" },
          },
        ];
        writeFileSync(profile, JSON.stringify({ version: 1, serial: 1, organization: "Corp", sites }), { mode: 0o600 });
        let text = "";
        const stdout = new Writable({
          write(chunk, _encoding, done) {
            text += chunk;
            done();
          },
        });
        const command = { kind: "check", url: `https://${HOST}/`, profile, json: false, explain: true } as const;
        const parts = { ...commandParts(), gss };
        assert.equal(await check(command, { stdin: new PassThrough(), stdout, stderr: stdout }, parts), 0);
        assert.match(text, /channel: GSSAPI, Kerberos 5; every message signed and encrypted/);
        assert.match(text, /\[assumed: RFC 4120 §3\.2\.4, §5\.5\.2; RFC 4121 §2, §4\.2\]/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });

  it("is found by its connection point", async () => {
    await withService({}, async (service) => {
      const leaf = authority.issue({ names: { dns: ["dc.corp.example"] } });
      const directory = await startDirectory({
        certificate: leaf,
        entries: {
          [`CN=ledger,${SERVICES}`]: {
            cn: "ledger",
            serviceClassName: "LEDGER",
            serviceDNSName: HOST,
            serviceDNSNameType: "A",
            serviceBindingInformation: `${HOST}:${service.port}`,
          },
        },
      });
      const scp = {
        directory: `ldaps://dc.corp.example:${directory.port}`,
        addresses: ["127.0.0.1"],
        pins: [leaf.pin],
        anchors: [],
        base: SERVICES,
        class: "LEDGER",
        realm: REALM,
        port: false,
      };
      const portal = await startPortal(gss, 8_443, {
        site: { transport: "gss", server: { pins: [], anchors: [], scp } },
      });
      try {
        assert.equal((await portal.fetch({})).status, 200);
        const [channel] = portal.channels;
        assert.equal(channel?.evidence[0]?.kind, "directory.entry");
        assert.match(JSON.stringify(channel?.verdict.goals), /profile: server\.scp/);
      } finally {
        await portal.close();
        await directory.stop();
      }
    });
  });

  it("may sign only where the profile says so, and what is not believed is said", async () => {
    await withService({ encrypts: false }, async (service) => {
      assert.equal((await refusalOf(open(gss, expectationOf(service.port)))).code, "gss.protection");
      const channel = await open(gss, expectationOf(service.port, "integrity"));
      assert.equal((await ask(channel)).status, 200);
      assert.match(channel.verdict.notRequired.map(({ sentence }) => sentence).join(), /nobody else can read/);
      channel.destroy();
    });
  });

  /** Faults of the service's tokens, and of the answer to the first request inside. Nothing of a page has been sent. */
  const impostors: readonly (readonly [string, string, string])[] = [
    ["no-key", "server.token-invalid", "an AP-REP that is made up"],
    ["echo-token", "server.token-invalid", "our own token"],
    ["flip-token", "server.token-invalid", "an AP-REP with one bit flipped"],
    ["cut-token", "gss.framing", "an AP-REP that is cut off"],
    ["empty-token", "gss.framing", "a token of no octets"],
    ["huge-token", "gss.framing", "a token beyond any limit"],
    ["web-server", "gss.framing", "a web server"],
    ["hang-up", "client.rejected", "the end of the connection instead of a token"],
    ["signed", "gss.protection", "a message that is signed only"],
    ["framed-plain", "gss.sequence", "a message that is not wrapped"],
    ["bare-plain", "gss.framing", "octets without a length"],
    ["replay", "gss.sequence", "a message twice"],
    ["out-of-order", "gss.sequence", "two messages in the wrong order"],
    ["gap", "gss.sequence", "a message after one that is missing"],
    ["flip", "gss.sequence", "a message with one bit flipped"],
    ["echo", "gss.sequence", "our own message"],
    ["mic", "gss.sequence", "a signature in place of a message"],
    ["cut", "gss.framing", "a message that is cut off"],
    ["cut-between", "network.closed", "an answer that is cut off between two messages"],
    ["empty", "gss.framing", "a message of no octets"],
    ["huge", "gss.framing", "a message beyond any limit"],
    ["forbidden", "client.rejected", "a service that does not let the user in"],
  ];
  for (const [fault, code, what] of impostors) {
    it(`${fault}: ${what} is ${code}`, async () => {
      await withService({ fault }, async (service) => {
        assert.equal((await refusalOf(open(gss, expectationOf(service.port)))).code, code);
        for (const { request, body } of service.requests()) assert.deepEqual([request, body], ["HEAD /", 0]);
      });
    });
  }

  it("another service's key: the token is for nobody there", async () => {
    await withService({ keytab: kdc.keytab(["LEDGER/other.corp.example"]) }, async (service) => {
      const { code } = await refusalOf(open(gss, expectationOf(service.port)));
      assert.match(code, /^(server\.keytab|client\.rejected)$/);
      assert.deepEqual([service.users(), service.requests()], [[], []]);
    });
  });

  it("nobody there, and a name that nobody has", async () => {
    assert.equal((await refusalOf(open(gss, expectationOf(await freePort())))).code, "network.unreachable");
    const to = expectationOf(await freePort());
    const service = { principal: `LEDGER/nobody.corp.example@${REALM}`, binding: "unknown" } as const;
    assert.equal((await refusalOf(open(gss, { ...to, server: { ...to.server, service } }))).code, "server.spn-unknown");
  });

  /** The same faults once a page is being served: the page gets an error, and the channel is gone. */
  const later: readonly (readonly [string, string])[] = [
    ["replay", "gss.sequence"],
    ["signed", "gss.protection"],
    ["framed-plain", "gss.sequence"],
    ["cut", "gss.framing"],
    ["cut-between", "network.closed"],
    ["until-close", "server.protocol"],
  ];
  for (const [fault, code] of later) {
    it(`${fault}, later: the page gets nothing of it, and the channel ends with ${code}`, async () => {
      await withService({ fault, after: 1 }, async (service) => {
        const portal = await startPortal(gss, 8_443, { site: site(service) });
        try {
          const outcome = await portal.fetch({ path: "/octets/1000" }).then(
            ({ status, body }) => [status, body.includes("x")],
            () => "reset",
          );
          // An answer whose head was good has begun: the page sees it break off.
          if (fault === "cut-between" || fault === "replay") assert.match(String(outcome), /^(reset|502,false)$/);
          else assert.deepEqual(outcome, [502, false]);
          assert.equal(portal.refusals.at(-1)?.code, code);
          assert.equal(portal.channels[0]?.alive, false);
        } finally {
          await portal.close();
        }
      });
    });
  }
});

async function post(channel: Channel, content: string): Promise<string> {
  const request = channel.request({ method: "POST", path: "/", headers: { "content-length": content.length } });
  request.end(content);
  const [answer] = await once(request, "response");
  let body = "";
  for await (const piece of answer) body += String(piece);
  return body;
}

/** Somebody between client and service: sees all, and may add to what the service says. */
async function startWire(port: number) {
  let seen = "";
  const sockets: Socket[] = [];
  const server = createTcpServer((client) => {
    const upstream = connectTcp({ port, host: "127.0.0.1" });
    sockets.push(client, upstream);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => {});
      one.on("data", (octets: Buffer) => {
        seen += octets.toString("latin1");
        other.write(octets);
      });
      one.once("close", () => other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { readonly port: number }).port,
    seen: () => seen,
    inject: (octets: Buffer) => sockets[0]?.write(octets),
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
