import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { connect } from "node:tls";
import { certificateRows } from "../realm/impostors/certificates.ts";
import { stapleRows } from "../realm/impostors/staples.ts";
import { type Realm, type RunningRow, startRealm } from "../realm/realm.ts";
import { receivedTooMuch } from "../realm/received.ts";

/**
 * The table's own control: a client that checks nothing hands its certificate and a cookie to every impostor, and each
 * record says so. Without this, a server that cannot be reached at all would pass for one that got nothing.
 */
describe("records of the impostors, with a client that checks nothing", () => {
  let realm: Realm;

  before(async () => {
    realm = await startRealm();
  });
  after(() => realm.close());

  async function login({ port, identity }: RunningRow): Promise<string> {
    const socket = connect({
      port,
      host: "127.0.0.1",
      servername: "bank.example",
      rejectUnauthorized: false,
      ciphers: "DEFAULT:@SECLEVEL=0",
      cert: identity?.chainPem,
      key: identity?.keyPem,
    });
    socket.write("GET / HTTP/1.1\r\nHost: bank.example\r\nCookie: session=s3cr3t\r\n\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    return answer.toString("latin1");
  }

  for (const row of [...certificateRows, ...stapleRows].filter(({ mayReceive }) => mayReceive === "client-hello")) {
    it(`${row.id}: the server works, and its record shows what it got`, async () => {
      const running = await realm.start(row.id);
      try {
        assert.match(await login(running), /^HTTP\/1\.1 200 /);
        const record = await running.record();
        assert.deepEqual(record.clientCertificates.length, 1);
        assert.match(record.application.join(), /Cookie: session=s3cr3t/);
        const host = `bank.example:${running.port}`;
        const complaint = receivedTooMuch(record, { mayReceive: "client-hello", opens: 1, host, path: "/" });
        assert.match(complaint ?? "", /beyond the ClientHello/);
        assert.match(receivedTooMuch(record, { mayReceive: "handshake", opens: 1, host, path: "/" }) ?? "", /Cookie/);
        assert.match(receivedTooMuch(record, { mayReceive: "probe", opens: 1, host, path: "/" }) ?? "", /Host|Cookie/);
      } finally {
        await running.stop();
      }
    });
  }
});
