import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { endPointBinding, tlsServerEndPoint } from "../../../app/auth/end-point.ts";
import type { GssPort } from "../../../app/auth/gss/port.ts";
import { type Apache, startApache } from "../../realm/kerberos/apache.ts";
import type { Kdc } from "../../realm/kerberos/kdc.ts";
import { gssPort } from "../../support/gss.ts";
import {
  expectationOf,
  HOST,
  leaf,
  open,
  otherLeaf,
  PRINCIPAL,
  refusalOf,
  SERVICE,
  startPortal,
  startRealm,
} from "../../support/kerberos-scene.ts";

const PAGE = /Corporate portal/;
const ADA = "ada@CORP.EXAMPLE";

/** Answers that are no page, and a WebSocket behind the same authentication. */
const configuration = (echo: number) => `
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule proxy_wstunnel_module /usr/lib/apache2/modules/mod_proxy_wstunnel.so
Redirect 503 /broken
Redirect 302 /moved https://${HOST}/elsewhere
<Location /forbidden>
  AuthzSendForbiddenOnFailure On
  Require user eve@CORP.EXAMPLE
</Location>
ProxyPass /socket ws://127.0.0.1:${echo}/ upgrade=websocket
`;

describe("Kerberos with a real KDC and Apache", () => {
  let kdc: Kdc;
  let gss: GssPort;
  let http: Server;
  let sockets: WebSocketServer;
  before(async () => {
    kdc = await startRealm();
    gss = gssPort({ ...kdc.env, KRB5CCNAME: kdc.login("ada") });
    http = createServer();
    sockets = new WebSocketServer({ server: http });
    sockets.on("connection", (client) => client.on("message", (data, binary) => client.send(data, { binary })));
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
  });
  after(async () => {
    gss.dispose();
    for (const client of sockets.clients) client.terminate();
    http.close();
    await kdc.stop();
  });

  for (const mode of ["connection", "request", "session"] as const) {
    describe(`authentication by ${mode}`, () => {
      let apache: Apache;
      before(async () => {
        apache = await startApache({
          certificate: leaf,
          keytab: kdc.keytab([SERVICE]),
          env: kdc.env,
          mode,
          configuration: configuration((http.address() as AddressInfo).port),
        });
      });
      after(() => apache.stop());

      it("is a verdict with the evidence of both halves, bound to this channel's certificate", async () => {
        const channel = await open(gss, expectationOf(apache.port));
        assert.equal(channel.verdict.kind, "authenticated");
        const kinds = channel.evidence.map(({ kind }) => kind);
        const kerberos = ["kerberos.ticket", "kerberos.mutual", "kerberos.binding", "kerberos.accepted"];
        assert.deepEqual(kinds.slice(-4), kerberos);
        assert.ok(kinds.includes("server.pin"));
        for (const record of channel.evidence) {
          if (record.kind === "kerberos.ticket") assert.equal(record.initiator, ADA);
          if (record.kind === "kerberos.mutual") {
            assert.equal(record.principal, PRINCIPAL);
            assert.ok(record.flags.includes("mutual") && record.flags.includes("integrity"));
            assert.ok(!record.flags.includes("delegate"));
          }
          if (record.kind === "kerberos.binding") {
            assert.equal(record.endPoint, tlsServerEndPoint(leaf.der)?.toString("hex"));
            assert.equal(record.certificate, leaf.fingerprint);
          }
        }
        assert.equal(channel.guard !== undefined, mode !== "connection");
        channel.destroy();
      });

      it("the relay brings pages, and every answer has been verified", async () => {
        const portal = await startPortal(gss, apache.port);
        try {
          for (let count = 0; count < 3; count += 1) {
            const { status, body } = await portal.fetch({});
            assert.equal(status, 200);
            assert.match(body, PAGE);
          }
          assert.equal((await portal.fetch({ method: "HEAD" })).status, 200);
          const saved = await portal.fetch({ path: "/saved.html", method: "POST", body: "note=1" });
          assert.equal(saved.status, 200);
          assert.deepEqual(portal.refusals, []);
        } finally {
          await portal.close();
        }
        const { user, status } = apache.requests().at(-1) ?? {};
        assert.deepEqual([user, status], [ADA, 200]);
      });

      it("answers that are no page come through, where the server proves itself with them", async () => {
        const portal = await startPortal(gss, apache.port);
        try {
          assert.equal((await portal.fetch({ path: "/missing" })).status, 404);
          assert.equal((await portal.fetch({ path: "/forbidden" })).status, 403);
          // Apache redirects before it authenticates, and then has no token to give.
          assert.equal((await portal.fetch({ path: "/broken" })).status, mode === "connection" ? 503 : 502);
          assert.equal((await portal.fetch({})).status, 200);
        } finally {
          await portal.close();
        }
      });

      it("the session's cookie does not replace the proof", async () => {
        const portal = await startPortal(gss, apache.port);
        try {
          const { headers } = await portal.fetch({});
          const cookie = (headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
          assert.equal(cookie !== "", mode === "session");
          const again = await portal.fetch({ headers: cookie === "" ? {} : { cookie } });
          assert.equal(again.status, 200);
          assert.deepEqual(portal.refusals, []);
        } finally {
          await portal.close();
        }
      });

      it("a page's own Authorization does not reach a server that takes tokens", async () => {
        const portal = await startPortal(gss, apache.port);
        try {
          const { status } = await portal.fetch({ headers: { authorization: "Negotiate YWFh" } });
          assert.equal(status, mode === "connection" ? 401 : 200);
        } finally {
          await portal.close();
        }
      });

      it("requests at the same time each have their own proof", async () => {
        const portal = await startPortal(gss, apache.port);
        try {
          const answers = await Promise.all(Array.from({ length: 12 }, () => portal.fetch({})));
          assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
        } finally {
          await portal.close();
        }
      });

      it("a WebSocket passes only where the server proves itself for it, too", async () => {
        const portal = await startPortal(gss, apache.port);
        try {
          const socket = await portal.page();
          const client = new WebSocket(`ws://${HOST}:${apache.port}/socket`, { createConnection: () => socket });
          const opened = await new Promise<boolean>((resolve) => {
            client.once("open", () => resolve(true));
            client.once("error", () => resolve(false));
          });
          // Apache's proxy sends the 101 without the token that mod_auth_gssapi made.
          assert.equal(opened, mode === "connection");
          if (opened) {
            client.send("through both");
            const [echoed] = await once(client, "message");
            assert.equal(String(echoed), "through both");
          } else {
            assert.deepEqual(
              portal.refusals.map(({ code }) => code),
              ["server.no-mutual-token"],
            );
          }
          client.terminate();
        } finally {
          await portal.close();
        }
      });
    });
  }

  it("another key than the pinned one gets no token", async () => {
    const apache = await startApache({
      certificate: otherLeaf,
      keytab: kdc.keytab([SERVICE]),
      env: kdc.env,
      mode: "request",
    });
    try {
      const refusal = await refusalOf(open(gss, expectationOf(apache.port)));
      assert.equal(refusal.code, "server.pin-mismatch");
      assert.deepEqual(apache.requests(), []);
    } finally {
      await apache.stop();
    }
  });
});

describe("channel binding data", () => {
  it("is what RFC 5929 says", () => {
    const endPoint = tlsServerEndPoint(leaf.der);
    assert.ok(endPoint);
    assert.equal(endPointBinding(endPoint).length, 21 + 32);
  });
});
