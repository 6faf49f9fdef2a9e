import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { certificateAuthenticator } from "../../app/auth/certificate.ts";
import type { Channel } from "../../app/auth/channel.ts";
import { createOpener } from "../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../app/auth/server-certificate.ts";
import type { TlsProtocol } from "../../app/core/evidence.ts";
import type { Expectation } from "../../app/core/expectation.ts";
import { Refusal } from "../../app/core/refusal.ts";
import { createDialer } from "../../app/gateway/dialer.ts";
import { only, PROTOCOLS } from "../realm/impostors/stage.ts";
import { keystoreWith } from "../realm/keystore.ts";
import { CLIENT_ISSUER, HOST, makeScene } from "../realm/scene.ts";
import { startTlsServer } from "../realm/servers.ts";

/** One change to what the server sends, at an offset of its stream. */
interface Edit {
  readonly at: number;
  readonly kind: "flip" | "drop" | "insert" | "repeat" | "cut";
  readonly value: number;
}

function apply(octets: Buffer, at: number, { kind, value }: Edit): Buffer {
  const [before, after] = [octets.subarray(0, at), octets.subarray(at)];
  switch (kind) {
    case "flip":
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << (value & 7))]), after.subarray(1)]);
    case "drop":
      return Buffer.concat([before, after.subarray(1 + (value & 15))]);
    case "insert":
      return Buffer.concat([before, Buffer.from([value]), after]);
    case "repeat":
      return Buffer.concat([before, after.subarray(0, 16), after]);
    case "cut":
      return before;
  }
}

const HEADER = 5;

/**
 * What a TLS stream says: the version in its record headers is to be ignored (RFC 8446 §5.1), and so is TLS 1.3's
 * ChangeCipherSpec (§5). A rest that is no whole record says nothing.
 */
function meaning(stream: Buffer, protocol: TlsProtocol): string {
  const said: string[] = [];
  let at = 0;
  while (stream.length >= at + HEADER) {
    const end = at + HEADER + stream.readUInt16BE(at + 3);
    const type = stream.readUInt8(at);
    const dummy = protocol === "TLSv1.3" && type === 20 && stream.subarray(at + HEADER, end).equals(Buffer.from([1]));
    if (stream.length >= end && !dummy) said.push(`${type} ${stream.toString("hex", at + HEADER, end)}`);
    at = end;
  }
  return said.join("\n");
}

interface Relay {
  readonly port: number;
  /** Whether the edit has changed what the server said so far. */
  edited(): boolean;
  stop(): Promise<void>;
}

/** A machine in the middle that makes one edit. */
async function startRelay(port: number, protocol: TlsProtocol, edit: Edit | undefined): Promise<Relay> {
  const sockets = new Set<Socket>();
  let done = false;
  const streams = { original: Buffer.alloc(0), changed: Buffer.alloc(0) };
  const listener = createServer((client) => {
    const server = connect({ port, host: "127.0.0.1" });
    let offset = 0;
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        server.destroy();
      });
    }
    client.on("data", (octets: Buffer) => {
      server.write(octets);
    });
    server.on("data", (octets: Buffer) => {
      const here = edit !== undefined && !done && edit.at < offset + octets.length;
      const changed = here ? apply(octets, edit.at - offset, edit) : octets;
      done ||= here;
      streams.original = Buffer.concat([streams.original, octets]);
      streams.changed = Buffer.concat([streams.changed, changed]);
      offset += octets.length;
      client.write(changed);
      if (here && edit.kind === "cut") client.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    edited: () => meaning(streams.original, protocol) !== meaning(streams.changed, protocol),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

const scene = makeScene();
// An edit of a length makes either side wait for octets that never come: the limits must end that too.
const LIMITS = { open: 60_000, dial: 30_000, handshake: 400, judge: 30_000, probe: 400 };
const opener = createOpener({
  dialer: createDialer(),
  authenticators: [
    serverCertificateAuthenticator(),
    certificateAuthenticator({ keystore: keystoreWith(scene.identity) }),
  ],
  clock: Date.now,
  limits: LIMITS,
});

const expectation = (port: number): Expectation => ({
  site: "bank",
  origin: `https://${HOST}:${port}`,
  host: HOST,
  port,
  addresses: ["127.0.0.1"],
  role: "site",
  server: {
    pins: [scene.genuine.pin],
    anchors: [{ pem: scene.root.certificatePem, fingerprint: scene.root.fingerprint }],
  },
  client: { method: "certificate", issuer: CLIENT_ISSUER, probe: "/" },
});

const edits = fc.record<Edit>({
  at: fc.integer({ min: 0, max: 1700 }),
  kind: fc.constantFrom("flip", "flip", "flip", "drop", "insert", "repeat", "cut"),
  value: fc.integer({ min: 0, max: 255 }),
});

for (const protocol of PROTOCOLS) {
  describe(`one change on the wire, ${protocol}`, async () => {
    const server = await startTlsServer({
      certificate: scene.genuine,
      clientAuthorityPem: scene.clientAuthority.certificatePem,
      tls: only(protocol),
    });
    after(() => server.stop());
    const port = "port" in server.backend ? server.backend.port : 0;

    async function attempt(edit: Edit | undefined): Promise<{ outcome: Channel | Refusal; relay: Relay }> {
      const relay = await startRelay(port, protocol, edit);
      try {
        const outcome = await opener.open(expectation(relay.port), new AbortController().signal);
        return { outcome, relay };
      } catch (error) {
        assert.ok(error instanceof Refusal, String(error));
        return { outcome: error, relay };
      }
    }

    it("none: the server is proved (control)", async () => {
      const { outcome, relay } = await attempt(undefined);
      assert.ok(!(outcome instanceof Refusal), String(outcome));
      outcome.destroy();
      await relay.stop();
    });

    it("any: there is no verdict, and a reason", async () => {
      await fc.assert(
        fc.asyncProperty(edits, async (edit) => {
          const before = server.application().length;
          const { outcome, relay } = await attempt(edit);
          try {
            if (!(outcome instanceof Refusal)) {
              outcome.destroy();
              assert.ok(!relay.edited(), "authenticated in spite of the edit");
            } else if (edit.at < 200) {
              // The ServerHello and what follows: no probe can have been sent.
              assert.equal(server.application().length, before);
            }
          } finally {
            await relay.stop();
          }
        }),
        { numRuns: 100 },
      );
    });
  });
}
