/** What SSPI is given, octet for octet as sspi.h lays it out for 64-bit Windows, and what is read from it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import koffi from "koffi";
import {
  BUFFER,
  channelBindings,
  endAt,
  identityWithPackages,
  namesAt,
  packageAt,
  place,
  SecBuffers,
  sizesAt,
} from "../../../../app/auth/gss/sspi-library.ts";

/** A pointer as it stands in memory. */
const pointer = (to: Buffer | null): Buffer => {
  const value = Buffer.alloc(8);
  if (to !== null) value.writeBigUInt64LE(koffi.address(to));
  return value;
};
const words = (...values: readonly number[]): Buffer => {
  const out = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    out.writeUInt32LE(value, 4 * index);
  });
  return out;
};
const wide = (text: string): Buffer => Buffer.from(`${text}\0`, "utf16le");

/** The structure that a pointer in memory leads to. */
const at = (memory: Buffer, offset: number, length: number): Buffer =>
  Buffer.from(koffi.decode(memory.readBigUInt64LE(offset), "uint8_t", length));

describe("structures of SSPI", () => {
  it("have the sizes that sspi.h gives them", () => {
    const sizes = ["SecBuffer", "SecBufferDesc", "SEC_CHANNEL_BINDINGS", "SEC_WINNT_AUTH_IDENTITY_EXW", "SecPkgInfoW"];
    assert.deepEqual(
      sizes.map((name) => koffi.sizeof(name)),
      [16, 16, 32, 72, 32],
    );
    assert.equal(place("SecPkgContext_Sizes").length, 16);
  });

  it("SecBufferDesc leads to its SecBuffers, and these to their memory", () => {
    const token = Buffer.from("token");
    const bindings = Buffer.from("bindings");
    const buffers = new SecBuffers(
      { type: BUFFER.token, memory: token },
      { type: BUFFER.channelBindings, memory: bindings },
      { type: BUFFER.data },
    );
    assert.deepEqual(buffers.descriptor.subarray(0, 8), words(0, 3));
    assert.deepEqual(
      at(buffers.descriptor, 8, 48),
      Buffer.concat([words(5, 2), pointer(token), words(8, 14), pointer(bindings), words(0, 1), pointer(null)]),
    );
  });

  it("what the library leaves in a buffer is read by its length, and its own memory is told from ours", () => {
    const ours = Buffer.from("abcdef");
    const buffers = new SecBuffers({ type: BUFFER.token, memory: ours }, { type: BUFFER.data });
    const array = buffers.descriptor.readBigUInt64LE(8);
    const theirs = Buffer.from("theirs");
    koffi.encode(array, "SecBuffer", { cbBuffer: 3, BufferType: 2, pvBuffer: ours });
    koffi.encode(array, 16, "SecBuffer", { cbBuffer: 6, BufferType: 1, pvBuffer: theirs });
    assert.deepEqual([buffers.bytes(0).toString(), buffers.bytes(1).toString()], ["abc", "theirs"]);
    assert.equal(buffers.foreign(0), null);
    assert.equal(buffers.foreign(1), koffi.address(theirs));
    const empty = new SecBuffers({ type: BUFFER.token });
    assert.deepEqual([empty.bytes(0).length, empty.foreign(0)], [0, null]);
  });

  it("SEC_CHANNEL_BINDINGS has no addresses, and the application data behind it", () => {
    const data = Buffer.from("tls-server-end-point:hash");
    assert.deepEqual(channelBindings(data), Buffer.concat([words(0, 0, 0, 0, 0, 0, 25, 32), data]));
  });

  it("SEC_WINNT_AUTH_IDENTITY_EXW names packages and nobody", () => {
    const { identity, list } = identityWithPackages("!ntlm");
    assert.deepEqual(list, wide("!ntlm"));
    const none = Buffer.concat([pointer(null), words(0, 0)]);
    assert.deepEqual(
      identity,
      Buffer.concat([words(0x200, 72), none, none, pointer(null), words(0, 2), pointer(list), words(5, 0)]),
    );
  });

  it("names, packages and sizes are read from where they stand", () => {
    const [client, server] = [wide("ada@CORP.EXAMPLE"), wide("HTTP/pörtal.example")];
    const { names, pointers } = namesAt(Buffer.concat([pointer(client), pointer(server)]));
    assert.deepEqual(names, ["ada@CORP.EXAMPLE", "HTTP/pörtal.example"]);
    assert.deepEqual(pointers, [koffi.address(client), koffi.address(server)]);
    assert.deepEqual(namesAt(Buffer.alloc(16)), { names: ["", ""], pointers: [null, null] });
    const name = wide("Kerberos");
    const info = Buffer.concat([words(0, 0, 48_000, 0), pointer(name), pointer(null)]);
    assert.deepEqual(packageAt(pointer(info)), { name: "Kerberos", pointer: koffi.address(info) });
    assert.deepEqual(packageAt(Buffer.alloc(16)), { name: "", pointer: null });
    const { cbBlockSize, cbSecurityTrailer } = sizesAt(words(48_000, 28, 1, 60));
    assert.deepEqual([cbBlockSize, cbSecurityTrailer], [1, 60]);
  });
});

describe("ends that SSPI tells in local time", () => {
  const now = Date.UTC(2026, 10, 20, 12);
  /** 100 ns since 1601 of a wall clock. */
  const stamp = (wall: number) => {
    const value = Buffer.alloc(16);
    value.writeBigInt64LE((BigInt(wall) + 11_644_473_600_000n) * 10_000n, 8);
    return value;
  };
  const local = (time: number) => time - new Date(time).getTimezoneOffset() * 60_000;

  it("are the same moment, whatever the time zone", () => {
    const end = now + 3 * 3_600_000;
    assert.equal(endAt(stamp(local(end)), 8, now), end);
  });

  it("a TimeStamp as it stands in memory: three in the afternoon of 20 November 2026 on the machine's clock", () => {
    const recorded = Buffer.from("005870d0ff78dd01", "hex");
    assert.equal(endAt(recorded, 0, now), new Date(2026, 10, 20, 15).getTime());
  });

  it("never, and what is far away, are bounded by a day; what is before all time is over", () => {
    const never = Buffer.alloc(8);
    never.writeBigInt64LE(2n ** 63n - 1n);
    assert.equal(endAt(never, 0, now), now + 86_400_000);
    assert.equal(endAt(stamp(local(now + 86_400_000 * 1.5)), 8, now), now + 86_400_000);
    assert.equal(endAt(Buffer.alloc(8), 0, now), 0);
  });
});
