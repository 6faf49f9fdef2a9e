import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MayReceive, ServerRecord } from "../../realm/impostors/row.ts";
import { receivedTooMuch } from "../../realm/received.ts";
import type { RecordSeen } from "../../realm/recorder.ts";

const hello: RecordSeen = { type: 22, length: 300, handshake: 1, othersBefore: 0 };
const certificate12: RecordSeen = { type: 22, length: 900, handshake: 11, othersBefore: 5 };
const encrypted: RecordSeen = { type: 23, length: 900, othersBefore: 7 };
const dummy: RecordSeen = { type: 20, length: 1, othersBefore: 1 };
const alert: RecordSeen = { type: 21, length: 2, othersBefore: 1 };
const encryptedAlert: RecordSeen = { type: 23, length: 19, othersBefore: 7 };
const flight12: readonly RecordSeen[] = [2, 11, 12, 13, 14].map((handshake) => ({
  type: 22,
  length: 100,
  handshake,
  othersBefore: 1,
}));

const record = (client: readonly RecordSeen[], more: Partial<ServerRecord> = {}): ServerRecord => ({
  connections: [{ client, server: flight12 }],
  application: [],
  clientCertificates: [],
  resumed: 0,
  ...more,
});
const judge = (seen: ServerRecord, mayReceive: MayReceive, opens = 1): string | undefined =>
  receivedTooMuch(seen, { mayReceive, opens, host: "bank.example:8443", path: "/" });
const probe = "HEAD / HTTP/1.1\r\nHost: bank.example:8443\r\nConnection: keep-alive\r\n\r\n";

describe("what a server received", () => {
  it("lets an impostor have ClientHello and alerts", () => {
    assert.equal(judge(record([hello, dummy, alert]), "client-hello"), undefined);
    assert.equal(judge(record([hello, hello, encryptedAlert]), "client-hello"), undefined);
  });

  it("tells anything beyond the ClientHello", () => {
    assert.match(judge(record([hello, certificate12]), "client-hello") ?? "", /handshake message 11/);
    assert.match(judge(record([hello, encrypted]), "client-hello") ?? "", /type 23/);
    assert.match(judge(record([hello, { type: undefined, length: 3, othersBefore: 0 }]), "client-hello") ?? "", /none/);
    assert.match(judge(record([hello], { clientCertificates: ["ab"] }), "client-hello") ?? "", /certificate ab/);
    assert.match(judge(record([hello], { application: [probe] }), "client-hello") ?? "", /application data/);
  });

  it("tells a client's flight that came before the server's proof", () => {
    assert.match(judge(record([hello, { ...certificate12, othersBefore: 4 }]), "probe") ?? "", /before its own proof/);
    assert.equal(judge(record([hello, certificate12]), "probe"), undefined);
  });

  it("tells who the user is from an anonymous handshake", () => {
    assert.equal(judge(record([hello, encrypted]), "anonymous-handshake"), undefined);
    assert.match(judge(record([hello], { clientCertificates: ["ab"] }), "anonymous-handshake") ?? "", /certificate ab/);
    assert.match(judge(record([hello], { application: [probe] }), "anonymous-handshake") ?? "", /application data/);
  });

  it("tells more connections than were asked for, and resumption", () => {
    assert.match(judge(record([hello]), "nothing") ?? "", /1 connections/);
    const twice = { ...record([hello]), connections: [...record([hello]).connections, ...record([hello]).connections] };
    assert.match(judge(twice, "probe") ?? "", /2 connections/);
    assert.equal(judge(twice, "probe", 2), undefined);
    assert.match(judge(record([hello], { resumed: 1 }), "probe") ?? "", /resumed/);
  });

  it("lets a probe name the origin and nothing else", () => {
    const asked = (text: string): string | undefined => judge(record([hello], { application: [text] }), "probe");
    assert.equal(asked(probe), undefined);
    assert.match(asked(probe.replace("HEAD / ", "HEAD /account ")) ?? "", /request line/);
    assert.match(asked(probe.replace("HEAD", "POST")) ?? "", /request line/);
    assert.match(asked(probe.replace(":8443", ":1")) ?? "", /Host/);
    assert.match(asked(probe.replace("Connection: keep-alive", "Cookie: a=b")) ?? "", /Cookie/);
    assert.match(asked(`${probe}body`) ?? "", /bodiless/);
    assert.match(asked(probe + probe) ?? "", /bodiless/);
    assert.match(asked("HEAD / HTTP/1.1\r\nHo") ?? "", /bodiless/);
    assert.match(judge(record([hello], { application: [probe] }), "handshake") ?? "", /application data/);
  });
});
