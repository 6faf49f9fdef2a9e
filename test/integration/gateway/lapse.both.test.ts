import assert from "node:assert/strict";
import { once } from "node:events";
import { after, beforeEach, describe, it } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { Refusal } from "../../../app/core/refusal.ts";
import { type GatewayScene, startGateway, startHttpOrigin } from "../../support/gateway-scene.ts";

const why = new Refusal("verdict.lapsed", { fault: "the test says so" });

const closeOf = (stream: NodeJS.EventEmitter): Promise<void> =>
  new Promise((resolve) => stream.once("close", () => resolve()));

describe("a lapse", { timeout: 60_000 }, () => {
  let scene: GatewayScene;
  let server: WebSocketServer;
  let uploaded = 0;

  beforeEach(async () => {
    uploaded = 0;
    server = new WebSocketServer({ noServer: true });
    const origin = await startHttpOrigin(
      (request, response) => {
        if (request.method === "POST") {
          request.on("error", () => {});
          request.on("data", (chunk: Buffer) => {
            uploaded += chunk.length;
          });
          return;
        }
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.write("data: one\n\n");
      },
      {
        prepare: (https) =>
          https.on("upgrade", (request, socket, head) =>
            server.handleUpgrade(request, socket, head, (client) => client.on("message", (data) => client.send(data))),
          ),
      },
    );
    scene = await startGateway({ origin });
  });
  after(() => scene.close());

  it("cuts a stream of events, a WebSocket and an upload at once, in both directions", async () => {
    const events = (await scene.http2()).request({ ":path": "/" });
    events.on("error", () => {});
    await once(events, "data");
    const upload = (await scene.http2()).request({ ":method": "POST", ":path": "/" });
    upload.on("error", () => {});
    upload.write(Buffer.alloc(100_000));
    while (uploaded < 100_000) await new Promise(setImmediate);
    const page = await scene.page("http/1.1");
    const client = new WebSocket(`ws://${scene.authority}/`, { createConnection: () => page });
    await once(client, "open");
    client.on("error", () => {});
    const idle = await scene.page("h2");
    const serverSockets = [...server.clients].length;
    assert.equal(serverSockets, 1);
    const channels = scene.channels.filter(({ alive }) => alive);
    assert.equal(channels.length, 3);

    const ends = [
      closeOf(events),
      closeOf(upload),
      closeOf(client),
      closeOf(idle),
      ...channels.map(async ({ ended }) => assert.equal(await ended, why)),
    ];
    const lapsed: Refusal[] = [];
    scene.gateway.on("lapsed", ({ refusal }) => lapsed.push(refusal));
    scene.gateway.lapse(why);
    // At once: nothing of the session is alive when the call returns.
    assert.ok(channels.every(({ alive }) => !alive));
    assert.deepEqual(lapsed, [why]);
    await Promise.all(ends);
    await scene.close();
  });

  it("refuses whoever waits for a proof, and lets the site be proved anew", async () => {
    const proving = scene.gateway.prove(`https://${scene.authority}`);
    scene.gateway.lapse(why);
    const outcome = await proving;
    assert.equal(outcome.kind === "refused" && outcome.refusal, why);
    assert.equal((await scene.gateway.prove(`https://${scene.authority}`)).kind, "authenticated");
    await scene.close();
  });

  it("is what the end of one channel's verdict causes", async () => {
    const events = (await scene.http2()).request({ ":path": "/" });
    events.on("error", () => {});
    await once(events, "data");
    const idle = await scene.page("http/1.1");
    const lapsed = new Promise<Refusal>((resolve) => scene.gateway.on("lapsed", ({ refusal }) => resolve(refusal)));
    const closed = closeOf(idle);
    scene.channels[0]?.destroy(why);
    assert.equal(await lapsed, why);
    await closed;
    await scene.close();
  });
});
