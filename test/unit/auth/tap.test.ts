import assert from "node:assert/strict";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { HandshakeTap } from "../../../app/auth/tap.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { certificate12, clientHello, handshakeRecord, message, record, serverHello } from "./handshake-octets.ts";

/** The network as the tap sees it: what was written to it, and a way to let octets arrive. */
class Wire extends Duplex {
  sent = Buffer.alloc(0);
  /** Called to let a pending write go on; undefined lets each go at once. */
  hold: ((go: () => void) => void) | undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.sent = Buffer.concat([this.sent, chunk]);
    if (this.hold === undefined) done();
    else this.hold(done);
  }
}

const LEAF = Buffer.from("the leaf");
const hello = handshakeRecord(clientHello());
const serverFlight = handshakeRecord(
  message(2, serverHello({ version: 0x0303, suite: 0xc02f })),
  message(11, certificate12([LEAF])),
  message(12, Buffer.alloc(70)),
  message(13, Buffer.alloc(8)),
  message(14, Buffer.alloc(0)),
);
const ccs = record(20, Buffer.from([1]));
const finished = record(22, Buffer.alloc(40, 1));
const ourFlight = Buffer.concat([
  handshakeRecord(message(11, certificate12([LEAF]))),
  handshakeRecord(message(16, Buffer.alloc(33))),
  handshakeRecord(message(15, Buffer.alloc(72))),
  ccs,
  finished,
]);
const data = record(23, Buffer.alloc(50, 7));

function make() {
  const wire = new Wire({ allowHalfOpen: true });
  const tap = new HandshakeTap(wire, () => {});
  const received: Buffer[] = [];
  tap.on("data", (chunk: Buffer) => received.push(chunk));
  tap.on("error", () => {});
  return { wire, tap, received };
}

/** A tap through which a TLS 1.2 handshake has gone up to the hold. */
async function held() {
  const made = make();
  made.tap.write(hello);
  made.wire.push(serverFlight);
  await turn();
  made.tap.write(ourFlight);
  await made.tap.held;
  return made;
}

async function established() {
  const made = await held();
  made.tap.release();
  made.wire.push(Buffer.concat([ccs, finished]));
  await turn();
  return made;
}

const failure = async (tap: HandshakeTap): Promise<string> => {
  const [error] = (await once(tap, "error")) as [Error];
  return error instanceof Refusal ? error.code : error.message;
};

describe("the tap while it holds", () => {
  it("lets the ClientHello out, and nothing after it", async () => {
    const { wire, tap } = await held();
    assert.deepEqual(wire.sent, hello);
    const { server, client } = await tap.held;
    assert.deepEqual(server.certificates, [LEAF]);
    assert.deepEqual(client, { certificates: [LEAF], certificateVerify: true });
  });

  it("lets nothing out in whatever pieces it comes", async () => {
    const { wire, tap } = make();
    for (const octet of hello) tap.write(Buffer.from([octet]));
    wire.push(serverFlight);
    await turn();
    for (const octet of ourFlight) tap.write(Buffer.from([octet]));
    tap.write(data);
    await tap.held;
    assert.deepEqual(wire.sent, hello);
  });

  it("lets nothing out when it is destroyed", async () => {
    const { wire, tap } = await held();
    tap.destroy(new Refusal("server.pin-mismatch", { fault: "a stranger" }));
    await turn();
    assert.deepEqual(wire.sent, hello);
    assert.equal(wire.destroyed, true);
    assert.throws(() => tap.release());
  });

  it("lets nothing out when it is ended", async () => {
    const { wire, tap } = await held();
    tap.end();
    await turn();
    assert.deepEqual(wire.sent, hello);
  });

  it("does not hold without end", async () => {
    const { wire, tap } = await held();
    tap.write(Buffer.concat(Array.from({ length: 20 }, () => record(23, Buffer.alloc(16_000)))));
    assert.equal(await failure(tap), "tls.handshake");
    assert.deepEqual(wire.sent, hello);
  });

  it("releases the flight whole, unchanged and once", async () => {
    const { wire, tap } = await held();
    tap.release();
    await turn();
    assert.deepEqual(wire.sent, Buffer.concat([hello, ourFlight]));
    assert.throws(() => tap.release());
  });

  it("refuses a server that goes on before our flight has left", async () => {
    const { wire, tap, received } = await held();
    wire.push(ccs);
    assert.equal(await failure(tap), "tls.handshake");
    assert.deepEqual(Buffer.concat(received), serverFlight);
  });

  it("keeps octets that cannot be read from the TLS library", async () => {
    const { wire, tap, received } = make();
    wire.push(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
    assert.equal(await failure(tap), "tls.not-tls");
    assert.deepEqual(received, []);
    await assert.rejects(tap.held, Refusal);
  });

  it("tells what it saw when the connection just ends", async () => {
    const { wire, tap } = make();
    tap.write(hello);
    wire.push(record(21, Buffer.from([2, 40])));
    wire.push(null);
    await once(tap, "end");
    const { serverAlert, received, released, flight } = tap.observations;
    assert.deepEqual(
      { serverAlert, received, released, flight },
      {
        serverAlert: 40,
        received: 7,
        released: false,
        flight: undefined,
      },
    );
  });
});

describe("the tap once released", () => {
  it("passes both directions on unchanged", async () => {
    const { wire, tap, received } = await established();
    tap.write(data);
    tap.cork();
    tap.write(data);
    tap.write(data);
    tap.uncork();
    wire.push(data);
    await turn();
    assert.deepEqual(wire.sent, Buffer.concat([hello, ourFlight, data, data, data]));
    assert.deepEqual(Buffer.concat(received), Buffer.concat([serverFlight, ccs, finished, data]));
  });

  for (const [what, octets] of [
    ["a HelloRequest", record(22, Buffer.alloc(28))],
    ["one behind data", Buffer.concat([data, record(22, Buffer.alloc(28))])],
  ] as const) {
    it(`ends with a renegotiation: ${what}`, async () => {
      const { wire, tap, received } = await established();
      const before = received.length;
      wire.push(octets);
      assert.equal(await failure(tap), "server.renegotiation");
      assert.equal(received.length, before);
      assert.equal(wire.destroyed, true);
    });
  }

  it("ends with a renegotiation that shares a segment with Finished, or follows in pieces", async () => {
    const together = await held();
    together.tap.release();
    together.wire.push(Buffer.concat([ccs, finished, record(22, Buffer.alloc(28))]));
    assert.equal(await failure(together.tap), "server.renegotiation");

    const pieces = await held();
    pieces.tap.release();
    const failed = failure(pieces.tap);
    for (const octet of Buffer.concat([ccs, finished, data, record(22, Buffer.alloc(28))])) {
      pieces.wire.push(Buffer.from([octet]));
    }
    assert.equal(await failed, "server.renegotiation");
  });

  it("waits for the network: a write is done when the wire has taken it", async () => {
    const { wire, tap } = await established();
    const waiting: (() => void)[] = [];
    wire.hold = (go) => waiting.push(go);
    let done = false;
    tap.write(data, () => {
      done = true;
    });
    await turn();
    assert.equal(done, false);
    waiting.shift()?.();
    await turn();
    assert.equal(done, true);
  });

  it("stops reading while nobody takes what it read", async () => {
    const { wire, tap } = await established();
    tap.pause();
    const large = record(23, Buffer.alloc(16_000));
    for (let count = 0; count < 20; count += 1) wire.push(large);
    await turn();
    assert.ok(wire.isPaused());
    assert.ok(wire.readableLength > 0);
    const before = tap.readableLength;
    tap.resume();
    await turn();
    await turn();
    assert.ok(before < 20 * large.length);
    assert.equal(wire.readableLength, 0);
  });

  it("passes the end of either direction on, and keeps the other", async () => {
    const { wire, tap } = await established();
    wire.push(null);
    await once(tap, "end");
    tap.write(data);
    await turn();
    assert.ok(wire.sent.subarray(-data.length).equals(data));
    const ended = once(wire, "finish");
    tap.end();
    await ended;
  });

  it("passes an error of the network on", async () => {
    const { wire, tap } = await established();
    const failed = failure(tap);
    wire.destroy(new Error("cable cut"));
    assert.equal(await failed, "cable cut");
    assert.equal(tap.observations.transportError?.message, "cable cut");
  });

  it("closes when the network does", async () => {
    const { wire, tap } = await established();
    const closed = once(tap, "close");
    wire.destroy();
    await closed;
  });
});
