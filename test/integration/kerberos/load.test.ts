/**
 * Contexts in number leave nothing in native memory: completed ones, refused ones and ones that were given up.
 * COUNTERSIGN_LOAD=10000 makes as many instead.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import koffi from "koffi";
import { endPointBinding } from "../../../app/auth/end-point.ts";
import { openGssapi } from "../../../app/auth/gss/gssapi.ts";
import type { GssLibrary } from "../../../app/auth/gss/port.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import type { Kdc } from "../../realm/kerberos/kdc.ts";
import { type Peer, startPeer } from "../../realm/kerberos/peer.ts";
import { PRINCIPAL, REALM, SERVICE, startRealm } from "../../support/kerberos-scene.ts";

const CONTEXTS = Number(process.env.COUNTERSIGN_LOAD ?? 2000);
const WARM_UP = 1000;
/** Octets for each context: the smallest thing that could be forgotten, a name, takes more; JavaScript's own heap moves less. */
const BOUND = 120;

const members = [
  "arena",
  "ordblks",
  "smblks",
  "hblks",
  "hblkhd",
  "usmblks",
  "fsmblks",
  "uordblks",
  "fordblks",
  "keepcost",
];
const mallinfo = koffi.struct(Object.fromEntries(members.map((name) => [name, "size_t"])));
const counters = koffi.load("libc.so.6").func("mallinfo2", mallinfo, []);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What is allocated, octets: of the heap and of what was mapped for it. */
async function inUse(): Promise<number> {
  // Memory of buffers is given back after the collection that finds them unused.
  for (let round = 0; round < 3; round += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { uordblks, hblkhd } = counters() as { readonly uordblks: number; readonly hblkhd: number };
  return uordblks + hblkhd;
}

describe("many contexts", { timeout: 300_000, skip: process.platform !== "linux" && "counts by glibc" }, () => {
  let kdc: Kdc;
  let peer: Peer;
  let gss: GssLibrary;
  let environment: Record<string, string>;
  before(async () => {
    kdc = await startRealm();
    environment = { ...kdc.env, KRB5CCNAME: kdc.login("ada") };
    // The library is called in this process, so that its memory can be counted.
    Object.assign(process.env, environment);
    gss = openGssapi();
    peer = startPeer(kdc.keytab([SERVICE]), kdc.env);
  });
  after(async () => {
    for (const name of Object.keys(environment ?? {})) delete process.env[name];
    await peer?.stop();
    await kdc?.stop();
  });

  const channelBindings = endPointBinding(Buffer.alloc(32, 1));
  const begin = (initiator?: string) => {
    const context = gss.initiate({
      spn: PRINCIPAL,
      mechanism: "spnego",
      flags: ["mutual", "integrity", "confidentiality"],
      channelBindings,
      ...(initiator === undefined ? {} : { initiator }),
    });
    const { token } = context.step(undefined);
    assert.ok(token);
    return { context, token };
  };
  const completed = async () => {
    const { context, token } = begin(`ada@${REALM}`);
    assert.ok(context.step((await peer.accept(token)).token).facts);
    assert.equal(context.unwrap((await peer.wrap(Buffer.from("theirs"), true)).message).message.toString(), "theirs");
    context.wrap(Buffer.from("ours"), true);
    assert.throws(() => context.unwrap(Buffer.from("bare")), Refusal);
    context.dispose();
  };
  const refused = () => {
    const { context, token } = begin();
    assert.throws(() => context.step(token), Refusal);
    context.dispose();
  };
  const refusedBefore = () => {
    for (const options of [
      { spn: `HTTP/unknown.corp.example@${REALM}` },
      { spn: SERVICE },
      { spn: PRINCIPAL, initiator: `eve@${REALM}` },
    ]) {
      let context: ReturnType<GssLibrary["initiate"]> | undefined;
      assert.throws(() => {
        context = gss.initiate({ mechanism: "spnego", flags: ["mutual"], ...options });
        context.step(undefined);
      }, Refusal);
      context?.dispose();
    }
  };

  for (const [what, make] of [
    ["completed, with messages", completed],
    ["refused for their answer", refused],
    ["given up", () => begin().context.dispose()],
    ["refused before any token", refusedBefore],
    ["looks for the user's credential", () => gss.credential()],
  ] as const) {
    it(`${CONTEXTS} ${what} leave nothing in memory`, async () => {
      // What asks the KDC each time makes a third of it.
      const count = make === refusedBefore ? Math.ceil(CONTEXTS / 10) : CONTEXTS;
      for (let done = 0; done < Math.min(WARM_UP, count); done += 1) await make();
      const before = await inUse();
      for (let done = 0; done < count; done += 1) await make();
      const each = ((await inUse()) - before) / count;

      assert.ok(each < BOUND, `${each.toFixed(1)} octets for each`);
    });
  }
});
