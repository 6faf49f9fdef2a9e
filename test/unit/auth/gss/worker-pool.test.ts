import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { GssContext, InitiateOptions } from "../../../../app/auth/gss/port.ts";
import type { GssCall, GssReply, GssRequest, GssValue, GssWorker } from "../../../../app/auth/gss/protocol.ts";
import { createGssPort } from "../../../../app/auth/gss/worker-pool.ts";
import type { ReasonCode } from "../../../../app/core/reasons.ts";
import { Refusal } from "../../../../app/core/refusal.ts";

const TIMEOUT = 50;
const options = (spn: string): InitiateOptions => ({ spn, mechanism: "spnego", flags: ["mutual"] });
const TOKEN = Buffer.from("token");

/** A process that answers what `answer` says; `hang` is never answered, `die` ends it. */
class FakeWorker implements GssWorker {
  readonly calls: GssCall[] = [];
  killed = false;
  readonly contexts = new Map<number, string>();
  #reply: (reply: GssReply) => void = () => {};
  #exit: () => void = () => {};

  post({ id, call }: GssRequest): void {
    this.calls.push(call);
    setImmediate(() => {
      if (this.killed) return;
      const spn = this.#spnOf(call);
      if (spn.startsWith("hang")) return;
      if (spn.startsWith("die")) this.die();
      else if (spn.startsWith("refuse")) {
        this.#reply({ id, ok: false, failure: { code: "server.spn-unknown", detail: { fault: "unknown" } } });
      } else this.#reply({ id, ok: true, value: answerTo(call) });
    });
  }

  #spnOf(call: GssCall): string {
    if (call.kind === "credential") return "";
    if (call.kind === "initiate") {
      if (!call.options.spn.startsWith("refuse")) this.contexts.set(call.context, call.options.spn);
      return call.options.spn;
    }
    const spn = this.contexts.get(call.context) ?? "";
    if (call.kind === "dispose") {
      this.contexts.delete(call.context);
      return "";
    }
    return call.kind === "step" && call.input !== undefined ? spn.replace("later-", "") : spn;
  }

  die(): void {
    this.killed = true;
    this.#exit();
  }

  onReply(listener: (reply: GssReply) => void): void {
    this.#reply = listener;
  }

  onExit(listener: () => void): void {
    this.#exit = listener;
  }

  kill(): void {
    this.killed = true;
    setImmediate(() => this.#exit());
  }
}

function answerTo(call: GssCall): GssValue {
  if (call.kind === "credential") return { principal: "ada@CORP.EXAMPLE", realm: "CORP.EXAMPLE", expires: 1 };
  if (call.kind === "initiate" || call.kind === "step") return { token: TOKEN };
  if (call.kind === "wrap") return call.messages;
  if (call.kind === "unwrap") return call.messages.map((message) => ({ message, confidential: true }));
  return undefined;
}

function pool(settings: { readonly workers?: number; readonly timeout?: number } = {}) {
  const processes: FakeWorker[] = [];
  const spawn = () => {
    const made = new FakeWorker();
    processes.push(made);
    return made;
  };
  return { gss: createGssPort({ spawn, timeout: TIMEOUT, workers: 2, ...settings }), processes };
}

const refusedWith = (code: ReasonCode) => (error: unknown) => error instanceof Refusal && error.code === code;

async function begun(context: GssContext): Promise<GssContext> {
  await context.step();
  return context;
}

const settled = () => new Promise((resolve) => setTimeout(resolve, TIMEOUT / 2));

describe("processes for Kerberos", () => {
  it("start with the first call, not before", async () => {
    const { gss, processes } = pool();
    assert.equal(processes.length, 0);
    assert.equal((await gss.credential()).principal, "ada@CORP.EXAMPLE");
    assert.equal(processes.length, 1);
    gss.dispose();
  });

  it("are ended and replaced when a call hangs; its context fails with kerberos.timeout", async () => {
    const { gss, processes } = pool({ workers: 1 });
    await assert.rejects(gss.initiate(options("hang")).step(), refusedWith("kerberos.timeout"));
    assert.deepEqual(
      processes.map(({ killed }) => killed),
      [true],
    );
    assert.deepEqual((await gss.initiate(options("HTTP/a")).step()).token, TOKEN);
    assert.equal(processes.length, 2);
    gss.dispose();
  });

  it("wrap and unwrap several messages in one call and in their order", async () => {
    const { gss, processes } = pool();
    const context = await begun(gss.initiate(options("HTTP/a")));
    const before = processes[0]?.calls.length ?? 0;
    const messages = ["one", "two", "three"].map((text) => Buffer.from(text));
    assert.deepEqual(await context.wrapAll(messages, true), messages);
    const unwrapped = await context.unwrapAll(messages);
    assert.deepEqual(
      unwrapped,
      messages.map((message) => ({ message, confidential: true })),
    );
    assert.deepEqual(await context.wrap(Buffer.from("one"), true), Buffer.from("one"));
    assert.equal((processes[0]?.calls.length ?? 0) - before, 3);
    gss.dispose();
  });

  it("take other contexts with them when they are ended, and say so", async () => {
    const { gss } = pool({ workers: 1 });
    const held = await begun(gss.initiate(options("HTTP/a")));
    const hung = assert.rejects(gss.initiate(options("hang")).step(), refusedWith("kerberos.timeout"));
    await settled();
    const waiting = assert.rejects(held.step(TOKEN), refusedWith("kerberos.timeout"));
    await Promise.all([hung, waiting]);
    for (const call of [held.step(TOKEN), held.wrap(TOKEN, true), held.unwrap(TOKEN)]) {
      await assert.rejects(call, refusedWith("kerberos.timeout"));
    }
    gss.dispose();
  });

  it("a hung call does not hold up others", async () => {
    const { gss, processes } = pool({ timeout: 60_000 });
    const hung = gss.initiate(options("hang")).step();
    hung.catch(() => {});
    await begun(gss.initiate(options("HTTP/a")));
    await begun(gss.initiate(options("HTTP/b")));
    assert.equal((await gss.credential()).realm, "CORP.EXAMPLE");
    assert.equal(processes.length, 2);
    gss.dispose();
    await assert.rejects(hung, refusedWith("verdict.cancelled"));
  });

  it("a new context, which may hang, stays away from one that waits for its server", async () => {
    const { gss } = pool({ timeout: 60_000 });
    const waiting = await begun(gss.initiate(options("HTTP/a")));
    const hung = gss.initiate(options("hang")).step();
    hung.catch(() => {});
    assert.deepEqual((await waiting.step(TOKEN)).token, TOKEN);
    gss.dispose();
  });

  it("queue what is more than they can do, and do all of it", async () => {
    const { gss, processes } = pool({ timeout: 60_000 });
    const contexts = Array.from({ length: 100 }, (_, index) => gss.initiate(options(`HTTP/${index}`)));
    await Promise.all(contexts.map((context) => context.step()));
    await Promise.all(contexts.map((context) => context.step(TOKEN)));
    for (const context of contexts) context.dispose();
    await gss.credential();
    await settled();
    assert.equal(processes.length, 2);
    assert.deepEqual(
      processes.map(({ contexts: held }) => held.size),
      [0, 0],
    );
    gss.dispose();
  });

  it("that die fail their call and are replaced", async () => {
    const { gss, processes } = pool({ workers: 1, timeout: 60_000 });
    await assert.rejects(gss.initiate(options("die")).step(), refusedWith("kerberos.library"));
    await begun(gss.initiate(options("HTTP/a")));
    assert.equal(processes.length, 2);
    gss.dispose();
  });

  it("that die idle are replaced, and what they held is gone", async () => {
    const { gss, processes } = pool({ workers: 1, timeout: 60_000 });
    const held = await begun(gss.initiate(options("HTTP/a")));
    processes[0]?.die();
    await assert.rejects(held.step(TOKEN), refusedWith("kerberos.timeout"));
    held.dispose();
    await begun(gss.initiate(options("HTTP/b")));
    gss.dispose();
  });

  it("that cannot be started are a refusal, each time, and no unhandled error", async () => {
    const gss = createGssPort({
      spawn: () => {
        throw new Error("no memory");
      },
    });
    await assert.rejects(gss.credential(), refusedWith("kerberos.library"));
    await assert.rejects(gss.initiate(options("HTTP/a")).step(), refusedWith("kerberos.library"));
    gss.dispose();
  });

  it("refuse what the library refuses, and hold nothing of it", async () => {
    const { gss, processes } = pool();
    await assert.rejects(gss.initiate(options("refuse")).step(), refusedWith("server.spn-unknown"));
    const context = await begun(gss.initiate(options("HTTP/a")));
    assert.equal(processes.length, 1);
    context.dispose();
    gss.dispose();
  });

  it("free a context once, also when it is disposed of while it starts", async () => {
    const { gss, processes } = pool({ workers: 1 });
    const context = gss.initiate(options("HTTP/a"));
    const first = context.step();
    context.dispose();
    context.dispose();
    await first.catch(() => {});
    await gss.credential();
    assert.equal(processes[0]?.contexts.size, 0);
    assert.equal(processes[0]?.calls.filter(({ kind }) => kind === "dispose").length, 1);
    gss.dispose();
  });

  it("end all at once with `dispose`, and every call with them, waiting or new", async () => {
    const { gss, processes } = pool({ timeout: 60_000 });
    const calls = Array.from({ length: 20 }, () => gss.initiate(options("hang")).step());
    const refusals = Promise.all(calls.map((call) => assert.rejects(call, refusedWith("verdict.cancelled"))));
    await settled();
    gss.dispose();
    await refusals;
    assert.ok(processes.every(({ killed }) => killed));
    await assert.rejects(gss.credential(), refusedWith("verdict.cancelled"));
    assert.equal(processes.length, 2);
  });
});
