/** One channel to a GSS-protected service, and one plain connection to its bare twin: the same requests over both. */
import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import { answer, inputOf } from "./child-side.ts";
import type { KerberosFacts } from "./kerberos-portal.ts";
import { assembleKerberos } from "./kerberos-product.ts";

export interface GssSocketFacts extends Omit<KerberosFacts, "rootPem"> {
  /** Port of the service without tokens and wrapping. */
  readonly bare: number;
}

/** Mebibytes per second. */
interface Speeds {
  readonly product: number[];
  readonly bare: number[];
}

export interface GssSocketSpeeds {
  readonly download: Speeds;
  readonly upload: Speeds;
}

const MEBIBYTE = 1_048_576;
const OCTETS = 64 * MEBIBYTE;
const PIECE = Buffer.alloc(MEBIBYTE, "y");
const ROUNDS = 5;

type Ask = (options: RequestOptions) => ClientRequest;

async function read(asked: ClientRequest): Promise<{ readonly octets: number; readonly text: string }> {
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  let octets = 0;
  let text = "";
  for await (const piece of response as AsyncIterable<Buffer>) {
    octets += piece.length;
    if (octets < 100) text += piece.toString();
  }
  return { octets, text };
}

async function download(ask: Ask): Promise<void> {
  const asked = ask({ path: `/octets/${OCTETS}` });
  asked.end();
  const { octets } = await read(asked);
  if (octets !== OCTETS) throw new Error(`${octets} octets came of ${OCTETS}`);
}

async function upload(ask: Ask): Promise<void> {
  const asked = ask({ method: "POST", path: "/count", headers: { "content-length": OCTETS } });
  const answered = read(asked);
  for (let given = 0; given < OCTETS; given += PIECE.length) {
    if (!asked.write(PIECE)) await once(asked, "drain");
  }
  asked.end();
  const { text } = await answered;
  if (Number(text) !== OCTETS) throw new Error(`${text} octets arrived of ${OCTETS}`);
}

async function speedOf(move: (ask: Ask) => Promise<void>, ask: Ask): Promise<number> {
  const start = performance.now();
  await move(ask);
  return OCTETS / MEBIBYTE / ((performance.now() - start) / 1_000);
}

const facts = await inputOf<GssSocketFacts>();
const { opener, expectation } = assembleKerberos(facts);
const channel = await opener.open(expectation, new AbortController().signal);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const ways = {
  product: (options: RequestOptions) => channel.request(options),
  bare: (options: RequestOptions) => request({ ...options, host: "127.0.0.1", port: facts.bare, agent }),
} as const;
const speeds: GssSocketSpeeds = { download: { product: [], bare: [] }, upload: { product: [], bare: [] } };
for (let round = -1; round < ROUNDS; round += 1) {
  for (const way of ["product", "bare"] as const) {
    for (const [direction, move] of [
      ["download", download],
      ["upload", upload],
    ] as const) {
      const speed = await speedOf(move, ways[way]);
      if (round >= 0) speeds[direction][way].push(speed);
    }
  }
}
answer(speeds);
