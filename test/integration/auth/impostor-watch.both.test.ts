import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createImpostorWatch, type ProvedServer } from "../../../app/auth/impostor-watch.ts";
import { createOpener } from "../../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../../app/auth/server-certificate.ts";
import type { Pin, TlsProtocol } from "../../../app/core/evidence.ts";
import type { Expectation, ServerExpectation } from "../../../app/core/expectation.ts";
import { type Impostor, type ImpostorMemory, impostorSchema, withSighting } from "../../../app/core/impostor.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import type { Certificate, CertificateOptions } from "../../realm/certificates.ts";
import { type Realm, startRealm } from "../../realm/realm.ts";
import { HOST } from "../../realm/scene.ts";
import { GENEROUS, refusalOf, Stage } from "./stage.ts";

const OTHER = "portal.example";
const stage = new Stage();
const { scene } = stage;
/** Servers of a plain Node, which can be made to sign with a key that they do not have. */
let realm: Realm;
before(async () => {
  realm = await startRealm();
});
after(async () => {
  await realm.close();
  await stage.close();
});

function memory(): ImpostorMemory & { readonly entries: ReadonlyMap<Pin, Impostor> } {
  const entries = new Map<Pin, Impostor>();
  return {
    entries,
    known: (key) => entries.get(key),
    remember: (sighting) => void entries.set(sighting.key, withSighting(entries.get(sighting.key), sighting)),
  };
}

const pinned = (...certificates: readonly Certificate[]): ServerExpectation => ({
  pins: certificates.map(({ pin }) => pin),
  anchors: [],
});
const anchored = (): ServerExpectation => ({
  pins: [],
  anchors: [{ pem: scene.root.certificatePem, fingerprint: scene.root.fingerprint }],
  service: { principal: "HTTP/portal.example@EXAMPLE", binding: "unknown" },
});
const byNameAlone: ServerExpectation = {
  pins: [],
  anchors: [],
  service: { principal: "HTTP/portal.example@EXAMPLE", binding: "enforced" },
};

function expecting(host: string, port: number, server: ServerExpectation): Expectation {
  return {
    site: host === HOST ? "bank" : "portal",
    origin: `https://${host}:${port}`,
    host,
    port,
    role: "site",
    server,
    client: { method: "form" },
  };
}

/** A client of its own memory; `listed` is what its profile says. */
function client(listed: readonly Expectation[] = [], known = memory()) {
  const opener = createOpener({
    dialer: stage.dialer,
    authenticators: [serverCertificateAuthenticator()],
    clock: Date.now,
    limits: GENEROUS,
    impostors: createImpostorWatch({ memory: known, listed: () => listed }),
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
  return { known, attempt, opener };
}

const stranger = (names: readonly string[], options: CertificateOptions = {}): Certificate =>
  scene.strangeRoot.issue({ names: { dns: [...names] }, ...options });

for (const protocol of ["TLSv1.2", "TLSv1.3"] as const satisfies readonly TlsProtocol[]) {
  const serve = (certificate: Pick<Certificate, "chainPem" | "keyPem">) =>
    stage.serve({ certificate, tls: { minVersion: protocol, maxVersion: protocol } });

  describe(`impostors, ${protocol}`, () => {
    it("right name, wrong key: the key is remembered with its evidence and the address", async () => {
      const certificate = stranger([HOST]);
      const server = await serve(certificate);
      const { known, attempt } = client();
      assert.equal(await attempt(expecting(HOST, server.port, pinned(scene.genuine))), "server.pin-mismatch");
      const [entry, ...others] = known.entries.values();
      assert.deepEqual(others, []);
      assert.equal(entry?.key, certificate.pin);
      assert.deepEqual(
        entry?.appearances.map(({ site, origin, address, code }) => ({ site, origin, address, code })),
        [{ site: "bank", origin: `https://${HOST}:${server.port}`, address: "127.0.0.1", code: "server.pin-mismatch" }],
      );
      assert.equal(entry?.evidence.message, protocol === "TLSv1.3" ? "CertificateVerify" : "ServerKeyExchange");
      assert.equal(entry?.evidence.certificate.fingerprint, certificate.fingerprint);
      assert.deepEqual(impostorSchema.parse(JSON.parse(JSON.stringify(entry))), entry, "it can be written and read");
    });

    it("the same key again, under any name: refused at once, before our second flight", async () => {
      const key = stranger([HOST]).key;
      const first = await serve(stranger([HOST], { key }));
      const second = await serve(stranger([OTHER], { key }));
      const known = memory();
      const to = expecting(HOST, first.port, pinned(scene.genuine));
      const { attempt } = client([], known);
      assert.equal(await attempt(to), "server.pin-mismatch");
      assert.equal(await attempt(to), "server.known-impostor");
      // Another day: the same memory, and nothing that says that the network is to blame.
      assert.equal(
        await client([], known).attempt(expecting(OTHER, second.port, pinned(scene.genuine))),
        "server.known-impostor",
      );
      assert.equal(
        await client([], known).attempt(expecting(OTHER, second.port, byNameAlone)),
        "server.known-impostor",
      );
      for (const server of [first, second]) {
        assert.deepEqual(server.application(), []);
        assert.deepEqual(server.clientCertificates(), []);
      }
      const [entry] = known.entries.values();
      assert.equal(entry?.times, 4);
      assert.deepEqual(new Set(entry?.appearances.map(({ site }) => site)), new Set(["bank", "portal"]));
    });

    it("a server that only its name recognises passes the watch where its key is not flagged (control)", async () => {
      const server = await serve(stranger([OTHER]));
      const code = await client().attempt(expecting(OTHER, server.port, byNameAlone));
      assert.notEqual(code, "server.known-impostor");
    });

    it("the genuine certificate without its key: the genuine key is not flagged", async () => {
      const { port } = await realm.start(`genuine-without-key-${protocol === "TLSv1.3" ? "tls13" : "tls12"}`);
      const { known, attempt } = client();
      // Another key is pinned, so that the certificate shown would be a wrong one, were it only believed.
      assert.equal(await attempt(expecting(HOST, port, pinned(scene.genuine))), "server.possession");
      assert.equal(known.entries.size, 0);
    });

    it("led to the genuine server of another site: that site's key is not flagged", async () => {
      const shared = scene.leaf({ names: { dns: [HOST, OTHER] } });
      const server = await serve(shared);
      for (const server2 of [pinned(shared), anchored(), byNameAlone]) {
        const portal = expecting(OTHER, server.port, server2);
        const { known, attempt } = client([portal]);
        assert.equal(await attempt(expecting(HOST, server.port, pinned(scene.genuine))), "server.pin-mismatch");
        assert.equal(known.entries.size, 0);
      }
    });

    it("a pinned key is not flagged, whatever the certificate it comes in", async () => {
      const shared = stranger([HOST]);
      const server = await serve(shared);
      const { known, attempt } = client([expecting(OTHER, 443, pinned(shared))]);
      assert.equal(await attempt(expecting(HOST, server.port, pinned(scene.genuine))), "server.pin-mismatch");
      assert.equal(known.entries.size, 0);
    });

    it("a flagged key that the profile vouches for opens: by pin, and by anchor", async () => {
      const renewed = scene.leaf({ names: { dns: [HOST] } });
      const server = await serve(renewed);
      const { known, attempt, opener } = client();
      assert.equal(await attempt(expecting(HOST, server.port, pinned(scene.genuine))), "server.pin-mismatch");
      assert.equal(known.entries.size, 1);
      assert.equal(await attempt(expecting(HOST, server.port, pinned(renewed))), "authenticated");
      const refusal = await refusalOf(
        opener.open(expecting(HOST, server.port, anchored()), new AbortController().signal),
      );
      assert.ok(!refusal.code.startsWith("server."), `${refusal.code}: the server itself was in order`);
    });

    it("another name, or a certificate out of date: nothing is learned", async () => {
      const { known, attempt } = client();
      const elsewhere = await serve(stranger(["elsewhere.example"]));
      const to = (port: number) => expecting(HOST, port, pinned(scene.genuine));
      assert.equal(await attempt(to(elsewhere.port)), "server.name-mismatch");
      const past = new Date(Date.now() - 86_400_000);
      const expired = await serve(
        stranger([HOST], { notBefore: new Date(past.getTime() - 86_400_000), notAfter: past }),
      );
      assert.equal(await attempt(to(expired.port)), "server.expired");
      assert.equal(known.entries.size, 0);
    });
  });
}

describe("the certificate that the library verified", () => {
  const certificate = stranger([HOST]);
  const to = { ...expecting(HOST, 443, pinned(scene.genuine)), channel: "ch0" };
  const server = (verified: Buffer | undefined): ProvedServer => ({
    flight: {
      protocol: "TLSv1.3",
      cipher: "TLS_AES_256_GCM_SHA384",
      certificates: [certificate.der],
      certificateRequested: false,
      transcript: "0".repeat(64),
    },
    verified,
    to,
    address: undefined,
    now: Date.now(),
  });
  const mismatch = new Refusal("server.pin-mismatch", { fault: "another key" });

  for (const [what, verified, size] of [
    ["is the one of the flight: the key is flagged (control)", certificate.der, 1],
    ["is another one: no key is flagged", scene.genuine.der, 0],
    ["is not known: no key is flagged", undefined, 0],
  ] as const) {
    it(what, () => {
      const known = memory();
      const watch = createImpostorWatch({ memory: known, listed: () => [] });
      assert.equal(watch.refused(server(verified), mismatch).code, "server.pin-mismatch");
      assert.equal(known.entries.size, size);
    });
  }
});
