/**
 * Everything there is on the other side of the cable: the bank, and an attacker who answers to every name and address.
 * Runs in a network namespace of its own, started by network.ts; tells its parent what it was asked.
 */
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer as createTcp, type Socket } from "node:net";
import { createSecureContext } from "node:tls";
import { type Certificate, makeAuthority } from "../../realm/certificates.ts";
import { leavingPage, otherAnswer, typingPage, typingPageFields } from "./pages.ts";
import { type Arrival, BANK, GATEWAY_ADDRESS } from "./places.ts";
import { addressOf, labelOf, WAYS } from "./ways.ts";

const say = (message: unknown): void => void process.send?.(message);
const arrived = (to: Arrival["to"], line: string, content = "") =>
  say({ kind: "arrival", arrival: { to, line, content } satisfies Arrival });

function contentOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    request.once("close", () => resolve(Buffer.concat(chunks).toString()));
    request.once("end", () => resolve(Buffer.concat(chunks).toString()));
  });
}

async function attacker(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, {
    "Access-Control-Allow-Origin": "*",
    "Content-Type": "text/plain",
    "Cache-Control": "no-store",
  });
  const content = await contentOf(request);
  arrived(
    "attacker",
    `${request.method} ${request.headers.host}${request.url}`,
    `${JSON.stringify(request.headers)}\n${content}`,
  );
  response.end("got it");
}

async function bank(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, search } = new URL(request.url ?? "/", "https://any");
  const content = await contentOf(request);
  arrived("bank", `${request.method} ${pathname}`, content);
  const leaving = WAYS.find(({ id }) => pathname === `/leave/${id}`);
  const other = otherAnswer(pathname, search.slice(1));
  if (pathname === "/typing") {
    for (const [name, values] of Object.entries(typingPageFields())) response.setHeader(name, values);
    response.writeHead(200, { "Content-Type": "text/html" }).end(typingPage());
  } else if (leaving) response.writeHead(200, { "Content-Type": "text/html" }).end(leavingPage(leaving));
  else if (other) response.writeHead(other.status, other.fields).end(other.body);
  else
    response
      .writeHead(200, { "Content-Type": "text/html" })
      .end("<title>Blank</title><script src=/mapped.js></script>ok");
}

/** Answers every name of the attacker's with the way's own address (RFC 1035), others with "no such name". */
function answerNames(): void {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const name = query.subarray(12).toString("latin1").toLowerCase();
    const way = WAYS.find((each) => name.includes(labelOf(each)));
    const address = name.includes("bank") ? BANK.address : way && addressOf(way);
    arrived("attacker", "DNS", query.toString("latin1"));
    const end = query.indexOf(0, 12) + 5;
    const isAddress = query.readUInt16BE(end - 4) === 1;
    const head = Buffer.from(query.subarray(0, end));
    head.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(address !== undefined && isAddress ? 1 : 0, 6);
    head.writeUInt16BE(0, 8);
    head.writeUInt16BE(0, 10);
    const record = Buffer.concat([
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]),
      Buffer.from((address ?? "").split(".").map(Number)),
    ]);
    socket.send(address !== undefined && isAddress ? Buffer.concat([head, record]) : head, from.port, from.address);
  });
  socket.bind(53, GATEWAY_ADDRESS);
}

/** Bytes of protocols that are only recorded. */
function listenRaw(port: number): void {
  createTcp((socket: Socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => arrived("attacker", `TCP ${port}`, bytes.toString("latin1")));
  }).listen(port, "0.0.0.0");
}

function start(): void {
  const ip = (...words: string[]) => execFileSync("ip", words);
  ip("link", "set", "dev", "outside", "addrgenmode", "none");
  ip("link", "set", "lo", "up");
  ip("addr", "add", `${GATEWAY_ADDRESS}/24`, "dev", "outside");
  ip("addr", "add", "fd77::2/64", "dev", "outside", "nodad");
  ip("link", "set", "outside", "up");
  ip("route", "add", "local", "198.51.100.0/24", "dev", "lo");
  ip("route", "add", "local", `${BANK.address}/32`, "dev", "lo");
  const authority = makeAuthority({ subject: "CN=Scene CA" });
  const leaf = authority.issue({ names: { dns: [BANK.host] } });
  const foreign = authority.issue({ names: { dns: ["*.evil.test", "evil.test"] } });
  const contextOf = ({ keyPem, chainPem }: Certificate) => createSecureContext({ key: keyPem, cert: chainPem });
  const [own, others] = [contextOf(leaf), contextOf(foreign)];
  const tls = createHttps(
    {
      key: foreign.keyPem,
      cert: foreign.chainPem,
      SNICallback: (name, answer) => answer(null, name === BANK.host ? own : others),
    },
    (request, response) =>
      void (request.socket.localAddress === BANK.address ? bank(request, response) : attacker(request, response)),
  );
  tls.on("upgrade", (request, socket) => {
    arrived("attacker", `upgrade ${request.headers.host}${request.url}`, JSON.stringify(request.headers));
    socket.destroy();
  });
  tls.listen(443, "0.0.0.0");
  createHttp((request, response) => void attacker(request, response)).listen(80, "0.0.0.0");
  listenRaw(3478);
  listenRaw(8443);
  answerNames();
  say({ kind: "ready", pin: leaf.pin });
}

process.on("message", (message) => {
  if (message === "start") start();
});
process.on("disconnect", () => process.exit());
