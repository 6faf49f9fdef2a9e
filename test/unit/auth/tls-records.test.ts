import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ChunkQueue, MalformedMessage, Octets } from "../../../app/auth/octets.ts";
import { BadRecord, RecordReader, RecordTypes } from "../../../app/auth/tls-records.ts";

const record = (type: number, fragment: Buffer): Buffer => {
  const header = Buffer.from([type, 3, 3, fragment.length >> 8, fragment.length & 0xff]);
  return Buffer.concat([header, fragment]);
};

const records = fc.array(
  fc.record({ type: fc.integer({ min: 20, max: 23 }), fragment: fc.uint8Array({ maxLength: 200 }) }),
  { maxLength: 8 },
);
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });

/** Cuts a stream into pieces of these lengths, over and over. */
function segments(stream: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(stream.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

describe("TLS record framing", () => {
  it("yields the same records however the stream is cut", () => {
    fc.assert(
      fc.property(records, cuts, (made, lengths) => {
        const stream = Buffer.concat(made.map(({ type, fragment }) => record(type, Buffer.from(fragment))));
        const reader = new RecordReader();
        const read = segments(stream, lengths).flatMap((piece) => [...reader.push(piece)]);
        assert.deepEqual(
          read.map(({ type, fragment }) => ({ type, fragment: fragment.toString("hex") })),
          made.map(({ type, fragment }) => ({ type, fragment: Buffer.from(fragment).toString("hex") })),
        );
        assert.equal(reader.pending, 0);
      }),
    );
  });

  it("follows record types alike, however the stream is cut, after any part that another reader took", () => {
    fc.assert(
      fc.property(records, cuts, fc.nat(), (made, lengths, part) => {
        const stream = Buffer.concat(made.map(({ type, fragment }) => record(type, Buffer.from(fragment))));
        const first = stream.length === 0 ? 0 : part % stream.length;
        const reader = new RecordReader();
        const seen: number[] = reader.push(stream.subarray(0, first)).map(({ type }) => type);
        const types = new RecordTypes();
        types.push(reader.drain(), (type) => seen.push(type));
        for (const piece of segments(stream.subarray(first), lengths)) types.push(piece, (type) => seen.push(type));
        assert.deepEqual(
          seen,
          made.map(({ type }) => type),
        );
      }),
    );
  });

  it("answers any octets with records or BadRecord, and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), cuts, (octets, lengths) => {
        const reader = new RecordReader();
        try {
          for (const piece of segments(Buffer.from(octets), lengths)) reader.push(piece);
        } catch (error) {
          assert.ok(error instanceof BadRecord, String(error));
        }
      }),
    );
  });

  it("knows with the first octet that an HTTP server answers", () => {
    assert.throws(
      () => new RecordReader().push(Buffer.from("H")),
      (error) => error instanceof BadRecord && error.notTls,
    );
  });

  it("does not call a stream foreign that began as TLS", () => {
    const reader = new RecordReader();
    reader.push(record(22, Buffer.from("a")));
    assert.throws(
      () => reader.push(Buffer.from("H")),
      (error) => error instanceof BadRecord && !error.notTls,
    );
  });

  it("refuses records longer than any ciphertext, before their octets have come", () => {
    assert.throws(() => new RecordReader().push(Buffer.from([22, 3, 3, 0x48, 0x01])), BadRecord);
    assert.throws(() => new RecordTypes().push(Buffer.from([23, 3, 3, 0x48, 0x01]), () => {}), BadRecord);
    assert.deepEqual(new RecordReader().push(Buffer.from([22, 3, 3, 0x48, 0x00])), []);
  });
});

describe("octets", () => {
  it("never reads beyond its end", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.constantFrom(1 as const, 2 as const, 3 as const)),
        (b, sizes) => {
          const octets = new Octets(Buffer.from(b), "test");
          try {
            for (const size of sizes) assert.ok(octets.vector(size).length <= b.length);
          } catch (error) {
            assert.ok(error instanceof MalformedMessage);
          }
        },
      ),
    );
  });

  it("complains of what is left over", () => {
    const octets = new Octets(Buffer.from([1, 2]), "pair");
    octets.uint(1);
    assert.throws(() => octets.end(), /pair has 1 octets too many/);
  });

  it("queues chunks without losing or reordering any", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), cuts, (chunks, takes) => {
        const queue = new ChunkQueue();
        for (const chunk of chunks) queue.add(Buffer.from(chunk));
        const whole = Buffer.concat(chunks);
        let at = 0;
        for (const take of takes) {
          const enough = at + take <= whole.length;
          assert.deepEqual(queue.peek(take), enough ? whole.subarray(at, at + take) : undefined);
          assert.deepEqual(queue.shift(take), enough ? whole.subarray(at, at + take) : undefined);
          if (enough) at += take;
          assert.equal(queue.length, whole.length - at);
        }
      }),
    );
  });
});
