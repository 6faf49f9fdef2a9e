/** Lists of hostile addresses: what a look-up, the start, the memory and a delta cost, for one, three and ten million. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundled } from "./bundle.ts";
import { startChild } from "./child.ts";
import { type Row, rowOf } from "./row.ts";

const SIZES = [1_000_000, 3_000_000, 10_000_000] as const;

interface Times {
  readonly p50: number;
  readonly p99: number;
}

interface Measured {
  readonly ready: number;
  readonly memory: number;
  readonly lookup: Times;
  readonly whole: Times;
}

const PEERS = [
  ["set", "JavaScript Set of expressions"],
  ["prefixes", "sorted array of 8-byte prefixes"],
  ["sqlite", "SQLite (WebAssembly), index on the hash"],
] as const;

export async function measureHostile(): Promise<readonly Row[]> {
  const worker = await bundled("../../app/hostile/worker.ts");
  const rows: Row[] = [];
  for (const entries of SIZES) {
    const folder = mkdtempSync(join(tmpdir(), "countersign-bench-hostile-"));
    const run = async <T>(subject: string): Promise<T> => {
      const child = await startChild("./hostile-child.ts", { subject, entries, folder, worker });
      try {
        return (await child.next()) as T;
      } finally {
        await child.stop();
      }
    };
    try {
      const { seconds } = await run<{ seconds: number }>("build");
      const ours = await run<Measured>("ours");
      rows.push(...goals(entries, ours));
      if (entries === SIZES.at(-1)) {
        for (const [subject, name] of PEERS) rows.push(...against(entries, ours, await run<Measured>(subject), name));
      }
      const delta = await run<{ seconds: number; blocked: number }>("delta");
      rows.push(...changes(entries, seconds, delta));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return rows;
}

const millions = (entries: number): string => `${entries / 1_000_000} million`;

/** A row whose peer is the goal itself. */
function goal(entries: number, name: string, what: string, product: number, peer: number, unit: string): Row {
  const id = `hostile.${name}.${entries / 1_000_000}m`;
  return rowOf({
    id,
    what: `${what}, ${millions(entries)}`,
    product,
    peer,
    peerName: "goal",
    unit,
    better: "less",
    goal: 1,
  });
}

function goals(entries: number, { ready, memory, lookup, whole }: Measured): readonly Row[] {
  return [
    goal(entries, "lookup.p50", "look-up of a clean address, median", lookup.p50, 2, "µs"),
    goal(entries, "lookup.p99", "look-up of a clean address, 99 %", lookup.p99, 20, "µs"),
    goal(entries, "whole.p50", "the same from text, parsed and canonicalized, median", whole.p50, 2, "µs"),
    goal(entries, "whole.p99", "the same from text, parsed and canonicalized, 99 %", whole.p99, 20, "µs"),
    goal(entries, "memory", "resident memory of the list", memory, 40, "MiB"),
    goal(entries, "ready", "from start to the first look-up", ready, 300, "ms"),
  ];
}

function changes(entries: number, build: number, delta: { readonly seconds: number; readonly blocked: number }) {
  const built = {
    id: `hostile.build.${entries / 1_000_000}m`,
    what: `a whole list of ${millions(entries)}, in its thread`,
  };
  return [
    goal(entries, "delta", "a delta of 100,000", delta.seconds, 2, "s"),
    goal(entries, "blocked", "longest wait of the event loop meanwhile", delta.blocked, 50, "ms"),
    rowOf({ ...built, product: build, peer: build, peerName: "itself", unit: "s", better: "less" }),
  ];
}

function against(entries: number, ours: Measured, peer: Measured, peerName: string): readonly Row[] {
  const row = (name: string, what: string, product: number, other: number, unit: string) =>
    rowOf({
      id: `hostile.${name}.${peerName.split(" ")[0]?.toLowerCase()}`,
      what: `${what}, ${millions(entries)}`,
      product,
      peer: other,
      peerName,
      unit,
      better: "less",
    });
  return [
    row("lookup.p50", "look-up of a clean address, median", ours.lookup.p50, peer.lookup.p50, "µs"),
    row("lookup.p99", "look-up of a clean address, 99 %", ours.lookup.p99, peer.lookup.p99, "µs"),
    row("memory", "resident memory of the list", ours.memory, peer.memory, "MiB"),
  ];
}
