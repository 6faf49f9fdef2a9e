/** Relay throughput: the same client, the same server, through us, through two stunnels, and directly. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startChild } from "./child.ts";
import type { GatewayFacts } from "./gateway-child.ts";
import { DOWNLOAD_BYTES, factsOf, type Portal } from "./portal.ts";
import { median, type Row, rowOf } from "./row.ts";
import { startStunnelPair } from "./stunnel.ts";

const run = promisify(execFile);
const ROUNDS = 5;
const MEBIBYTE = 1024 * 1024;

/** Mebibytes per second of one transfer by curl. */
async function transfer(way: readonly string[], what: readonly string[], url: string, metric: string): Promise<number> {
  const words = ["--silent", "--show-error", "--fail", "--insecure", "--output", "/dev/null", ...way, ...what];
  const { stdout } = await run("curl", [
    ...words,
    "--write-out",
    `%{http_code} %{size_${metric}} %{speed_${metric}}`,
    url,
  ]);
  const [status, size, speed] = stdout.split(" ").map(Number);
  if (status === undefined || status >= 300 || size !== DOWNLOAD_BYTES) {
    throw new Error(`${url}: HTTP ${status}, ${size} bytes; expected all ${DOWNLOAD_BYTES}`);
  }
  return (speed ?? Number.NaN) / MEBIBYTE;
}

interface Ways {
  readonly product: readonly string[];
  readonly stunnels: readonly string[];
  readonly direct: readonly string[];
}

/** Medians of interleaved rounds, so that the machine's mood falls on all alike. */
async function compare(ways: Ways, what: readonly string[], url: string, metric: "download" | "upload") {
  const speeds = { product: [] as number[], stunnels: [] as number[], direct: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of ["product", "stunnels", "direct"] as const) {
      speeds[name].push(await transfer(ways[name], what, url, metric));
    }
  }
  return { product: median(speeds.product), stunnels: median(speeds.stunnels), direct: median(speeds.direct) };
}

export async function measureThroughput(portal: Portal): Promise<readonly Row[]> {
  const directory = mkdtempSync(join(tmpdir(), "countersign-throughput-"));
  const upload = join(directory, "upload.bin");
  writeFileSync(upload, "");
  truncateSync(upload, DOWNLOAD_BYTES);
  const identity = join(directory, "identity.pem");
  writeFileSync(identity, portal.identity.chainPem + portal.identity.keyPem, { mode: 0o600 });
  const gateway = await startChild("./gateway-child.ts", factsOf(portal));
  const stunnels = await startStunnelPair(portal);
  try {
    const { port, username, password } = (await gateway.next()) as GatewayFacts;
    const name = `${portal.host}:${portal.port}`;
    const ways: Ways = {
      product: ["--proxy", `http://127.0.0.1:${port}`, "--proxy-user", `${username}:${password}`],
      stunnels: ["--connect-to", `${name}:127.0.0.1:${stunnels.port}`],
      direct: ["--connect-to", `${name}:127.0.0.1:${portal.port}`, "--cert", identity],
    };
    const rows = (id: string, what: string, speeds: Awaited<ReturnType<typeof compare>>) => [
      rowOf({
        id,
        what,
        product: speeds.product,
        peer: speeds.stunnels,
        peerName: "two chained stunnels",
        unit: "MiB/s",
        better: "more",
        goal: 1,
      }),
      rowOf({
        id: `${id}.direct`,
        what,
        product: speeds.product,
        peer: speeds.direct,
        peerName: "direct",
        unit: "MiB/s",
        better: "more",
      }),
    ];
    const large = `${portal.origin}/large.bin`;
    const sending = ["--upload-file", upload, "--header", "Expect:"];
    return [
      ...rows("throughput.download", "download of 256 MiB", await compare(ways, ["--http1.1"], large, "download")),
      ...rows(
        "throughput.upload",
        "upload of 256 MiB",
        await compare(ways, ["--http1.1", ...sending], `${portal.origin}/upload`, "upload"),
      ),
      ...rows(
        "throughput.download-h2",
        "download of 256 MiB, HTTP/2 on the page's side where offered",
        await compare(ways, ["--http2"], large, "download"),
      ),
    ];
  } finally {
    await gateway.stop();
    await stunnels.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
