import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, describe, it } from "node:test";
import { certificateAuthenticator } from "../../../app/auth/certificate.ts";
import { parseExtensions } from "../../../app/auth/handshake-messages.ts";
import { HeldConnection } from "../../../app/auth/held-connection.ts";
import { Octets } from "../../../app/auth/octets.ts";
import { SecureContexts } from "../../../app/auth/tls-policy.ts";
import { RecordReader } from "../../../app/auth/tls-records.ts";
import type { TlsProtocol } from "../../../app/core/evidence.ts";
import { keystoreWith } from "../../realm/keystore.ts";
import { CLIENT_ISSUER, HOST } from "../../realm/scene.ts";
import { startSServer } from "../../realm/servers.ts";
import { portOf, refusalOf, Stage } from "./stage.ts";
import { startWiretap, type Wiretap } from "./wiretap.ts";

const PROTOCOLS: readonly TlsProtocol[] = ["TLSv1.2", "TLSv1.3"];
const only = (protocol: TlsProtocol) => ({ minVersion: protocol, maxVersion: protocol });

const stage = new Stage();
after(() => stage.close());

async function tapped(port: number): Promise<Wiretap> {
  const wiretap = await startWiretap(port);
  stage.onClose(() => wiretap.stop());
  return wiretap;
}

/** The connection below everything else, with the user's identity on offer. */
async function hold(port: number, identity: { chainPem: string; keyPem: string } | undefined = stage.scene.identity) {
  const transport = connect(port, "127.0.0.1");
  await new Promise((resolve) => transport.once("connect", resolve));
  const keystore = keystoreWith(identity);
  const { credentials } = certificateAuthenticator({ keystore });
  const to = { ...stage.expectation(port), channel: "ch0" };
  const steps: string[] = [];
  const connection = new HeldConnection({
    transport,
    host: HOST,
    secureContext: new SecureContexts().for(await credentials?.(to, Date.now())),
    provesClient: true,
    step: (from, name) => steps.push(`${from} ${name}`),
  });
  stage.onClose(() => connection.destroy());
  return { connection, steps };
}

describe("the hold", () => {
  for (const protocol of PROTOCOLS) {
    it(`${protocol}: a server of another key never gets more, though it waits`, async () => {
      const server = await stage.serve({ tls: only(protocol), certificate: stage.scene.leaf() });
      const wiretap = await tapped(server.port);
      const refusal = await refusalOf(stage.open(wiretap.port));
      assert.equal(refusal.code, "server.pin-mismatch");
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(wiretap.connections(), 1);
      assert.equal(wiretap.hellosAlone(), 1);
      assert.deepEqual(server.clientCertificates(), []);
      assert.deepEqual(server.application(), []);
      assert.ok(stage.dialled.at(-1)?.destroyed);
    });

    it(`${protocol}: lasts as long as nobody releases it`, async () => {
      const server = await stage.serve({ tls: only(protocol) });
      const wiretap = await tapped(server.port);
      const { connection } = await hold(wiretap.port);
      const held = await connection.held();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(wiretap.hellosAlone(), 1);
      await connection.release(held);
      assert.equal(held.client.certificateVerify, true);
      assert.deepEqual(held.client.certificates[0], stage.scene.identity.der);
      while (server.clientCertificates().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(wiretap.hellosAlone(), undefined, "this record can see more than a ClientHello");
    });

    it(`${protocol}: ends when the library verified another certificate than was judged`, async () => {
      const server = await stage.serve({ tls: only(protocol) });
      const { connection } = await hold(server.port);
      const held = await connection.held();
      const judged = { ...held.server, certificates: [stage.scene.backup.der] };
      const refusal = await refusalOf(connection.release({ ...held, server: judged }));
      assert.equal(refusal.code, "server.possession");
    });

    it(`${protocol}: tells the steps in the standard's words`, async () => {
      const server = await stage.serve({ tls: only(protocol) });
      const { facts } = await stage.open(server.port);
      const names = facts.steps.map(({ from, name }) => `${from} ${name}`);
      const judged = names.indexOf("client judged the server");
      assert.ok(judged > names.indexOf("server CertificateRequest"));
      assert.ok(judged > names.indexOf("client CertificateVerify"), names.join());
      assert.equal(names[judged + 1], "client released second flight");
    });
  }
});

describe("what the hold must read", () => {
  const suites = [
    ["TLSv1.3", "TLS_AES_128_GCM_SHA256", ["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"]],
    ["TLSv1.3", "TLS_AES_256_GCM_SHA384", ["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"]],
    ["TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256", ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"]],
    ["TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"]],
    ["TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"]],
    [
      "TLSv1.2",
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      ["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"],
    ],
  ] as const;

  /** OpenSSL's server whatever runs this test; it insists on a certificate of the bank's user. */
  async function openssl(...words: readonly string[]) {
    const { genuine, clientAuthority } = stage.scene;
    const server = await startSServer({
      certificate: genuine,
      clientAuthorityPem: clientAuthority.certificatePem,
      words: ["-Verify", "2", "-verify_return_error", ...words],
    });
    stage.onClose(() => server.stop());
    return tapped(portOf(server));
  }

  for (const [protocol, cipher, words] of suites) {
    it(`both flights with ${cipher}`, async () => {
      const wiretap = await openssl(...words);
      const { connection } = await hold(wiretap.port);
      const held = await connection.held();
      assert.equal(wiretap.hellosAlone(), 1);
      assert.equal(held.server.protocol, protocol);
      assert.equal(held.server.cipher, cipher);
      assert.deepEqual(held.server.certificates[0], stage.scene.genuine.der);
      assert.deepEqual(held.client.certificates[0], stage.scene.identity.der);
      assert.equal(held.client.certificateVerify, true);
      await connection.release(held);
    });
  }

  for (const group of ["X25519", "P-256", "P-384", "P-521"]) {
    it(`a handshake on ${group}, with a second ClientHello where the server wants another group`, async () => {
      const wiretap = await openssl("-tls1_3", "-groups", group);
      const { connection, steps } = await hold(wiretap.port);
      const held = await connection.held();
      const retried = group !== "X25519";
      assert.equal(steps.includes("server HelloRetryRequest"), retried);
      assert.equal(wiretap.hellosAlone(), retried ? 2 : 1);
      await connection.release(held);
    });
  }

  it("a staple, in TLS 1.2 and 1.3", async () => {
    for (const protocol of PROTOCOLS) {
      const staple = Buffer.from("a staple that nobody judges here");
      const server = await stage.serve({ tls: only(protocol), staple });
      const { connection } = await hold(server.port);
      assert.deepEqual((await connection.held()).server.staple, staple);
    }
  });

  it("that a server asks for no certificate, and that none would go", async () => {
    for (const protocol of PROTOCOLS) {
      const server = await stage.serve({ tls: { ...only(protocol), requestCert: false } });
      const { connection } = await hold(server.port);
      const { server: flight, client } = await connection.held();
      assert.equal(flight.certificateRequested, false);
      assert.deepEqual(client, { certificates: [], certificateVerify: false });
    }
  });
});

describe("the ClientHello", () => {
  async function helloOf(): Promise<ReadonlyMap<number, Buffer>> {
    const server = await stage.serve();
    const wiretap = await tapped(server.port);
    const { connection } = await hold(wiretap.port);
    await connection.held();
    const [record] = new RecordReader().push(wiretap.sent());
    assert.ok(record);
    const hello = new Octets(record.fragment.subarray(4), "ClientHello");
    hello.take(2 + 32);
    hello.vector(1);
    hello.vector(2);
    hello.vector(1);
    return parseExtensions(hello.vector(2));
  }

  it("offers no resumption, no early data, no later authentication, and names host and HTTP/1.1", async () => {
    const extensions = await helloOf();
    const forbidden = { session_ticket: 35, pre_shared_key: 41, early_data: 42, cookie: 44, post_handshake_auth: 49 };
    for (const [name, type] of Object.entries(forbidden)) assert.equal(extensions.has(type), false, name);
    assert.ok(extensions.get(0)?.includes(HOST));
    assert.ok(extensions.get(16)?.includes("http/1.1"));
    assert.ok(extensions.has(5), "status_request");
    assert.equal(extensions.get(43)?.toString("hex"), "0403040303", "TLS 1.3 and 1.2");
    assert.ok(!extensions.get(16)?.includes("h2"));
  });

  it("is the first of a full handshake every time, whatever tickets the server gives", async () => {
    for (const protocol of PROTOCOLS) {
      const server = await stage.serve({ tls: only(protocol) });
      const opener = stage.opener();
      for (let count = 0; count < 3; count += 1) await stage.open(server.port, undefined, opener);
      assert.equal(server.resumed(), 0);
      assert.equal(server.clientCertificates().length, 3);
    }
  });
});

describe("an identity", () => {
  for (const method of ["form", "none"] as const) {
    it(`is never shown where the client's method is ${method}, even when the server asks`, async () => {
      for (const protocol of PROTOCOLS) {
        const server = await stage.serve({ tls: only(protocol) });
        const channel = await stage.open(server.port, { method });
        assert.equal(channel.facts.identity, undefined);
        assert.ok(channel.evidence.every(({ kind }) => !kind.startsWith("client.")));
        const answer = new Promise((resolve) => channel.request({ path: "/" }).once("response", resolve).end());
        await answer;
        assert.deepEqual(server.clientCertificates(), []);
      }
    });
  }

  it("that the keystore does not have lets nothing be dialled", async () => {
    const before = stage.dialled.length;
    const to = { method: "certificate", issuer: "CN=Somebody Else", probe: "/" } as const;
    const refusal = await refusalOf(stage.open(1, to));
    assert.equal(refusal.code, "client.no-identity");
    assert.equal(stage.dialled.length, before);
  });

  for (const protocol of PROTOCOLS) {
    it(`${protocol}: whose key cannot sign for this server is refused before anything leaves`, async () => {
      const certificate = stage.scene.leaf({ key: "rsa-2048" });
      const sigalgs = "rsa_pss_rsae_sha256:rsa_pkcs1_sha256";
      const server = await stage.serve({ certificate, tls: { ...only(protocol), sigalgs } });
      const wiretap = await tapped(server.port);
      const to = { ...stage.expectation(wiretap.port), server: { pins: [certificate.pin], anchors: [] } };
      const refusal = await refusalOf(stage.opener().open(to, new AbortController().signal));
      assert.equal(refusal.code, "client.identity-unsupported");
      assert.equal(wiretap.hellosAlone(), 1);
      assert.deepEqual(server.clientCertificates(), []);
      assert.deepEqual(server.application(), []);
    });
  }

  it("is chosen by the issuer of the profile", async () => {
    const server = await stage.serve();
    const channel = await stage.open(server.port);
    assert.equal(channel.facts.identity?.fingerprint, stage.scene.identity.fingerprint);
    assert.equal(channel.facts.identity?.issuer, CLIENT_ISSUER);
    const proof = channel.evidence.find(({ kind }) => kind === "client.proof");
    assert.ok(proof?.kind === "client.proof" && proof.identity === stage.scene.identity.fingerprint);
  });
});
