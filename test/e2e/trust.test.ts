import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import type { RunningApp } from "./support/app.ts";
import { refused, shows, startAppScene } from "./support/app-scene.ts";
import { html, type Scene } from "./support/scene.ts";

let scene: Scene;
let app: RunningApp;
let stop: (() => Promise<void>) | undefined;

before(async () => {
  ({ scene, app, stop } = await startAppScene());
});

after(() => stop?.());

beforeEach(async () => {
  await scene.restore();
  await app.call("site.navigate", { text: `${scene.origin}/` });
  await app.until("the page", shows("/"));
});

/** What the screen shows where the page would be: the colour of its middle. */
async function visible(): Promise<boolean> {
  const { x, y, width, height } = await app.electron.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    const view = window?.contentView.children.at(-1);
    const [outer, inner] = [window?.getContentBounds(), view?.getBounds()];
    return {
      x: (outer?.x ?? 0) + (inner?.x ?? 0),
      y: (outer?.y ?? 0) + (inner?.y ?? 0),
      width: inner?.width ?? 0,
      height: inner?.height ?? 0,
    };
  });
  return (await app.colourAt(x + width / 2, y + height / 2)) === "#C0FFEE";
}

const marked = "<title>Marked</title><body style='background:#c0ffee'>";

/** Which of the page's connections meets it first, and makes it known to the others, is not the test's to say. */
const IMPOSTOR = /^server\.(pin-mismatch|known-impostor)$/;

test("a server swapped for an impostor while its page is open shuts the seal and hides the page", async () => {
  scene.answers.set("/marked", (_request, response) => html(response, marked));
  await app.call("site.navigate", { text: `${scene.origin}/marked` });
  await app.until("the page", shows("/marked"));
  await app.eventually("the page on the screen", visible);
  const page = await app.sitePage();
  await scene.impersonate();
  const before = scene.visits.length;
  const answer = await page.evaluate(() =>
    fetch("/transfer", { method: "POST", body: "secret" }).then(
      ({ status }) => status,
      () => "failed",
    ),
  );
  assert.notEqual(answer, 200);
  const { active } = await app.until("the refusal", refused);
  assert.match(active?.refusal?.code ?? "", IMPOSTOR);
  assert.match(active?.seal ?? "", /^(refused|hostile)$/);
  assert.equal(active?.trust, undefined);
  assert.equal(await visible(), false);
  assert.equal(scene.visits.length, before, "the impostor got nothing");
  await scene.restore();
  await app.call("view.command", "reload");
  await app.until("the page, proven again", shows("/marked"));
});

test("a link to an impostor leaves no trace in the history, and back returns to the page", async () => {
  await app.call("site.navigate", { text: `${scene.origin}/start` });
  await app.until("the page", shows("/start"));
  const page = await app.sitePage();
  await scene.impersonate();
  await page.evaluate((url) => {
    setTimeout(() => location.assign(url), 0);
  }, `${scene.login}/form`);
  const { active } = await app.until("the refusal", refused);
  assert.match(active?.refusal?.code ?? "", IMPOSTOR);
  assert.equal(active?.refusal?.address, `${scene.login}/form`);
  assert.equal(active?.canGoBack, true);
  await app.until("the end of loading", (state) => state.active?.loading === false);
  await scene.restore();
  await app.call("view.command", "back");
  await app.until("the page before", shows("/start"));
  const history = await app.electron.evaluate(({ webContents, session }) => {
    const own = session.fromPartition("persist:site-scene");
    const contents = webContents.getAllWebContents().find((each) => each.session === own);
    return contents?.navigationHistory.getAllEntries().map(({ url }) => new URL(url).pathname);
  });
  assert.equal(history?.at(-1), "/start");
  assert.ok(!history?.includes("/form"));
});

test("a request that the relay refuses on its way shows the reason, not the relay's answer", async () => {
  scene.answers.set("/broken", (request) => request.socket.destroy());
  const page = await app.sitePage();
  await page.evaluate(() => {
    setTimeout(() => location.assign("/broken"), 0);
  });
  const { active } = await app.until("the refusal", refused);
  assert.match(active?.refusal?.code ?? "", /^network\./);
  assert.equal(await visible(), false);
  await app.call("view.command", "back");
  await app.until("the page before", shows("/"));
});

test("a service worker's cached page is never shown while nobody has proved the origin", async () => {
  scene.answers.set("/worker.js", (_request, response) => {
    response.writeHead(200, { "content-type": "text/javascript" });
    response.end(`self.onfetch = (event) => {
      if (event.request.mode === "navigate") event.respondWith(new Response(${JSON.stringify(marked)}, { headers: { "content-type": "text/html" } }));
    };`);
  });
  const page = await app.sitePage();
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/worker.js");
    await navigator.serviceWorker.ready;
  });
  await app.call("site.navigate", { text: `${scene.origin}/from-worker` });
  await app.until("the worker's page while the server is proven", ({ active }) => active?.title === "Marked");
  await app.eventually("it on the screen", visible);
  await scene.stall();
  await page.evaluate(() => {
    setTimeout(() => location.assign("/again"), 0);
  });
  await app.eventually("the worker's page in the hidden view", async () => page.url().endsWith("/again"));
  await page.waitForFunction(() => document.title === "Marked");
  const { active } = await app.state();
  assert.deepEqual([active?.stage, active?.seal, active?.path], ["waiting", "opening", "/again"]);
  assert.equal(await visible(), false);
  await scene.impersonate();
  const after = await app.until("the refusal", refused);
  assert.match(after.active?.refusal?.code ?? "", /^(network|tls)\./);
  assert.equal(await visible(), false);
});

test("service workers are gone after a lapse", async () => {
  const page = await app.sitePage();
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("suspend"));
  await app.until("the lapse", refused);
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("resume"));
  await app.until("the page, proven again", shows("/"));
  const left = await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
  assert.equal(left, 0);
});

test("sleep hides the page and waking proves it again", async () => {
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("suspend"));
  const { active } = await app.until("the lapse", refused);
  assert.equal(active?.refusal?.code, "verdict.lapsed");
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("resume"));
  await app.until("the page, proven again", shows("/"));
});

test("after sleep without a network a page comes back by itself once there is one, with what was typed", async () => {
  const page = await app.sitePage();
  await page.fill("#field", "typed");
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("suspend"));
  await app.until("the lapse", refused);
  await scene.leave();
  const before = scene.visits.length;
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("resume"));
  await app.until("the refusal", ({ active }) => active?.refusal?.code === "network.unreachable");
  await scene.restore();
  await app.until("the page, without a click", shows("/"));
  assert.equal(await page.inputValue("#field"), "typed");
  assert.equal(scene.visits.length, before, "proved again, not asked for again");
});

test("a network that comes brings back what was refused for want of one", async () => {
  await scene.leave();
  await app.call("site.navigate", { text: `${scene.origin}/late` });
  await app.until("the refusal", ({ active }) => active?.refusal?.code === "network.unreachable");
  await scene.restore();
  await app.electron.evaluate(() => {
    const os = process.getBuiltinModule("node:os");
    const found = os.networkInterfaces;
    const place = { address: "192.0.2.7", cidr: "192.0.2.7/24", netmask: "255.255.255.0", mac: "02:00:00:00:00:07" };
    os.networkInterfaces = () => ({ ...found(), test0: [{ ...place, family: "IPv4", internal: false }] });
  });
  await app.until("the page, without a click", shows("/late"));
});

test("nobody is asked for a password of a page whose verdict has lapsed", async () => {
  scene.answers.set("/private", (_request, response) => {
    response.writeHead(401, { "www-authenticate": 'Basic realm="private"' }).end();
  });
  await app.call("site.navigate", { text: `${scene.origin}/private` });
  await app.until("the question", ({ httpAuth }) => httpAuth);
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("suspend"));
  await app.until("the lapse", refused);
  await app.until("no question", ({ httpAuth }) => httpAuth === undefined);
});

test("what the program writes holds no query of a page", async () => {
  scene.answers.set("/nowhere", (_request, response) => {
    response.writeHead(302, { location: "https://" }).end();
  });
  await app.call("site.navigate", { text: `${scene.origin}/nowhere?token=secret` });
  await app.until("the refusal", refused);
  await app.eventually("a warning of it", async () => app.output.some((line) => line.includes("/nowhere")));
  assert.doesNotMatch(app.output.join("\n"), /secret/);
});

test("a page that may not be seen asks nothing and offers no file", async () => {
  await app.electron.evaluate(({ session }) => {
    const files = { offered: [] as string[], all: 0 };
    session.fromPartition("persist:site-scene").on("will-download", (event, item) => {
      if (!event.defaultPrevented) files.offered.push(item.getFilename());
      event.preventDefault();
      files.all += 1;
    });
    Object.assign(globalThis, { files });
  });
  const files = () =>
    app.electron.evaluate(() => (globalThis as unknown as { files: { offered: string[]; all: number } }).files);
  const page = await app.sitePage();
  // Playwright would answer by itself.
  page.on("dialog", () => undefined);
  const speak = (word: string) =>
    page.evaluate((said) => {
      setTimeout(() => {
        alert(said);
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([said]));
        link.download = `${said}.txt`;
        link.click();
      }, 0);
    }, word);
  const heard = async (word: string) => {
    const { question } = await app.until("the question", (state) => state.question?.text === word);
    await app.call("question.answer", { id: question?.id ?? "", accepted: true, silence: false });
    await app.eventually("the file", async () => (await files()).offered.includes(`${word}.txt`));
  };
  await speak("seen");
  await heard("seen");
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("suspend"));
  await app.until("the lapse", refused);
  await speak("unseen");
  await app.eventually("the file of the page that is not seen", async () => (await files()).all === 2);
  assert.equal((await app.state()).question, undefined);
  await app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("resume"));
  await app.until("the page, proven again", shows("/"));
  await speak("again");
  await heard("again");
  assert.deepEqual((await files()).offered, ["seen.txt", "again.txt"]);
});

test("a page reaches its own site and nothing else", async () => {
  const page = await app.sitePage();
  // As text: the test's compiler adds helpers to functions that a page does not have.
  const attempts = await page.evaluate(`(async () => {
    const outcome = (work) => work.then(() => "reached", () => "failed");
    const socket = (url) => new Promise((resolve, reject) => Object.assign(new WebSocket(url), { onopen: resolve, onerror: reject }));
    return {
      own: await outcome(fetch("/own")),
      unlisted: await outcome(fetch("https://unlisted.test/", { mode: "no-cors" })),
      clear: await outcome(fetch("http://127.0.0.1:9/", { mode: "no-cors" })),
      socket: await outcome(socket("wss://unlisted.test/")),
    };
  })()`);
  assert.deepEqual(attempts, { own: "reached", unlisted: "failed", clear: "failed", socket: "failed" });
});

test("another program without credentials gets 407 from the gateway", async () => {
  const port = await app.electron.evaluate(async ({ session }) =>
    session.fromPartition("persist:site-scene").resolveProxy("https://any.test/"),
  );
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port.split(":")[1]), "127.0.0.1", () => {
      socket.write(`CONNECT ${new URL(scene.origin).host} HTTP/1.1\r\nHost: x\r\n\r\n`);
    });
    socket.once("data", (bytes) => {
      socket.destroy();
      resolve(String(bytes));
    });
    socket.once("error", reject);
  });
  assert.match(answer, /^HTTP\/1\.1 407 /);
});

test("pages have no permission and no bridge", async () => {
  const page = await app.sitePage();
  const found = await page.evaluate(async () => ({
    bridge: "countersign" in window,
    node: "process" in window || "require" in window,
    notifications: await Notification.requestPermission(),
    position: await new Promise((resolve) =>
      navigator.geolocation.getCurrentPosition(
        () => resolve("given"),
        ({ code }) => resolve(code === 1 ? "denied" : "failed"),
      ),
    ),
    camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(
      () => "given",
      () => "denied",
    ),
  }));
  assert.deepEqual(found, {
    bridge: false,
    node: false,
    notifications: "denied",
    position: "denied",
    camera: "denied",
  });
});

test("a connection that goes round the gateway fails, although its server is genuine", async () => {
  const page = await app.sitePage();
  const reaches = () =>
    page.evaluate(() =>
      fetch(`/round?${Math.random()}`).then(
        () => true,
        () => false,
      ),
    );
  assert.equal(await reaches(), true, "through the gateway");
  const before = scene.visits.length;
  const asked = new Set<string>();
  const round = createServer().on("connect", (request, socket) => {
    asked.add(request.url ?? "");
    const there = connect(Number(new URL(scene.origin).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      there.pipe(socket).pipe(there);
    });
    for (const end of [there, socket]) end.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => round.listen(0, "127.0.0.1", resolve));
  const { port } = round.address() as AddressInfo;
  await app.electron.evaluate(async ({ session }, rules) => {
    const own = session.fromPartition("persist:site-scene");
    await own.setProxy({ mode: "fixed_servers", proxyRules: rules, proxyBypassRules: "<-loopback>" });
    await own.closeAllConnections();
  }, `http://127.0.0.1:${port}`);
  assert.equal(await reaches(), false);
  assert.deepEqual([...asked], [new URL(scene.origin).host], "the engine went the other way");
  assert.equal(scene.visits.length, before);
  round.close();
});
