import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { describe, it } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { certificateAuthenticator } from "../../app/auth/certificate.ts";
import type { Channel } from "../../app/auth/channel.ts";
import { createOpener } from "../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../app/auth/server-certificate.ts";
import type { Site } from "../../app/core/profile.ts";
import { createDialer } from "../../app/gateway/dialer.ts";
import type { SiteGateway } from "../../app/gateway/gateway.ts";
import { createSiteGateway } from "../../app/gateway/site-gateway.ts";
import type { Row, StartedServer } from "../realm/impostors/row.ts";
import { impostors } from "../realm/impostors.ts";
import { keystoreWith } from "../realm/keystore.ts";
import { receivedTooMuch } from "../realm/received.ts";
import { startRecorder } from "../realm/recorder.ts";
import { CLIENT_ISSUER, HOST, makeScene } from "../realm/scene.ts";
import { OK, startTlsServer } from "../realm/servers.ts";
import { connectThrough, readAll, readHead } from "../support/gateway-scene.ts";

const scene = makeScene();
const LIMITS = { open: 60_000, dial: 30_000, handshake: 30_000, judge: 30_000, probe: 30_000 };

const fingerprintOf = (pem: string): string =>
  new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();

function siteOf({ port, server }: Pick<StartedServer, "port" | "server">, more: Partial<Site> = {}): Site {
  return {
    id: "bank",
    name: "Online banking",
    origins: [`https://${HOST}:${port}`],
    addresses: ["127.0.0.1"],
    server: {
      pins: [...server.pins],
      anchors: server.anchors.map((pem) => ({ pem, fingerprint: fingerprintOf(pem) })),
    },
    client: { method: "certificate", issuer: CLIENT_ISSUER, probe: "/" },
    subresources: [],
    ...more,
  };
}

async function gatewayFor(site: Site): Promise<SiteGateway> {
  const keystore = keystoreWith(scene.identity);
  const opener = createOpener({
    dialer: createDialer(),
    authenticators: [serverCertificateAuthenticator(), certificateAuthenticator({ keystore })],
    clock: Date.now,
    limits: LIMITS,
  });
  const profile = {
    version: 1,
    serial: 1,
    organization: "Example Bank",
    sites: [site],
    hostile: [],
    unlisted: "refuse",
  } as const;
  return await createSiteGateway({ profile: { ...profile, sites: [site] }, site, opener });
}

/** The page's TLS inside a tunnel that was opened. */
async function pageThrough(gateway: SiteGateway, authority: string): Promise<TLSSocket> {
  const { socket, status } = await connectThrough(gateway, authority);
  assert.equal(status, 200);
  const page = connectTls({
    socket,
    ca: gateway.certificate,
    checkServerIdentity: () => undefined,
    ALPNProtocols: ["http/1.1"],
  });
  page.on("error", () => {});
  await once(page, "secureConnect");
  return page;
}

const login = (authority: string): string =>
  `POST /login HTTP/1.1\r\nHost: ${authority}\r\nCookie: session=s3cr3t\r\nContent-Length: 16\r\n\r\npassword=hunter2`;

const rowsThrough = [
  "other-key-tls12",
  "other-key-tls13",
  "expired-tls13",
  "name-wrong-tls13",
  "genuine-without-key-tls13",
  "never-asks-tls13",
  "rejects-by-alert-tls12",
  "rejects-by-alert-tls13",
  "nginx-400-tls13",
  "plain-http",
  "must-staple-missing-tls13",
];

const rowOf = (id: string): Row => {
  const row = impostors.find((one) => one.id === id);
  assert.ok(row, id);
  return row;
};

describe("impostors behind the gateway", () => {
  for (const id of rowsThrough) {
    it(`${id}: the tunnel is refused, and the page's bytes stay here`, async () => {
      const row = rowOf(id);
      const server = await row.start(scene);
      const gateway = await gatewayFor(siteOf(server));
      const authority = `${HOST}:${server.port}`;
      try {
        const { socket, status } = await connectThrough(gateway, authority);
        // A page that does not wait for the answer.
        socket.write(login(authority));
        assert.equal(status, 502);
        socket.destroy();
        assert.equal(gateway.refusalOf(authority)?.code, row.expect);
        const allowance = { mayReceive: row.mayReceive, opens: 1, host: authority, path: "/" };
        assert.equal(receivedTooMuch(await server.record(), allowance), undefined);
      } finally {
        await gateway.close();
        await server.stop();
      }
    });
  }

  it("nginx-genuine-tls13: the page is served (control)", async () => {
    const server = await rowOf("nginx-genuine-tls13").start(scene);
    const gateway = await gatewayFor(siteOf(server));
    const authority = `${HOST}:${server.port}`;
    try {
      const page = await pageThrough(gateway, authority);
      page.write(login(authority));
      const head = await readHead(page);
      assert.match(head, /^HTTP\/1\.1 303 /);
      assert.match(head, /\r\nSet-Cookie: session=/i);
      page.destroy();
      await gateway.close();
      const { application } = await server.record();
      assert.ok(
        application.some((text) => text.startsWith("POST /login HTTP/1.1") && text.includes("Cookie: session=s3cr3t")),
      );
    } finally {
      await gateway.close();
      await server.stop();
    }
  });
});

describe("a server that is swapped for an impostor while its page is open", () => {
  const options = { certificate: scene.genuine, clientAuthorityPem: scene.clientAuthority.certificatePem };
  const server = { pins: [scene.genuine.pin, scene.backup.pin], anchors: [scene.root.certificatePem] };

  it("sends the next form to nobody", async () => {
    const genuine = await startTlsServer(options);
    const impostor = await startTlsServer({
      ...options,
      certificate: scene.leaf(),
      answer: (socket) => socket.write(OK),
    });
    const atGenuine = await startRecorder(genuine.backend);
    const gateway = await gatewayFor(siteOf({ port: atGenuine.port, server }));
    const authority = `${HOST}:${atGenuine.port}`;
    const channels: Channel[] = [];
    gateway.on("authenticated", ({ channel }) => channels.push(channel));
    try {
      const page = await pageThrough(gateway, authority);
      page.write(`GET / HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
      assert.match(await readHead(page), /^HTTP\/1\.1 200 /);
      atGenuine.redirect(impostor.backend);
      await genuine.stop();
      await Promise.all(channels.map((channel) => channel.ended));
      page.write(login(authority));
      page.resume();
      const answer = page.destroyed ? "" : await readHead(page);
      assert.match(answer, /^(HTTP\/1\.1 502 |$)/);
      assert.equal(gateway.refusalOf(authority)?.code, "server.pin-mismatch");
      page.destroy();
      await gateway.close();
      await atGenuine.connections();
      assert.deepEqual(impostor.application(), []);
      assert.deepEqual(impostor.clientCertificates(), []);
    } finally {
      await gateway.close();
      await atGenuine.stop();
      await impostor.stop();
    }
  });

  it("gives parallel requests no channel to the impostor, while the first channel still serves", async () => {
    const slow: (() => void)[] = [];
    const genuine = await startTlsServer({
      ...options,
      answer: (socket, head) =>
        void (head.startsWith("GET /slow") ? slow.push(() => socket.write(OK)) : socket.write(OK)),
    });
    const impostor = await startTlsServer({
      ...options,
      certificate: scene.leaf(),
      answer: (socket) => socket.write(OK),
    });
    const recorder = await startRecorder(genuine.backend);
    const gateway = await gatewayFor(siteOf({ port: recorder.port, server }));
    const authority = `${HOST}:${recorder.port}`;
    try {
      const first = await pageThrough(gateway, authority);
      first.write(`GET /slow HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
      while (slow.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      recorder.redirect(impostor.backend);
      const second = await pageThrough(gateway, authority);
      second.write(login(authority));
      assert.match(await readHead(second), /^HTTP\/1\.1 502 /);
      second.destroy();
      assert.equal(gateway.refusalOf(authority)?.code, "server.pin-mismatch");
      slow[0]?.();
      assert.match(await readHead(first), /^HTTP\/1\.1 200 /);
      first.destroy();
      assert.deepEqual(impostor.application(), []);
      assert.deepEqual(impostor.clientCertificates(), []);
    } finally {
      await gateway.close();
      await recorder.stop();
      await impostor.stop();
      await genuine.stop();
    }
  });

  it("passes a redirect to the page, and opens no tunnel to where it leads", async () => {
    const impostor = await startTlsServer({
      ...options,
      certificate: scene.leaf(),
      answer: (socket) => socket.write(OK),
    });
    const before = await startRecorder(impostor.backend);
    const location = `https://${HOST}:${before.port}/login`;
    const genuine = await startTlsServer({
      ...options,
      answer: (socket) => socket.write(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`),
    });
    const recorder = await startRecorder(genuine.backend);
    const gateway = await gatewayFor(siteOf({ port: recorder.port, server }));
    const authority = `${HOST}:${recorder.port}`;
    try {
      const page = await pageThrough(gateway, authority);
      page.write(`GET / HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`);
      assert.ok((await readAll(page)).includes(`Location: ${location}`));
      const { status, socket } = await connectThrough(gateway, `${HOST}:${before.port}`);
      socket.destroy();
      assert.equal(status, 403);
      assert.equal((await before.connections()).length, 0);
    } finally {
      await gateway.close();
      for (const one of [recorder, before]) await one.stop();
      for (const one of [impostor, genuine]) await one.stop();
    }
  });
});

describe("a subresource that asks for a certificate", () => {
  it("gets none, though the site itself is shown one (control)", async () => {
    const cdnLeaf = scene.leaf({ names: { dns: ["cdn.example"] } });
    const clientAuthorityPem = scene.clientAuthority.certificatePem;
    const answer = (socket: TLSSocket): void => void socket.write(OK);
    const bank = await startTlsServer({ certificate: scene.genuine, clientAuthorityPem });
    const cdn = await startTlsServer({ certificate: cdnLeaf, clientAuthorityPem, answer });
    const atBank = await startRecorder(bank.backend);
    const atCdn = await startRecorder(cdn.backend);
    const anchor = { pem: scene.root.certificatePem, fingerprint: scene.root.fingerprint };
    const site = siteOf(
      { port: atBank.port, server: { pins: [scene.genuine.pin], anchors: [scene.root.certificatePem] } },
      {
        subresources: [
          {
            origin: `https://cdn.example:${atCdn.port}`,
            addresses: ["127.0.0.1"],
            server: { pins: [cdnLeaf.pin], anchors: [anchor] },
            query: false,
          },
        ],
      },
    );
    const gateway = await gatewayFor(site);
    try {
      for (const authority of [`${HOST}:${atBank.port}`, `cdn.example:${atCdn.port}`]) {
        const page = await pageThrough(gateway, authority);
        page.write(`GET /a.js HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
        assert.match(await readHead(page), /^HTTP\/1\.1 200 /, authority);
        page.destroy();
      }
      assert.deepEqual(bank.clientCertificates(), [scene.identity.fingerprint]);
      assert.deepEqual(cdn.clientCertificates(), []);
      assert.doesNotMatch(cdn.application().join(), /HEAD/, "no probe either");
    } finally {
      await gateway.close();
      for (const one of [atBank, atCdn]) await one.stop();
      for (const one of [bank, cdn]) await one.stop();
    }
  });
});
