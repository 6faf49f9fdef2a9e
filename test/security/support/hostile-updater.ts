/**
 * Brings a store up to a release, in a process that ends itself by SIGKILL before its n-th change of the file system.
 * Input: JSON in argv[2]; output: one JSON line.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

interface Input {
  readonly store: string;
  readonly releases: readonly string[];
  readonly list: { readonly id: string; readonly format: "lines"; readonly publicKey: string };
  /** Not at all when absent. */
  readonly killAt?: number;
}

const input = JSON.parse(process.argv[2] ?? "") as Input;
let changes = 0;

function change(): void {
  changes += 1;
  if (changes === input.killAt) process.kill(process.pid, "SIGKILL");
}

type Call = (...parameters: unknown[]) => unknown;

function counted(holder: object, name: string, counts: (parameters: readonly unknown[]) => boolean = () => true): void {
  const original = Reflect.get(holder, name) as Call;
  Reflect.set(holder, name, function (this: unknown, ...parameters: unknown[]) {
    if (counts(parameters)) change();
    return original.apply(this, parameters);
  });
}

const writes = ([, flags]: readonly unknown[]): boolean => typeof flags === "string" && !/^r$/.test(flags);
for (const name of ["writeSync", "write", "writev", "fsyncSync", "fsync", "renameSync", "rmSync"]) counted(fs, name);
for (const name of ["rename", "rm", "mkdir"]) counted(fs.promises, name);
for (const [holder, name] of [
  [fs, "openSync"],
  [fs, "open"],
  [fs.promises, "open"],
] as const)
  counted(holder, name, writes);
const probe = await fs.promises.open(process.execPath, "r");
const handles = Object.getPrototypeOf(probe) as object;
await probe.close();
for (const name of ["writeFile", "sync"]) counted(handles, name);
syncBuiltinESMExports();

const { ListStore } = await import("../../../app/hostile/list-store.ts");
const { updateList } = await import("../../../app/hostile/update.ts");
const { fileSource } = await import("../../../app/hostile/file-source.ts");
const { runJob } = await import("../../../app/hostile/job.ts");
const { Refusal } = await import("../../../app/core/refusal.ts");

const codes: string[] = [];
const store = await ListStore.open(input.store);
for (const release of input.releases) {
  try {
    await updateList(store, {
      list: input.list,
      source: fileSource(release),
      runner: async (job) => runJob(job),
      signal: new AbortController().signal,
    });
    codes.push("accepted");
  } catch (error) {
    codes.push(error instanceof Refusal ? `${error.code}: ${error.detail.fault}` : String(error));
  }
}
await store.close();
console.log(JSON.stringify({ changes, codes, number: store.state?.number }));
