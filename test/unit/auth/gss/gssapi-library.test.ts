/** How GSSAPI's structures lie in memory: as the compiler leaves them, and packed as Apple's header says on x86-64. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import koffi from "koffi";
import { bindings, oid, structureAlignment, structures } from "../../../../app/auth/gss/gssapi-library.ts";

const layout = (alignment: 2 | 8, name: "gss_OID_desc" | "gss_channel_bindings_desc") => {
  const type = koffi.struct(structures(alignment)[name]);
  return {
    size: koffi.sizeof(type),
    offsets: Object.keys(structures(alignment)[name]).map((member) => koffi.offsetof(type, member)),
  };
};

describe("structures of GSSAPI", () => {
  it("are packed on macOS for Intel alone", () => {
    assert.equal(structureAlignment("darwin", "x64"), 2);
    for (const [platform, architecture] of [
      ["darwin", "arm64"],
      ["linux", "x64"],
      ["linux", "arm64"],
    ] as const) {
      assert.equal(structureAlignment(platform, architecture), 8);
    }
  });

  it("as the compiler leaves them", () => {
    assert.deepEqual(layout(8, "gss_OID_desc"), { size: 16, offsets: [0, 8] });
    assert.deepEqual(layout(8, "gss_channel_bindings_desc"), { size: 64, offsets: [0, 8, 24, 32, 48] });
  });

  it("packed to two", () => {
    assert.deepEqual(layout(2, "gss_OID_desc"), { size: 12, offsets: [0, 4] });
    assert.deepEqual(layout(2, "gss_channel_bindings_desc"), { size: 56, offsets: [0, 4, 20, 24, 40] });
  });

  it("an identifier and bindings, octet for octet", () => {
    const krb5 = oid("2a864886f712010202");
    assert.ok(krb5.elements instanceof Uint8Array);
    assert.deepEqual([krb5.length, Buffer.from(krb5.elements).toString("hex")], [9, "2a864886f712010202"]);
    const data = Buffer.from("tls-server-end-point:x");
    const memory = Buffer.alloc(64);
    koffi.encode(memory, "gss_channel_bindings_desc", bindings(data));
    const expected = Buffer.alloc(64);
    expected.writeBigUInt64LE(BigInt(data.length), 48);
    expected.writeBigUInt64LE(koffi.address(data), 56);
    assert.deepEqual(memory, expected);
    assert.equal(bindings(undefined), null);
  });
});
