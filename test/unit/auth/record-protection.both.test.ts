import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CIPHER_SUITES, type CipherSuite } from "../../../app/auth/cipher-suites.ts";
import { MalformedMessage } from "../../../app/auth/octets.ts";
import { expandLabel, RecordOpener } from "../../../app/auth/record-protection.ts";
import { seal } from "./sealing.ts";

const suites = [0x1301, 0x1302, 0x1303].map((id) => CIPHER_SUITES.get(id) as CipherSuite);
describe("TLS 1.3 record protection", () => {
  it("derives the keys of RFC 8448 §3", () => {
    const server = Buffer.from("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38", "hex");
    assert.equal(expandLabel("sha256", server, "key", 16).toString("hex"), "3fce516009c21727d0f2e4e86ee403bc");
    assert.equal(expandLabel("sha256", server, "iv", 12).toString("hex"), "5d313eb2671276ee13000b30");
    const client = Buffer.from("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21", "hex");
    assert.equal(expandLabel("sha256", client, "key", 16).toString("hex"), "dbfaa693d1762c5b666af5d950258d01");
    assert.equal(expandLabel("sha256", client, "iv", 12).toString("hex"), "5bd3c71b836e0b76bb73265f");
  });

  for (const suite of suites) {
    it(`${suite.name}: opens consecutive records, whatever their padding`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.nat(40)), { minLength: 1, maxLength: 4 }),
          (plain) => {
            const secret = Buffer.alloc(suite.hash === "sha384" ? 48 : 32, 5);
            const opener = new RecordOpener(suite, secret);
            for (const [sequence, [content, padding]] of plain.entries()) {
              const inner = Buffer.concat([content, Buffer.from([22]), Buffer.alloc(padding)]);
              const opened = opener.open(seal(suite, secret, BigInt(sequence), inner));
              assert.equal(opened.type, 22);
              assert.deepEqual(opened.content, Buffer.from(content));
            }
          },
        ),
        { numRuns: 25 },
      );
    });

    it(`${suite.name}: refuses a record that was touched, skipped or sealed with another secret`, () => {
      const secret = Buffer.alloc(32, 5);
      const inner = Buffer.from([1, 2, 3, 22]);
      const touched = seal(suite, secret, 0n, inner);
      touched.fragment.writeUInt8(touched.fragment.readUInt8(0) ^ 1, 0);
      const faulty = [touched, seal(suite, secret, 1n, inner), seal(suite, Buffer.alloc(32, 6), 0n, inner)];
      for (const record of faulty) {
        assert.throws(() => new RecordOpener(suite, secret).open(record), MalformedMessage);
      }
    });

    it(`${suite.name}: refuses padding alone, short records and clear ones`, () => {
      const secret = Buffer.alloc(32, 5);
      const clear = seal(suite, secret, 0n, Buffer.from([22]));
      const faulty = [
        seal(suite, secret, 0n, Buffer.alloc(9)),
        { ...clear, fragment: clear.fragment.subarray(0, 16) },
        { ...clear, type: 22 },
      ];
      for (const record of faulty) {
        assert.throws(() => new RecordOpener(suite, secret).open(record), MalformedMessage);
      }
    });
  }
});
