import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:https";
import { after, before, describe, it } from "node:test";
import { type Authority, CLIENT_LEAF, makeAuthority } from "../realm/certificates.ts";
import { type Nginx, startNginx } from "../realm/nginx.ts";

/** The genuine portal, as a bare Node client meets it: the ground that the other tests stand on. */
describe("nginx that demands client certificates", () => {
  const servers = makeAuthority({ subject: "CN=Server Root" });
  const clients: Authority = makeAuthority({ subject: "CN=Example Client CA" });
  const identity = clients.issue({ ...CLIENT_LEAF, subject: "CN=Ada Example" });
  const foreign = makeAuthority({ subject: "CN=Foreign CA" }).issue({ ...CLIENT_LEAF, subject: "CN=Mallory" });
  const certificate = servers.issue({ names: { dns: ["bank.example"] } });
  let nginx: Nginx;

  before(async () => {
    nginx = await startNginx({ certificate, clientAuthorityPem: clients.certificatePem });
  });
  after(() => nginx.stop());

  async function get(path: string, client?: { chainPem: string; keyPem: string }) {
    const call = request({
      port: nginx.port,
      host: "127.0.0.1",
      path,
      servername: "bank.example",
      ca: servers.certificatePem,
      agent: false,
      ...(client === undefined ? {} : { cert: client.chainPem, key: client.keyPem }),
    });
    call.end();
    const [response] = await once(call, "response");
    let body = "";
    for await (const chunk of response) {
      body += chunk;
    }
    return { status: response.statusCode as number, body, headers: response.headers };
  }

  it("serves a client with a certificate of the right authority", async () => {
    assert.match((await get("/", identity)).body, /<form method="post" action="\/login">/);
    assert.equal((await get("/whoami", identity)).body, "SUCCESS CN=Ada Example\n");
    const login = await get("/login", identity);
    assert.equal(login.status, 303);
    assert.match(String(login.headers["set-cookie"]), /^session=/);
  });

  it("answers 400 without a certificate and with a foreign one", async () => {
    assert.equal((await get("/")).status, 400);
    assert.equal((await get("/", foreign)).status, 400);
  });

  it("keeps a record of what it received", async () => {
    // nginx writes its log once an answer is complete, a moment after the client has it.
    for (let attempt = 0; attempt < 100 && nginx.requests().length < 5; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(
      nginx.requests().map((entry) => [entry.request, entry.status, entry.clientVerify.split(":")[0]]),
      [
        ["GET / HTTP/1.1", 200, "SUCCESS"],
        ["GET /whoami HTTP/1.1", 200, "SUCCESS"],
        ["GET /login HTTP/1.1", 303, "SUCCESS"],
        ["GET / HTTP/1.1", 400, "NONE"],
        ["GET / HTTP/1.1", 400, "FAILED"],
      ],
    );
  });
});
