import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrameSource, framed } from "../../../../app/auth/gss-channel/frames.ts";
import { Refusal } from "../../../../app/core/refusal.ts";

const LIMIT = 1_000;

/** What a source gives for these octets, sliced so, and how it ends. */
async function read(
  octets: Buffer,
  cuts: readonly number[],
): Promise<{ readonly frames: Buffer[]; readonly end: string }> {
  const transport = new PassThrough();
  const source = new FrameSource(transport, LIMIT);
  const places = [...cuts.map((cut) => cut % (octets.length + 1)), octets.length].sort((one, other) => one - other);
  let at = 0;
  for (const place of places) {
    if (place > at) transport.write(octets.subarray(at, place));
    at = Math.max(at, place);
  }
  transport.end();
  const frames: Buffer[] = [];
  try {
    for (;;) {
      const frame = await source.next();
      if (frame === undefined) return { frames, end: "end" };
      frames.push(frame);
    }
  } catch (error) {
    if (error instanceof Refusal) return { frames, end: error.code };
    throw error;
  }
}

const contents = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 });
const cuts = fc.array(fc.nat(), { maxLength: 20 });

describe("length-prefixed frames", () => {
  it("are read as they were written, however the network slices them", async () => {
    await fc.assert(
      fc.asyncProperty(contents, cuts, async (all, places) => {
        const written = all.map((each) => Buffer.from(each));
        assert.deepEqual(await read(Buffer.concat(written.map(framed)), places), { frames: written, end: "end" });
      }),
    );
  });

  it("are refused when the connection ends within one", async () => {
    await fc.assert(
      fc.asyncProperty(
        contents,
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.nat(),
        cuts,
        async (all, last, less, places) => {
          const written = all.map((each) => Buffer.from(each));
          const whole = framed(Buffer.from(last));
          const cut = whole.subarray(0, 1 + (less % (whole.length - 1)));
          const { frames, end } = await read(Buffer.concat([...written.map(framed), cut]), places);
          assert.deepEqual([frames, end], [written, "gss.framing"]);
        },
      ),
    );
  });

  it("are refused by their length alone, before their octets have come", async () => {
    const header = (length: number) => {
      const octets = Buffer.alloc(4);
      octets.writeUInt32BE(length);
      return octets;
    };
    for (const length of [0, LIMIT + 1, 0x7fff_ffff, 0xffff_ffff]) {
      const transport = new PassThrough();
      const source = new FrameSource(transport, LIMIT);
      transport.write(header(length));
      await assert.rejects(source.next(), (error) => error instanceof Refusal && error.code === "gss.framing");
    }
    assert.equal((await read(framed(Buffer.alloc(LIMIT)), [])).end, "end");
  });

  it("pass the connection's own error on", async () => {
    const transport = new PassThrough();
    const source = new FrameSource(transport, LIMIT);
    transport.destroy(new Error("reset"));
    await assert.rejects(source.next(), /reset/);
  });
});
