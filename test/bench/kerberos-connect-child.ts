/** Interleaves our way to a verdict with curl's to its answer; curl's own clock leaves the start of its process out. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { answer, inputOf } from "./child-side.ts";
import type { KerberosFacts } from "./kerberos-portal.ts";
import { assembleKerberos } from "./kerberos-product.ts";

const WARM_UP = 20;
const ROUNDS = 100;

export interface KerberosTimes {
  /** Milliseconds each. */
  readonly product: number[];
  /** The first transfer of a process. */
  readonly curl: number[];
  /** The second, on a connection of its own, by a process that has everything loaded. */
  readonly curlAgain: number[];
}

const facts = await inputOf<KerberosFacts>();
const { opener, expectation } = assembleKerberos(facts);
const folder = mkdtempSync(join(tmpdir(), "countersign-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const root = join(folder, "root.pem");
writeFileSync(root, facts.rootPem);
const transfer = ["--output", "/dev/null", `${facts.origin}/`];
const words = [
  ...["--silent", "--show-error", "--head", "--negotiate", "--user", ":", "--noproxy", "*", "--cacert", root],
  // A new connection with a whole handshake for each transfer, as ours are.
  ...["--no-sessionid", "--header", "Connection: close", "--resolve", `${facts.host}:${facts.port}:127.0.0.1`],
  ...["--write-out", "%{http_code} %{num_connects} %{time_namelookup} %{time_total}\\n"],
  ...transfer,
  ...transfer,
];

async function product(): Promise<number> {
  const start = performance.now();
  const channel = await opener.open(expectation, new AbortController().signal);
  const duration = performance.now() - start;
  channel.destroy();
  return duration;
}

async function curl(): Promise<readonly [number, number]> {
  const { stdout } = await promisify(execFile)("/usr/bin/curl", words, { env: { ...process.env, ...facts.env } });
  const [first, second] = stdout.trim().split("\n").map(timeIn);
  if (first === undefined || second === undefined) throw new Error(`curl said ${stdout}`);
  return [first, second];
}

function timeIn(line: string): number {
  const [status, connects, lookup, total] = line.split(" ").map(Number);
  if (status !== 200 || connects !== 1 || lookup === undefined || total === undefined) {
    throw new Error(`curl: ${line}; expected 200 on one new connection`);
  }
  return (total - lookup) * 1000;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 2));
const times: KerberosTimes = { product: [], curl: [], curlAgain: [] };
for (let round = -WARM_UP; round < ROUNDS; round += 1) {
  const ours = await product();
  await pause();
  const [first, second] = await curl();
  await pause();
  if (round < 0) continue;
  times.product.push(ours);
  times.curl.push(first);
  times.curlAgain.push(second);
}
answer(times);
