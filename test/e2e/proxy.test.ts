/** The system's proxy, as the engine finds it, is the way of the gateway's channels. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { refused, shows } from "./support/app-scene.ts";
import { type Scene, startScene } from "./support/scene.ts";

interface Proxy {
  readonly address: string;
  /** What was asked for by CONNECT. */
  readonly asked: string[];
  close(): void;
}

let desk: Desk;
let scene: Scene;
let proxy: Proxy;
let app: RunningApp;

before(async () => {
  desk = await startDesk();
  scene = await startScene(desk.folder);
  proxy = await startProxy(Number(new URL(scene.origin).port));
  const env = { ...desk.env, https_proxy: proxy.address, HTTPS_PROXY: proxy.address, no_proxy: "", NO_PROXY: "" };
  app = await launchApp({ ...desk, env }, { profile: namesOnly(scene) });
  await app.until("the profile", ({ profile }) => profile.kind === "loaded");
});

after(async () => {
  await app?.close();
  proxy?.close();
  await scene?.stop();
  await desk?.stop();
});

/** The scene's profile without addresses: those are dialled directly. @returns its file */
function namesOnly({ sites, profile }: Scene): string {
  const text = JSON.stringify(sites, (key, value: unknown) => (key === "addresses" ? undefined : value));
  const file = `${profile}.names.json`;
  writeFileSync(file, text);
  return file;
}

/** An HTTP proxy (RFC 9110 §9.3.6) on loopback that leads every tunnel to the scene's server. */
async function startProxy(port: number): Promise<Proxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const there = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      there.pipe(socket).pipe(there);
    });
    sockets.add(there);
    for (const end of [there, socket]) end.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test("a site opens through the system's proxy, and without the proxy not at all", async () => {
  await app.call("site.navigate", { text: `${scene.origin}/` });
  await app.until("the page", shows("/"));
  const { host } = new URL(scene.origin);
  assert.deepEqual([...new Set(proxy.asked)], [host], "by name: whoever asks for no proxy could not even resolve it");
  assert.equal((await app.state()).active?.seal, "open", "proved through the proxy");
  await app.call("site.close");
  proxy.close();
  await app.call("site.navigate", { text: `${scene.origin}/` });
  const { active } = await app.until("the refusal", refused);
  assert.match(active?.refusal?.code ?? "", /^network\./);
});
