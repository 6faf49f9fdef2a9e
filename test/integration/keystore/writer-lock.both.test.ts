import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { Refusal } from "../../../app/core/refusal.ts";
import { createWriterLock } from "../../../app/keystore/writer-lock.ts";

const newService = (): string => `countersign-lock-${process.pid}-${Math.random()}`;

test("one writer at a time, in the order in which they get their turn", async () => {
  const service = newService();
  let inside = 0;
  const turns = Array.from({ length: 8 }, () =>
    createWriterLock(service)(async () => {
      inside += 1;
      assert.equal(inside, 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
    }),
  );
  await Promise.all(turns);
});

test("a writer that fails gives its turn back", async () => {
  const lock = createWriterLock(newService());
  await assert.rejects(
    lock(() => Promise.reject(new Error("failed"))),
    /failed/,
  );
  assert.equal(await lock(async () => "next"), "next");
});

test("another service's writer is not waited for", async () => {
  await createWriterLock(newService())(() => createWriterLock(newService(), { timeLimit: 100 })(async () => undefined));
});

test("waiting has an end", async () => {
  const service = newService();
  await createWriterLock(service)(async () => {
    const waiting = createWriterLock(service, { timeLimit: 100 })(async () => undefined);
    await assert.rejects(waiting, (error) => error instanceof Refusal && error.code === "keystore.refused");
  });
});

test("the lock of a killed process is free", async () => {
  const service = newService();
  const module = new URL("../../../app/keystore/writer-lock.ts", import.meta.url).href;
  const script = `import { createWriterLock } from ${JSON.stringify(module)};
    await createWriterLock(${JSON.stringify(service)})(() => { console.log("held"); return new Promise(() => setInterval(() => {}, 1e6)); });`;
  const holder = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  const lock = createWriterLock(service, { timeLimit: 100 });
  await assert.rejects(
    lock(async () => undefined),
    Refusal,
  );
  const ended = once(holder, "exit");
  holder.kill("SIGKILL");
  await ended;
  await lock(async () => undefined);
});
