import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  MessageReader,
  messageName,
  parseCertificate12,
  parseCertificate13,
  parseCertificateStatus,
  parseExtensions,
  parseServerHello,
} from "../../../app/auth/handshake-messages.ts";
import { MalformedMessage } from "../../../app/auth/octets.ts";
import { certificate12, certificate13, extension, message, serverHello, status, vector } from "./handshake-octets.ts";

describe("handshake messages", () => {
  it("joins fragments and splits shared records", () => {
    const stream = Buffer.concat([
      message(11, Buffer.from("abc")),
      message(14, Buffer.alloc(0)),
      message(20, Buffer.alloc(12)),
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (lengths) => {
        const reader = new MessageReader();
        const types: number[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const length = lengths[turn % lengths.length] ?? 1;
          types.push(...reader.push(stream.subarray(at, at + length)).map(({ type }) => type));
          at += length;
        }
        assert.deepEqual(types, [11, 14, 20]);
        assert.equal(reader.pending, 0);
      }),
    );
  });

  it("refuses empty fragments and messages of absurd length before their octets have come", () => {
    assert.throws(() => new MessageReader().push(Buffer.alloc(0)), MalformedMessage);
    assert.throws(() => new MessageReader().push(Buffer.from([11, 0x02, 0, 1])), /Certificate of 131073 octets/);
  });

  it("reads version, suite and retry from a ServerHello", () => {
    assert.deepEqual(parseServerHello(serverHello({ version: 0x0303, suite: 0xc02f })), {
      version: 0x0303,
      cipherSuite: 0xc02f,
      retry: false,
    });
    assert.deepEqual(parseServerHello(serverHello({ version: 0x0304, suite: 0x1301 })), {
      version: 0x0304,
      cipherSuite: 0x1301,
      retry: false,
    });
    assert.equal(parseServerHello(serverHello({ version: 0x0304, suite: 0x1301, retry: true })).retry, true);
    assert.equal(parseServerHello(serverHello({ version: 0x0302, suite: 0x002f })).version, 0x0302);
  });

  it("reads certificates and the leaf's staple, and no other's", () => {
    const [leaf, issuer, ocsp, other] = ["leaf", "issuer", "ocsp", "other"].map((text) => Buffer.from(text));
    assert.ok(leaf && issuer && ocsp && other);
    assert.deepEqual(parseCertificate12(certificate12([leaf, issuer])), { certificates: [leaf, issuer] });
    const stapled = certificate13([
      { der: leaf, extensions: extension(5, status(ocsp)) },
      { der: issuer, extensions: extension(5, status(other)) },
    ]);
    assert.deepEqual(parseCertificate13(stapled), { certificates: [leaf, issuer], staple: ocsp });
    const elsewhere = certificate13([{ der: leaf }, { der: issuer, extensions: extension(5, status(other)) }]);
    assert.deepEqual(parseCertificate13(elsewhere), { certificates: [leaf, issuer] });
    assert.deepEqual(parseCertificateStatus(status(ocsp)), ocsp);
  });

  it("refuses empty certificates, unknown status types, extensions that stand twice, and octets left over", () => {
    const faulty: readonly (() => unknown)[] = [
      () => parseCertificate12(certificate12([Buffer.alloc(0)])),
      () => parseCertificate13(certificate13([{ der: Buffer.alloc(0) }])),
      () => parseCertificateStatus(Buffer.concat([Buffer.from([2]), vector(3, Buffer.from("x"))])),
      () => parseCertificateStatus(status(Buffer.alloc(0))),
      () => parseExtensions(Buffer.concat([extension(5, Buffer.alloc(0)), extension(5, Buffer.alloc(0))])),
      () => parseCertificate12(Buffer.concat([certificate12([]), Buffer.from([0])])),
      () => parseCertificate13(Buffer.concat([certificate13([]), Buffer.from([0])])),
      () => parseServerHello(Buffer.concat([serverHello({ version: 0x0303, suite: 1 }), Buffer.from([0])])),
    ];
    for (const parse of faulty) assert.throws(parse, MalformedMessage);
  });

  it("answers any octets with a message or MalformedMessage, and nothing else", () => {
    const parsers = [parseServerHello, parseCertificate12, parseCertificate13, parseCertificateStatus, parseExtensions];
    fc.assert(
      fc.property(fc.constantFrom(...parsers), fc.uint8Array({ maxLength: 120 }), (parse, octets) => {
        try {
          parse(Buffer.from(octets));
        } catch (error) {
          assert.ok(error instanceof MalformedMessage, String(error));
        }
      }),
    );
  });

  it("answers a valid message with one octet changed or cut off likewise", () => {
    const whole = certificate13([{ der: Buffer.from("leaf"), extensions: extension(5, status(Buffer.from("ocsp"))) }]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, value, cut) => {
        const octets = Buffer.from(whole);
        octets[at] = value;
        try {
          parseCertificate13(cut ? octets.subarray(0, at) : octets);
        } catch (error) {
          assert.ok(error instanceof MalformedMessage, String(error));
        }
      }),
    );
  });

  it("names messages as the standard does", () => {
    assert.equal(messageName(15), "CertificateVerify");
    assert.equal(messageName(99), "handshake message 99");
  });
});
