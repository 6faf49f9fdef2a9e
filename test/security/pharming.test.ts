/** Names, networks and machines in between that lead elsewhere: real servers, the real dialer, the real opener. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, describe, it } from "node:test";
import { certificateAuthenticator } from "../../app/auth/certificate.ts";
import { createImpostorWatch } from "../../app/auth/impostor-watch.ts";
import { createOpener } from "../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../app/auth/server-certificate.ts";
import type { Expectation } from "../../app/core/expectation.ts";
import type { ImpostorMemory } from "../../app/core/impostor.ts";
import { Refusal } from "../../app/core/refusal.ts";
import { createDialer } from "../../app/gateway/dialer.ts";
import { type Certificate, makeAuthority } from "../realm/certificates.ts";
import { keystoreWith } from "../realm/keystore.ts";
import { receivedTooMuch } from "../realm/received.ts";
import { startRecorder } from "../realm/recorder.ts";
import { CLIENT_ISSUER, HOST, makeScene } from "../realm/scene.ts";
import { startTlsServer } from "../realm/servers.ts";

const LIMITS = { open: 60_000, dial: 30_000, handshake: 30_000, judge: 30_000, probe: 30_000 };
const PORTAL = "portal.example";
const scene = makeScene();
const running: { stop(): Promise<void> }[] = [];
after(() => Promise.all(running.map((one) => one.stop())));

const nothingLearned: ImpostorMemory = { known: () => undefined, remember: () => {} };

/** A client in a network whose name server gives `answers`. */
function clientIn(answers: (host: string) => readonly string[], listed: readonly Expectation[] = []) {
  const asked: string[] = [];
  const opener = createOpener({
    dialer: createDialer({
      resolve: async (host) => {
        asked.push(host);
        return answers(host);
      },
    }),
    authenticators: [
      serverCertificateAuthenticator(),
      certificateAuthenticator({ keystore: keystoreWith(scene.identity) }),
    ],
    clock: Date.now,
    limits: LIMITS,
    impostors: createImpostorWatch({ memory: nothingLearned, listed: () => listed }),
  });
  const attempt = async (to: Expectation): Promise<string> => {
    try {
      const channel = await opener.open(to, new AbortController().signal);
      channel.destroy();
      return channel.verdict.kind;
    } catch (error) {
      assert.ok(error instanceof Refusal, String(error));
      return error.code;
    }
  };
  return { asked, attempt };
}

function siteAt(port: number, change: Partial<Expectation> = {}): Expectation {
  const { host = HOST } = change;
  return {
    site: host,
    origin: `https://${host}:${port}`,
    host,
    port,
    role: "site",
    server: { pins: [scene.genuine.pin], anchors: [] },
    client: { method: "certificate", issuer: CLIENT_ISSUER, probe: "/" },
    ...change,
  };
}

async function serve(certificate: Certificate): Promise<{ port: number; record: () => Promise<string | undefined> }> {
  const server = await startTlsServer({ certificate, clientAuthorityPem: scene.clientAuthority.certificatePem });
  const recorder = await startRecorder(server.backend);
  running.push(recorder, server);
  const host = `${HOST}:${recorder.port}`;
  return {
    port: recorder.port,
    record: async () =>
      receivedTooMuch(
        {
          connections: await recorder.connections(),
          application: server.application(),
          clientCertificates: server.clientCertificates(),
          resumed: server.resumed(),
        },
        { mayReceive: "client-hello", opens: 1, host, path: "/" },
      ),
  };
}

describe("a name server that lies", () => {
  it("leads to the genuine server, which is believed for its key alone (control)", async () => {
    const { port } = await serve(scene.genuine);
    const { asked, attempt } = clientIn(() => ["127.0.0.1"]);
    assert.equal(await attempt(siteAt(port)), "authenticated");
    assert.deepEqual(asked, [HOST]);
  });

  it("leads to an impostor with a certificate in order: refused, and it gets the ClientHello alone", async () => {
    const { port, record } = await serve(scene.strangeRoot.issue({ names: { dns: [HOST] } }));
    assert.equal(await clientIn(() => ["127.0.0.1"]).attempt(siteAt(port)), "server.pin-mismatch");
    assert.equal(await record(), undefined);
  });

  it("is not even asked where the profile has addresses", async () => {
    const { port } = await serve(scene.genuine);
    const { asked, attempt } = clientIn(() => assert.fail("DNS was asked"));
    assert.equal(await attempt(siteAt(port, { addresses: ["127.0.0.1"] })), "authenticated");
    assert.deepEqual(asked, []);
  });
});

/** Whatever comes is answered with these words, as a port does that the network has turned to its own server. */
async function startPlain(answer: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  running.push({ stop: () => new Promise((resolve) => server.close(() => resolve())) });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("a network that keeps everything back", () => {
  const answers = {
    "511, as the standard has it": ["HTTP/1.1 511 Network Authentication Required", "network.captive-portal"],
    "a redirect to its page": ["HTTP/1.0 302 Found\r\nLocation: http://login.example/", "network.captive-portal"],
    "a redirect that keeps the method": ["HTTP/1.1 307 Temporary Redirect", "network.captive-portal"],
    "a page": ["HTTP/1.1 200 OK", "tls.not-tls"],
    "a complaint": ["HTTP/1.1 400 Bad Request", "tls.not-tls"],
    "another protocol": ["SSH-2.0-OpenSSH 302", "tls.not-tls"],
    "almost a status": ["HTTP/1.1 3022 Found", "tls.not-tls"],
  } as const;
  for (const [what, [answer, code]] of Object.entries(answers)) {
    it(`answers in place of the site with ${what}: ${code}`, async () => {
      const port = await startPlain(`${answer}\r\n\r\n`);
      assert.equal(await clientIn(() => ["127.0.0.1"]).attempt(siteAt(port)), code);
    });
  }
});

describe("something that answers in the place of every site", () => {
  const both = async (bank: Certificate, portal: Certificate, listed: readonly Expectation[] = []) => {
    const { attempt } = clientIn(() => ["127.0.0.1"], listed);
    const [first, second] = [await serve(bank), await serve(portal)];
    const codes = [
      await attempt(siteAt(first.port)),
      await attempt(siteAt(second.port, { host: PORTAL })),
      await attempt(siteAt(first.port)),
    ];
    assert.equal(await second.record(), undefined);
    return codes;
  };

  it("with the same certificate of its own: named from the second site on", async () => {
    const own = scene.strangeRoot.issue({ names: { dns: ["login.hotspot.example"] } });
    assert.deepEqual(await both(own, own), ["server.name-mismatch", "network.intercepted", "network.intercepted"]);
  });

  it("with certificates made for each name by an authority of its own: named, too", async () => {
    const inspector = makeAuthority({ subject: "CN=Inspection CA" });
    const made = (host: string): Certificate => {
      const leaf = inspector.issue({ names: { dns: [host] } });
      return { ...leaf, chainPem: leaf.certificatePem + inspector.certificatePem };
    };
    assert.deepEqual(await both(made(HOST), made(PORTAL)), [
      "server.pin-mismatch",
      "network.intercepted",
      "network.intercepted",
    ]);
  });

  it("two strangers with nothing in common are two strangers (control)", async () => {
    const stranger = (host: string) => makeAuthority({ subject: "CN=CA" }).issue({ names: { dns: [host] } });
    assert.deepEqual(await both(stranger(HOST), stranger(PORTAL)), [
      "server.pin-mismatch",
      "server.pin-mismatch",
      "server.pin-mismatch",
    ]);
  });

  it("certificates renewed by the organisation's own authority are no interception (control)", async () => {
    const renewed = (host: string) => scene.leaf({ names: { dns: [host] } });
    const anchors = [{ pem: scene.root.certificatePem, fingerprint: scene.root.fingerprint }];
    const listed = [siteAt(443, { server: { pins: [scene.genuine.pin], anchors } })];
    assert.deepEqual(await both(renewed(HOST), renewed(PORTAL), listed), [
      "server.pin-mismatch",
      "server.pin-mismatch",
      "server.pin-mismatch",
    ]);
  });

  it("an issuer's name alone proves nothing: it must have signed (control)", async () => {
    const own = (host: string): Certificate => {
      const leaf = makeAuthority({ subject: "CN=Inspection CA" }).issue({ names: { dns: [host] } });
      return { ...leaf, chainPem: leaf.certificatePem + bystander.certificatePem };
    };
    const bystander = makeAuthority({ subject: "CN=Inspection CA" });
    assert.deepEqual((await both(own(HOST), own(PORTAL)))[1], "server.pin-mismatch");
  });
});
