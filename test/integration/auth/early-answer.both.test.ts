import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { after, describe, it } from "node:test";
import type { Dialer } from "../../../app/auth/channel.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { firstApplicationRecord } from "../../realm/half-rtt.ts";
import { OK } from "../../realm/servers.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();
after(() => stage.close());

/**
 * A network that, of what leaves after the ClientHello, takes as much as it is told to take; only then comes what the
 * server has written without waiting for us.
 */
class SlowNetwork extends Duplex {
  readonly #socket: Socket;
  readonly #takes: boolean;
  readonly #early: () => Buffer;
  #writes = 0;

  constructor(socket: Socket, takes: boolean, early: () => Buffer) {
    super();
    this.#socket = socket;
    this.#takes = takes;
    this.#early = early;
    socket.on("data", (chunk) => this.push(chunk));
    socket.on("error", () => this.destroy());
    socket.on("close", () => this.destroy());
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#writes += 1;
    if (this.#writes === 1) {
      this.#socket.write(chunk, done);
      return;
    }
    this.#deliverEarly();
    if (this.#takes) done();
  }

  override _writev(_chunks: unknown, done: (error?: Error | null) => void): void {
    this.#deliverEarly();
    if (this.#takes) done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #deliverEarly(): void {
    setImmediate(() => this.destroyed || this.push(this.#early()));
  }
}

describe("what a server of TLS 1.3 wrote before our probe had left", () => {
  async function outcome(takes: boolean): Promise<string> {
    let secret = Buffer.alloc(0);
    const { port } = await stage.serve({
      tls: { minVersion: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" },
      onKeylog: (line) => {
        const [label, , value = ""] = line.trim().split(" ");
        if (label === "SERVER_TRAFFIC_SECRET_0") secret = Buffer.from(value, "hex");
      },
    });
    const dialer: Dialer = {
      dial: async (to, signal) => {
        const socket = (await stage.dialer.dial(to, signal)) as Socket;
        return new SlowNetwork(socket, takes, () => firstApplicationRecord(secret, OK));
      },
    };
    try {
      return (await stage.open(port, undefined, stage.opener({ dialer }))).verdict.kind;
    } catch (error) {
      return error instanceof Refusal ? `${error.code}: ${error.detail.fault}` : String(error);
    }
  }

  it("is no answer to it", async () => {
    assert.equal(await outcome(false), "server.protocol: the server spoke without having been asked");
  });

  it("is taken for one when the probe has left (control: the order alone decides)", async () => {
    assert.equal(await outcome(true), "authenticated");
  });
});
