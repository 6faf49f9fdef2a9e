import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { after, describe, it } from "node:test";
import type { Authenticator } from "../../../app/auth/authenticator.ts";
import type { Dialer } from "../../../app/auth/channel.ts";
import { factsOf } from "../../../app/auth/channel-refusal.ts";
import { serverCertificateAuthenticator } from "../../../app/auth/server-certificate.ts";
import { Refusal } from "../../../app/core/refusal.ts";
import { GENEROUS, refusalOf, Stage } from "./stage.ts";

const stage = new Stage();
after(() => stage.close());

const never = new Promise<never>(() => {});

/** Accepts and says nothing. */
async function silentServer(): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.resume().on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stage.onClose(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Where an attempt can be stopped: how to make it stay there, and how to tell that it is there. */
interface Stall {
  readonly phase: "dial" | "handshake" | "probe";
  readonly port: () => Promise<number>;
  readonly dialer?: Dialer;
}

const stalls: readonly Stall[] = [
  { phase: "dial", port: async () => 1, dialer: { dial: () => never } },
  { phase: "handshake", port: silentServer },
  { phase: "probe", port: async () => (await stage.serve({ answer: () => {} })).port },
];

describe("each phase", { timeout: 60_000 }, () => {
  for (const { phase, port, dialer = stage.dialer } of stalls) {
    it(`${phase}: has a limit, and the refusal names the phase`, async () => {
      const opener = stage.opener({ dialer, limits: { ...GENEROUS, [phase]: 100 } });
      const refusal = await refusalOf(stage.open(await port(), undefined, opener));
      assert.equal(refusal.code, "network.timeout");
      assert.equal(refusal.detail.value, phase);
      assert.ok(stage.dialled.every((socket) => socket.destroyed));
      const timings = factsOf(refusal)?.timings;
      assert.ok(timings?.[phase] !== undefined && timings.total !== undefined);
    });

    it(`${phase}: can be given up`, async () => {
      const giveUp = new AbortController();
      const opening = stage.opener({ dialer }).open(stage.expectation(await port()), giveUp.signal);
      setTimeout(() => giveUp.abort(), 60);
      const refusal = await refusalOf(opening);
      assert.equal(refusal.code, "verdict.cancelled");
      assert.ok(stage.dialled.every((socket) => socket.destroyed));
    });
  }

  it("all together: have a limit, wherever the time goes", async () => {
    for (const { phase, port, dialer = stage.dialer } of stalls) {
      const opener = stage.opener({ dialer, limits: { ...GENEROUS, open: 100 } });
      const refusal = await refusalOf(stage.open(await port(), undefined, opener));
      assert.deepEqual([phase, refusal.code, refusal.detail.value], [phase, "network.timeout", "open"]);
      assert.ok(stage.dialled.every((socket) => socket.destroyed));
    }
  });

  it("all together: also what ran out between two phases", async () => {
    const { port } = await stage.serve();
    const dial: Dialer["dial"] = async (to, signal) => {
      const socket = await stage.dialer.dial(to, signal);
      const until = performance.now() + 30;
      while (performance.now() < until);
      return socket;
    };
    const opener = stage.opener({ dialer: { dial }, limits: { ...GENEROUS, open: 10 } });
    assert.equal((await refusalOf(stage.open(port, undefined, opener))).detail.value, "open");
  });

  it("judge: is measured against its limit", async () => {
    const { port } = await stage.serve();
    const opener = stage.opener({ limits: { ...GENEROUS, judge: -1 } });
    const refusal = await refusalOf(stage.open(port, undefined, opener));
    assert.equal(refusal.code, "network.timeout");
    assert.equal(refusal.detail.value, "judge");
  });

  it("is not begun when the signal has already fired", async () => {
    const before = stage.dialled.length;
    const refusal = await refusalOf(stage.opener().open(stage.expectation(1), AbortSignal.abort()));
    assert.equal(refusal.code, "verdict.cancelled");
    assert.equal(stage.dialled.length, before);
  });

  it("destroys a connection that the dialer brings too late", async () => {
    const port = await silentServer();
    let closed: (() => void) | undefined;
    const discarded = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const dialer: Dialer = {
      dial: async () => {
        await new Promise((resolve) => setTimeout(resolve, 80));
        return connect(port, "127.0.0.1").once("close", () => closed?.());
      },
    };
    const opener = stage.opener({ dialer, limits: { ...GENEROUS, dial: 20 } });
    assert.equal((await refusalOf(stage.open(port, undefined, opener))).code, "network.timeout");
    await discarded;
  });

  it("passes a dialer's refusal on, and names other faults of the network", async () => {
    const refused: Dialer = { dial: () => Promise.reject(new Refusal("network.proxy", { fault: "no" })) };
    assert.equal((await refusalOf(stage.open(1, undefined, stage.opener({ dialer: refused })))).code, "network.proxy");
    const broken: Dialer = { dial: () => Promise.reject(new Error("no route")) };
    const refusal = await refusalOf(stage.open(1, undefined, stage.opener({ dialer: broken })));
    assert.equal(refusal.code, "network.unreachable");
    assert.equal(refusal.detail.fault, "no route");
  });
});

describe("a refusal", () => {
  it("carries the evidence so far and how far the handshake got", async () => {
    const { port } = await stage.serve({ tls: { requestCert: false } });
    const refusal = await refusalOf(stage.open(port));
    assert.equal(refusal.code, "client.not-requested");
    assert.deepEqual(
      refusal.evidence.map(({ kind }) => kind),
      ["server.name", "server.validity", "server.chain", "server.pin"],
    );
    const facts = factsOf(refusal);
    assert.equal(facts?.protocol, "TLSv1.3");
    assert.equal(facts?.serverCertificate?.fingerprint, stage.scene.genuine.fingerprint);
    assert.equal(facts?.identity?.fingerprint, stage.scene.identity.fingerprint);
    assert.ok(facts?.steps.some(({ name }) => name === "CertificateVerify"));
    assert.ok(!facts?.steps.some(({ name }) => name === "released second flight"));
  });

  it("comes of any authenticator, at any of its moments", async () => {
    const { port } = await stage.serve();
    const no = () => {
      throw new Refusal("server.untrusted", { fault: "no" });
    };
    const base: Authenticator = { method: "test", applies: () => true };
    const moments: readonly Authenticator[] = [
      { ...base, credentials: async () => no() },
      { ...base, judgeServer: no },
      { ...base, prove: async () => no() },
    ];
    for (const moment of moments) {
      const opener = stage.opener({ authenticators: [serverCertificateAuthenticator(), moment] });
      const refusal = await refusalOf(stage.open(port, { method: "form" }, opener));
      assert.equal(refusal.code, "server.untrusted");
      assert.ok(stage.dialled.every((socket) => socket.destroyed));
    }
  });

  it("comes of the verdict when nobody judged the server", async () => {
    const { port } = await stage.serve();
    const refusal = await refusalOf(stage.open(port, { method: "form" }, stage.opener({ authenticators: [] })));
    assert.equal(refusal.code.startsWith("server."), true, refusal.code);
    assert.ok(stage.dialled.every((socket) => socket.destroyed));
  });

  it("comes of the verdict when nobody proved the client", async () => {
    const { port } = await stage.serve();
    const opener = stage.opener({ authenticators: [serverCertificateAuthenticator()] });
    const refusal = await refusalOf(stage.open(port, undefined, opener));
    assert.equal(refusal.code.startsWith("client."), true, refusal.code);
  });
});

describe("the transport", () => {
  it("may be any stream, such as a proxy's tunnel", async () => {
    const { port } = await stage.serve();
    const { Duplex: PlainDuplex } = await import("node:stream");
    const dialer: Dialer = {
      dial: async (to, signal): Promise<Duplex> => {
        const socket = await stage.dialer.dial(to, signal);
        return PlainDuplex.from({ readable: socket, writable: socket });
      },
    };
    const channel = await stage.open(port, undefined, stage.opener({ dialer }));
    assert.equal(channel.verdict.kind, "authenticated");
  });
});
