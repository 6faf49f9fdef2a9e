/**
 * The code for Windows, run here on a library that stands in for secur32.dll: its structures as sspi.h lays them out,
 * its tokens those of a real KDC. Windows itself was never run.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, afterEach, before, describe, it } from "node:test";
import koffi from "koffi";
import { endPointBinding } from "../../../app/auth/end-point.ts";
import type { GssLibrary, GssLibraryContext, InitiateOptions } from "../../../app/auth/gss/port.ts";
import { openSspi } from "../../../app/auth/gss/sspi.ts";
import { createGssPort } from "../../../app/auth/gss/worker-pool.ts";
import type { ReasonCode } from "../../../app/core/reasons.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { startAcceptor } from "../../realm/kerberos/acceptor.ts";
import { startApache } from "../../realm/kerberos/apache.ts";
import type { Kdc } from "../../realm/kerberos/kdc.ts";
import { CHANNEL_BOUND, type Peer, startPeer } from "../../realm/kerberos/peer.ts";
import { buildSecur32, type StandIn } from "../../realm/kerberos/secur32.ts";
import { forkGssWorker, sspiEntry } from "../../support/gss.ts";
import {
  ask,
  codeOf,
  expectationOf,
  leaf,
  open,
  PRINCIPAL,
  REALM,
  SERVICE,
  startRealm,
} from "../../support/kerberos-scene.ts";

const COMPILER = "/usr/bin/cc";
const FLAGS = ["mutual", "integrity", "confidentiality", "replay", "sequence"] as const;
const ADA = `ada@${REALM}`;

/** The reason for which a call was refused, or `none`. */
function refusedAs(call: () => unknown): ReasonCode | "none" {
  try {
    call();
    return "none";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

describe("SSPI, on a library that stands in for it", { skip: !existsSync(COMPILER) && "no compiler" }, () => {
  let kdc: Kdc;
  let peer: Peer;
  let standIn: StandIn;
  let sspi: GssLibrary;
  let outstanding: () => number;
  let setFault: (what: string) => void;
  let environment: Record<string, string>;
  before(async () => {
    kdc = await startRealm();
    standIn = buildSecur32();
    environment = { ...kdc.env, KRB5CCNAME: kdc.login("ada") };
    // The library is called in this process, so that what it hands out can be counted.
    Object.assign(process.env, environment);
    sspi = openSspi([standIn.library]);
    const control = koffi.load(standIn.library);
    outstanding = control.func("int32_t standin_outstanding(void)");
    setFault = control.func("void standin_fault(const char *what)");
    peer = startPeer(kdc.keytab([SERVICE]), kdc.env);
  });
  after(async () => {
    for (const name of Object.keys(environment ?? {})) delete process.env[name];
    await peer?.stop();
    await kdc?.stop();
    standIn?.remove();
  });
  afterEach(() => {
    setFault("");
    assert.equal(outstanding(), 0, "all that was handed out has come back");
  });

  const begin = (change: Partial<InitiateOptions> = {}) => {
    const context = sspi.initiate({ spn: PRINCIPAL, mechanism: "spnego", flags: FLAGS, ...change });
    try {
      const { token, facts } = context.step(undefined);
      assert.ok(token !== undefined && facts === undefined);
      return { context, token };
    } catch (error) {
      context.dispose();
      throw error;
    }
  };
  const complete = async (change: Partial<InitiateOptions> = {}) => {
    const { context, token } = begin(change);
    const { token: reply } = await peer.accept(token, change.channelBindings);
    return { context, reply };
  };
  const withContext = async (use: (context: GssLibraryContext) => Promise<void>) => {
    const { context, reply } = await complete({ mechanism: "krb5" });
    try {
      assert.ok(context.step(reply).facts);
      await use(context);
    } finally {
      context.dispose();
    }
  };

  for (const mechanism of ["spnego", "krb5"] as const) {
    it(`completes by ${mechanism} with what was returned`, async () => {
      const { context, reply } = await complete({ mechanism });
      const { facts } = context.step(reply);
      assert.ok(facts);
      const { flags, initiator, target, mechanism: used, expires } = facts;
      assert.deepEqual([...flags].sort(), [...FLAGS].sort());
      assert.deepEqual([initiator, target, used], [ADA, PRINCIPAL, "1.2.840.113554.1.2.2"]);
      assert.ok(expires > Date.now() + 50 * 60_000 && expires <= Date.now() + 61 * 60_000);
      context.dispose();
    });
  }

  it("the acceptor sees the channel binding, and no other", async () => {
    const channelBindings = endPointBinding(Buffer.alloc(32, 1));
    const { context, token } = begin({ channelBindings });
    const { token: reply, flags } = await peer.accept(token, channelBindings);
    assert.equal(flags & CHANNEL_BOUND, CHANNEL_BOUND);
    assert.ok(context.step(reply).facts);
    context.dispose();
    const other = begin({ channelBindings: endPointBinding(Buffer.alloc(32, 2)) });
    other.context.dispose();
    await assert.rejects(peer.accept(other.token, channelBindings), /channel bindings/i);
  });

  it("the flag that was returned decides, not the one asked for", async () => {
    const { context, reply } = await complete();
    setFault("no-mutual");
    assert.ok(!context.step(reply).facts?.flags.includes("mutual"));
    context.dispose();
  });

  for (const [what, code] of [
    ["ntlm", "server.mechanism"],
    ["other-service", "kerberos.rewritten"],
    ["complete-needed", "server.token-invalid"],
  ] as const) {
    it(`${what} at the end is ${code}`, async () => {
      const { context, reply } = await complete();
      setFault(what);
      assert.equal(
        refusedAs(() => context.step(reply)),
        code,
      );
      assert.equal(
        refusedAs(() => context.wrap(Buffer.from("x"), true)),
        "gss.protection",
      );
      context.dispose();
    });
  }

  it("an NTLM token is not handed on", () => {
    setFault("ntlm-token");
    assert.equal(
      refusedAs(() => begin()),
      "server.mechanism",
    );
  });

  it("Windows' own way to write the service's name is the same service", async () => {
    const { context, reply } = await complete();
    setFault("no-realm");
    assert.equal(context.step(reply).facts?.target, PRINCIPAL);
    context.dispose();
  });

  it("a lifetime without end is bounded", () => {
    setFault("never");
    const { principal, realm, expires } = sspi.credential();
    assert.deepEqual([principal, realm], [ADA, REALM]);
    assert.ok(expires > Date.now() + 86_000_000 && expires <= Date.now() + 86_400_000);
  });

  it("refuses what is wrong, each for its reason", () => {
    assert.equal(
      refusedAs(() => begin({ spn: `HTTP/unknown.corp.example@${REALM}` })),
      "server.spn-unknown",
    );
    const { context, token } = begin();
    assert.equal(
      refusedAs(() => context.step(token)),
      "server.token-invalid",
    );
    context.dispose();
    process.env.KRB5CCNAME = "FILE:/nonexistent/cache";
    try {
      assert.equal(
        refusedAs(() => sspi.credential()),
        "kerberos.no-ticket",
      );
      assert.equal(
        refusedAs(() => begin()),
        "kerberos.no-ticket",
      );
    } finally {
      process.env.KRB5CCNAME = environment.KRB5CCNAME;
    }
  });

  it("wraps and unwraps, signed and encrypted, in both directions", async () => {
    await withContext(async (context) => {
      for (const confidential of [true, false]) {
        for (const message of [Buffer.from("a message"), Buffer.alloc(0), Buffer.alloc(70_000, 7)]) {
          const theirs = await peer.unwrap(context.wrap(message, confidential));
          assert.deepEqual([theirs.message.equals(message), theirs.confidential], [true, confidential]);
          const ours = context.unwrap((await peer.wrap(message, confidential)).message);
          assert.deepEqual([ours.message.equals(message), ours.confidential], [true, confidential]);
        }
      }
    });
  });

  it("refuses messages that are altered, bare, or come twice", async () => {
    await withContext(async (context) => {
      const { message } = await peer.wrap(Buffer.from("genuine"), true);
      const altered = Buffer.from(message);
      altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
      assert.equal(
        refusedAs(() => context.unwrap(altered)),
        "gss.sequence",
      );
      assert.equal(
        refusedAs(() => context.unwrap(Buffer.from("bare"))),
        "gss.sequence",
      );
      assert.equal(context.unwrap(message).message.toString(), "genuine");
      assert.equal(
        refusedAs(() => context.unwrap(message)),
        "gss.sequence",
      );
    });
  });

  it("500 contexts, half of them with a wrong answer, leave nothing", () => {
    for (let count = 0; count < 500; count += 1) {
      const { context, token } = begin();
      if (count % 2 === 0)
        assert.equal(
          refusedAs(() => context.step(token)),
          "server.token-invalid",
        );
      context.dispose();
    }
  });

  it("a library that is not there is said to be", () => {
    assert.equal(
      refusedAs(() => openSspi(["/nonexistent/secur32.so"])),
      "kerberos.library",
    );
  });

  describe("in the process that the client starts", () => {
    const port = () =>
      createGssPort({
        spawn: () =>
          forkGssWorker({ ...process.env, ...environment, SECUR32: standIn.library }, undefined, undefined, sspiEntry),
        workers: 1,
      });

    it("proves both sides at Apache", async () => {
      const gss = port();
      const apache = await startApache({
        certificate: leaf,
        keytab: kdc.keytab([SERVICE]),
        env: kdc.env,
        mode: "connection",
      });
      try {
        const channel = await open(gss, expectationOf(apache.port));
        assert.equal((await ask(channel)).status, 200);
        channel.destroy();
      } finally {
        gss.dispose();
        await apache.stop();
      }
    });

    for (const [fault, code] of [
      [undefined, "none"],
      ["strip", "server.no-mutual-token"],
      ["echo", "server.token-invalid"],
    ] as const) {
      it(`at an acceptor that enforces bindings: ${fault ?? "nothing wrong"}`, async () => {
        const gss = port();
        const acceptor = await startAcceptor({
          certificate: leaf,
          keytab: kdc.keytab([SERVICE]),
          env: kdc.env,
          ...(fault === undefined ? {} : { fault }),
        });
        try {
          assert.equal(await codeOf(open(gss, expectationOf(acceptor.port)).then((one) => one.destroy())), code);
        } finally {
          gss.dispose();
          await acceptor.stop();
        }
      });
    }
  });
});
