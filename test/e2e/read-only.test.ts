/** An unlisted site, where the profile lets it be read: what reaches it, what it can do, and how its links are followed. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createProxy } from "node:http";
import { createServer, type Server } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { makeAuthority } from "../realm/certificates.ts";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { windowPicture } from "./support/picture.ts";
import { type Scene, startScene } from "./support/scene.ts";
import { seenNow, watchViews } from "./support/views.ts";

const HOST = "news.test";
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>News</title>
<link rel="stylesheet" href="/style.css"><link rel="icon" href="/icon.png"><link rel="dns-prefetch" href="https://leak.test">
<link rel="preconnect" href="https://leak.test"><h1>Town news</h1>
<p>The old bridge is open again, and the market returns to the square on Saturday.</p>
<img src="/bridge.svg" alt="" width="320" height="120"><img src="https://leak.test/remote.png" alt="" width="1" height="1">
<iframe src="/frame" width="10" height="10"></iframe><script>document.title = "run"; fetch("/script-ran");</script>
<script src="/script.js"></script><img src="/nothing" onerror="fetch('/handler-ran')" alt="" width="1" height="1">
<form action="/search"><input name="q" autofocus value="x"><button style="position:fixed;left:0;top:300px;width:200px;height:80px">Search</button></form>
<form method="post" action="/send"><input type="image" src="/bridge.svg" style="position:fixed;left:0;top:400px" alt="Send"></form>
<p style="height:3000px"><a href="https://other.test/next?story=2" style="position:fixed;left:0;top:520px;width:200px;height:60px;background:#ddd">The whole story</a>
<a href="https://other.test/window" target="_blank" style="position:fixed;left:220px;top:520px;width:100px;height:60px;background:#ddd">Window</a></p></html>`;

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 120"><path d="M0 100Q160-40 320 100" fill="none" stroke="#357" stroke-width="14"/></svg>`;
const BODIES = {
  "text/css": "body { font: 18px sans-serif; margin: 40px; }",
  "text/html": PAGE,
  "image/svg+xml": SVG,
} as const;

let desk: Desk;
let scene: Scene;
let app: RunningApp;
let site: { readonly server: Server; readonly port: number; readonly proxy: string; close(): void };
const authority = makeAuthority({ subject: "CN=Public CA" });
/** `METHOD host path`, `!` where a header says more than it should. */
const requests: string[] = [];
const tunnels: string[] = [];

before(async () => {
  desk = await startDesk();
  scene = await startScene(desk.folder);
  site = await startSite();
});

after(async () => {
  await app?.close();
  site?.close();
  await scene?.stop();
  await desk?.stop();
});

/** The unlisted sites, and a proxy that leads every tunnel to them: the only way out of the app. */
async function startSite() {
  const { keyPem, chainPem } = authority.issue({ names: { dns: [HOST, "other.test"] } });
  const server = createServer({ key: keyPem, cert: chainPem }, ({ method, url = "", headers }, answer) => {
    const more = headers.cookie ?? headers.referer ?? headers.origin ?? headers.authorization ?? headers["user-agent"];
    requests.push(`${method} ${headers.host} ${url}${more === undefined ? "" : ` !${more}`}`);
    const type: keyof typeof BODIES = url.endsWith(".css")
      ? "text/css"
      : url.endsWith(".svg")
        ? "image/svg+xml"
        : "text/html";
    const body = BODIES[type];
    answer.writeHead(200, { "content-type": type, "set-cookie": "seen=1; Secure; Path=/" }).end(body);
  });
  server.on("tlsClientError", () => undefined);
  const port = await listening(server);
  const proxy = createProxy((_request, response) => response.writeHead(405).end());
  const sockets = new Set<Socket>();
  proxy.on("connection", (socket) => sockets.add(socket));
  proxy.on("connect", (asked, socket) => {
    tunnels.push(asked.url ?? "");
    const there = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      there.pipe(socket).pipe(there);
    });
    sockets.add(there);
    for (const end of [there, socket]) end.on("error", () => undefined);
  });
  return {
    server,
    port,
    proxy: `http://127.0.0.1:${await listening(proxy)}`,
    close: () => {
      for (const each of [server, proxy]) each.close();
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
    },
  };
}

async function listening(server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
}) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function start(more: object): Promise<void> {
  await app?.close();
  const profile = `${scene.profile}.reading.json`;
  writeFileSync(profile, JSON.stringify({ ...JSON.parse(readFileSync(scene.profile, "utf8")), ...more }));
  const env = { ...desk.env, https_proxy: site.proxy, HTTPS_PROXY: site.proxy, no_proxy: "", NO_PROXY: "" };
  app = await launchApp({ ...desk, env }, { profile });
  app.ui.setDefaultTimeout(10_000);
  await app.until("the profile", (state) => state.profile.kind === "loaded");
  await watchViews(app);
}

const reading = (host: string) => (state: Awaited<ReturnType<RunningApp["state"]>>) =>
  state.active?.seal === "read-only" && state.active.stage === "page" && state.active.name === host;

/** A click of the mouse on the page, as the engine gives it to the page. */
async function clickPage(x: number, y: number): Promise<void> {
  await app.electron.evaluate(
    ({ BrowserWindow }, at) => {
      const view = BrowserWindow.getAllWindows()[0]?.contentView.children.at(-1) as Electron.WebContentsView;
      for (const type of ["mouseMove", "mouseDown", "mouseUp"] as const)
        view.webContents.sendInputEvent({ type, ...at, button: "left", clickCount: 1 });
    },
    { x, y },
  );
}

const pageHasKeyboard = () =>
  app.electron.evaluate(({ webContents, BrowserWindow }) => {
    const page = BrowserWindow.getAllWindows()[0]?.contentView.children.at(-1) as Electron.WebContentsView;
    return webContents.getFocusedWebContents()?.id === page.webContents.id;
  });

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("an unlisted site is refused, and nothing leaves, unless the profile says otherwise", async () => {
  await start({});
  await app.call("site.navigate", { text: `${HOST}/a` });
  await app.until("the refusal", (state) => state.active?.refusal?.code === "site.unlisted");
  assert.deepEqual([requests, tunnels, await seenNow(app)], [[], [], []]);
});

test("an authority that nobody names vouches for no site", async () => {
  await start({ unlisted: "read-only" });
  await app.call("site.navigate", { text: `${HOST}/a` });
  const { active } = await app.until("the refusal", (state) => state.active?.refusal);
  assert.equal(active?.refusal?.code, "site.not-shown");
  assert.deepEqual([requests, await seenNow(app)], [[], []]);
});

test("the page is shown by GETs of its own parts alone, without the query that was typed", async () => {
  await start({ unlisted: "read-only", unlistedAnchors: [authority.certificatePem] });
  tunnels.length = 0;
  await app.call("site.navigate", { text: `${HOST}/a?q=secret#part` });
  const { active } = await app.until("the page", reading(HOST));
  assert.deepEqual(active?.readOnly, { cut: true });
  assert.deepEqual(await seenNow(app), [`https://${HOST}/a`]);
  await app.eventually("the picture", async () => requests.includes(`GET ${HOST} /bridge.svg`));
  await pause(1000);
  const allowed = ["/a", "/bridge.svg", "/icon.png", "/nothing", "/style.css"].map((path) => `GET ${HOST} ${path}`);
  assert.deepEqual(
    [...new Set(requests)].filter((each) => !allowed.includes(each)),
    [],
  );
  for (const path of ["/a", "/bridge.svg", "/style.css"]) assert.ok(requests.includes(`GET ${HOST} ${path}`), path);
  assert.deepEqual([...new Set(tunnels)], [`${HOST}:443`]);
  const cookies = await app.electron.evaluate(({ session }) => session.fromPartition("read-only").cookies.get({}));
  assert.deepEqual(cookies, []);
  for (const theme of ["light", "dark"] as const) {
    await app.ui.emulateMedia({ colorScheme: theme });
    await windowPicture(app, desk, `read-only-${theme}`);
  }
});

test("neither keys nor forms reach it", async () => {
  requests.length = 0;
  await clickPage(80, 340);
  await clickPage(20, 410);
  await app.eventually("the keyboard with the interface", async () => !(await pageHasKeyboard()));
  for (const keys of ["a", "ctrl+v"]) await app.press(keys);
  assert.equal(await pageHasKeyboard(), false);
  await app.electron.evaluate(({ BrowserWindow }) => {
    const page = BrowserWindow.getAllWindows()[0]?.contentView.children.at(-1) as Electron.WebContentsView;
    for (const keyCode of ["Tab", "Return", "x"])
      for (const type of ["keyDown", "char", "keyUp"] as const) page.webContents.sendInputEvent({ type, keyCode });
  });
  await pause(500);
  assert.deepEqual(requests, []);
  assert.equal((await app.state()).consent, undefined);
});

test("a link waits for a click of ours that shows its whole target", async () => {
  await app.until("the page", reading(HOST));
  requests.length = 0;
  for (const [x, target] of [
    [260, "https://other.test/window"],
    [60, "https://other.test/next?story=2"],
  ] as const) {
    await clickPage(x, 550);
    const { consent } = await app.until("the question", (state) => state.consent);
    assert.equal(consent?.kind, "unproved-link");
    assert.equal(consent?.subject, target);
    if (x === 60) break;
    await app.ui.getByRole("button", { name: "Stay" }).click();
    await app.until("the page again", (state) => state.consent === undefined && reading(HOST)(state));
  }
  assert.deepEqual(requests, []);
  await windowPicture(app, desk, "read-only-link");
  await app.ui.getByRole("button", { name: "Go there" }).click();
  await app.until("the other page", reading("other.test"));
  assert.equal(requests[0], "GET other.test /next?story=2");
  await app.call("view.command", "back");
  await app.until("the first page", reading(HOST));
});

test("a link out of a proven site is always asked about, and leaves its query there", async () => {
  const { sites } = JSON.parse(readFileSync(scene.profile, "utf8"));
  const permissive = sites.map((each: object) => ({ ...each, pages: { externalLinks: "allow" } }));
  await start({ sites: permissive, unlisted: "read-only", unlistedAnchors: [authority.certificatePem] });
  requests.length = 0;
  await app.call("site.open", { site: "scene" });
  await app.until("the site", ({ active }) => active?.stage === "page" && active.seal === "open");
  const page = await app.sitePage();
  await page.evaluate((address) => {
    setTimeout(() => {
      location.href = address;
    }, 0);
  }, `https://${HOST}/from?typed=secret#part`);
  const { consent } = await app.until("the question", (state) => state.consent);
  assert.equal(consent?.subject, `https://${HOST}/from`);
  assert.deepEqual(requests, []);
  await app.ui.getByRole("button", { name: "Go there" }).click();
  await app.until("the page", reading(HOST));
  assert.equal(requests[0], `GET ${HOST} /from`);
});
