import { readdirSync, readFileSync } from "node:fs";

const KIBIBYTE = 1024;
const MEBIBYTE = KIBIBYTE * KIBIBYTE;

/** Proportional set size of one process in MiB: shared pages are divided among those who share them (proc(5)). */
export function proportionalSetSize(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return (Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * KIBIBYTE) / MEBIBYTE;
  } catch {
    // It ended meanwhile.
    return 0;
  }
}

function parentOf(pid: number): number {
  try {
    // The name in parentheses may hold anything; the parent is the second field after it (proc(5)).
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
  } catch {
    return 0;
  }
}

/** The process and all its descendants. */
export function processTree(root: number): readonly number[] {
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const parents = new Map(pids.map((pid) => [pid, parentOf(pid)]));
  const isBelow = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
      if (at === root) return true;
    }
    return false;
  };
  return pids.filter(isBelow);
}

export const memoryOf = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + proportionalSetSize(pid), 0);
