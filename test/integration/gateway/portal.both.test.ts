import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import { after, before, describe, it } from "node:test";
import { certificateAuthenticator } from "../../../app/auth/certificate.ts";
import { createOpener } from "../../../app/auth/opener.ts";
import { serverCertificateAuthenticator } from "../../../app/auth/server-certificate.ts";
import { createDialer } from "../../../app/gateway/dialer.ts";
import { type Certificate, CLIENT_LEAF } from "../../realm/certificates.ts";
import { keystoreWith } from "../../realm/keystore.ts";
import { type Nginx, startNginx } from "../../realm/nginx.ts";
import { makeScene } from "../../realm/scene.ts";
import { connectThrough, type GatewayScene, startGateway } from "../../support/gateway-scene.ts";

const realm = makeScene();

describe("a gateway in front of nginx that demands client certificates", () => {
  let nginx: Nginx;
  let scene: GatewayScene;
  before(async () => {
    nginx = await startNginx({
      certificate: realm.genuine,
      clientAuthorityPem: realm.clientAuthority.certificatePem,
      files: { "large.bin": Buffer.alloc(3_000_000, "x") },
    });
    scene = await gatewayWith(realm.identity);
  });
  after(async () => {
    await scene.close();
    await nginx.stop();
  });

  const gatewayWith = (identity: Certificate) =>
    startGateway({
      origin: { port: nginx.port, sockets: new Set(), close: async () => {} },
      site: {
        server: { pins: [realm.genuine.pin], anchors: [] },
        client: { method: "certificate", issuer: identity.issuer, probe: "/" },
      },
      opener: createOpener({
        dialer: createDialer(),
        authenticators: [
          serverCertificateAuthenticator(),
          certificateAuthenticator({ keystore: keystoreWith(identity) }),
        ],
        clock: Date.now,
      }),
    });

  const get = async (path: string): Promise<[status: number, body: Buffer]> => {
    const stream = (await scene.http2()).request({ ":path": path, cookie: "session=1" });
    const [head] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status": number }];
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    return [head[":status"], Buffer.concat(pieces)];
  };

  it("shows the portal's page, and nothing of the page leaves before the probe's answer", async () => {
    const [status, body] = await get("/");
    assert.equal(status, 200);
    assert.match(String(body), /Example Bank/);
    const [probe, page] = nginx.requests();
    assert.equal(probe?.request, "HEAD / HTTP/1.1");
    assert.equal(probe?.cookie, "");
    assert.equal(page?.request, "GET / HTTP/1.1");
    assert.equal(page?.cookie, "session=1");
    assert.equal(page?.connection, probe?.connection);
    assert.equal(page?.clientVerify, "SUCCESS");
  });

  it("carries larger files, errors and redirects of the portal", async () => {
    assert.equal((await get("/large.bin"))[1].length, 3_000_000);
    assert.equal((await get("/missing"))[0], 404);
    assert.equal(scene.channels.length, 1);
    assert.deepEqual(scene.refused, []);
  });

  it("refuses the tunnel with a foreign identity, and nothing but the probe has arrived", async () => {
    const foreign = await gatewayWith(
      realm.otherClientAuthority.issue({ ...CLIENT_LEAF, subject: "CN=Somebody Else" }),
    );
    const { status } = await connectThrough(foreign.gateway, foreign.authority);
    const refusal = foreign.gateway.refusalOf(foreign.authority);
    await foreign.close();
    assert.equal(status, 502);
    assert.equal(refusal?.code, "client.rejected");
    // nginx may still be writing down what came before, with the right identity.
    const strangers = nginx.requests().filter(({ clientVerify }) => clientVerify !== "SUCCESS");
    assert.ok(strangers.length > 0);
    assert.ok(strangers.every(({ request, status: answer }) => request.startsWith("HEAD ") && answer === 400));
  });
});
