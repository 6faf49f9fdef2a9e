import assert from "node:assert/strict";
import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { after, before, test } from "node:test";
import { type GatewayScene, startGateway, startHttpOrigin } from "../../support/gateway-scene.ts";

let scene: GatewayScene;
let session: ClientHttp2Session;
/** The connection that each request arrived on, by its port at our end. */
const arrivals: { readonly method: string; readonly port: number | undefined }[] = [];

before(async () => {
  const origin = await startHttpOrigin((request, response) => {
    if (request.method !== "HEAD") arrivals.push({ method: request.method ?? "", port: request.socket.remotePort });
    request.resume().on("end", () => response.end("ok"));
  });
  scene = await startGateway({ origin });
  session = await scene.http2();
});

after(() => scene?.close());

async function ask(method: string, fields: Record<string, string> = {}, body?: string) {
  const stream = session.request({ ":method": method, ":path": "/", ...fields }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  stream.resume();
  await once(stream, "end");
  return arrivals.at(-1)?.port;
}

test("a form that is posted goes over a channel opened for it, though another one is idle", async () => {
  const idle = await ask("GET", { "sec-fetch-mode": "navigate" });
  assert.equal(await ask("GET", { "sec-fetch-mode": "navigate" }), idle, "a document alone takes the idle one");
  const before = scene.channels.length;
  const submitted = await ask("POST", { "sec-fetch-mode": "navigate" }, "user=ann");
  assert.notEqual(submitted, idle);
  assert.equal(scene.channels.length, before + 1);
  assert.equal(scene.channels.at(-1)?.verdict.kind, "authenticated");
});

test("what a script posts takes a channel that is there", async () => {
  const before = scene.channels.length;
  await ask("POST", { "sec-fetch-mode": "cors" }, "{}");
  assert.equal(scene.channels.length, before);
});
