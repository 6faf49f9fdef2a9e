/** The real app with one page, a recorder of everything that reaches it, and hands that act as a person's would. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { CDPSession, Page } from "playwright";
import { type Desk, launchApp, type RunningApp, startDesk } from "../../e2e/support/app.ts";
import { html, type Scene, startScene } from "../../e2e/support/scene.ts";

const run = promisify(execFile);

/** One thing that reached the page. */
export interface Arrival {
  readonly type: string;
  /** Made by the engine for input, not by a script. */
  readonly trusted: boolean;
}

/** Records in every frame, and tells the page on top: what a document hears before anybody else can. */
const RECORDER = `
const types = ["keydown","keypress","keyup","beforeinput","input","change","compositionstart","compositionend","click",
  "dblclick","auxclick","mousedown","mouseup","mousemove","pointerdown","pointerup","touchstart","wheel","paste","cut","drop",
  "dragover","submit","toggle","select","contextmenu"];
const top_ = window.opener ?? window.parent;
const tell = (type, trusted) => top_ === window ? arrivals.push({ type, trusted }) : top_.postMessage({ type, trusted }, "*");
var arrivals = [];
for (const type of types) addEventListener(type, (event) => tell(type, event.isTrusted), true);
addEventListener("load", () => tell("ready", false));
addEventListener("message", ({ data }) => data && data.type && tell(data.type, data.trusted));
`;

export interface Stage {
  readonly app: RunningApp;
  readonly desk: Desk;
  readonly scene: Scene;
  readonly page: Page;
  readonly devtools: CDPSession;
  /** Puts this markup alone into the page, clear of what the interface draws in its place; the field is `#f`. */
  mount(markup: string): Promise<void>;
  /** What has reached the page since `mount`. */
  arrivals(): Promise<readonly Arrival[]>;
  /** What the fields of the page, and of frames that it may look into, hold. */
  values(): Promise<string>;
  /** Keys by the X server, e.g. `ctrl+v`. */
  keys(...names: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  xdotool(...words: readonly string[]): Promise<void>;
  /** Where the page lies in the window. */
  view(): Promise<{ readonly x: number; readonly y: number }>;
  /** Where the middle of an element is on the display, as long as the page lies where it did. */
  place(selector: string): Promise<{ readonly x: number; readonly y: number }>;
  clickAt(place: { readonly x: number; readonly y: number }, button?: number): Promise<void>;
  /** The computer goes to sleep: every verdict ends, and the page waits behind the curtain. */
  lock(): Promise<void>;
  /** It wakes up, and the page is proved again. */
  unlock(): Promise<void>;
  stop(): Promise<void>;
}

const BASE = `<!doctype html><meta charset=utf-8><title>Fields</title>
<style>body{margin:0;font:14px sans-serif}#box{position:fixed;right:6px;top:30px;width:120px}
#box *{max-width:120px;box-sizing:border-box}iframe{border:0;width:120px;height:36px}</style>
<script>${RECORDER}</script><div id=box></div>`;

const WORKER = `
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname === "/drawn")
    event.respondWith(new Response("<input autofocus>", { headers: { "content-type": "text/html" } }));
});`;

export async function startStage(): Promise<Stage> {
  const desk = await startDesk();
  const scene = await startScene(desk.folder);
  scene.answers.set("/fields", (_request, response) => html(response, BASE));
  scene.answers.set("/inner", (_request, response) =>
    html(response, `<!doctype html><script>${RECORDER}</script><input id=f style="width:90px">`),
  );
  scene.answers.set("/never", () => undefined);
  scene.answers.set("/kept", (_request, response) => {
    response.writeHead(200, { "content-type": "text/html", "cache-control": "max-age=600" }).end(BASE);
  });
  scene.answers.set("/worker.js", (_request, response) => {
    response.writeHead(200, { "content-type": "text/javascript" }).end(WORKER);
  });
  scene.answers.set("/closing", (_request, response) => {
    response.writeHead(200, { "content-type": "text/html", connection: "close" }).end(BASE);
  });
  const app = await launchApp(desk, { profile: scene.profile });
  await app.until("the profile", ({ profile }) => profile.kind === "loaded");
  await app.electron.evaluate(({ BrowserWindow, Menu }) => {
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 0, y: 0, width: 1280, height: 900 });
    // The system's menu takes the whole display for itself; what it would show is kept instead.
    Object.assign(Menu.prototype, {
      popup(this: Electron.Menu) {
        (globalThis as { menu?: Electron.Menu }).menu = this;
      },
    });
  });
  await app.call("site.navigate", { text: `${scene.origin}/fields` });
  await shown(app);
  await app.press("Escape");
  const page = await app.sitePage();
  // A window without a window manager gets the keyboard by a click into it, once it is ready for one.
  await app.eventually("the keyboard", async () => {
    await run("xdotool", ["mousemove", "400", "400", "click", "1", "key", "g"], { env: desk.env });
    return (await page.evaluate("arrivals.some(({ type }) => type === 'keydown')")) === true;
  });
  const devtools = await page.context().newCDPSession(page);
  return {
    app,
    desk,
    scene,
    page,
    devtools,
    ...hands(app, desk, page),
    ...locks(app),
    stop: () => stop(app, scene, desk),
  };
}

async function stop(app: RunningApp, scene: Scene, desk: Desk): Promise<void> {
  await app.close();
  await scene.stop();
  await desk.stop();
}

export function shown(app: RunningApp) {
  return app.until("the page", ({ active }) => active?.stage === "page" && active.loading === false);
}

/** Playwright loses its way in a page for a moment when a frame comes. */
async function inPage(page: Page, script: string, attempts = 20): Promise<unknown> {
  try {
    return await page.evaluate(script);
  } catch (error) {
    if (attempts <= 1 || !String(error).includes("context was destroyed")) throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return inPage(page, script, attempts - 1);
  }
}

function hands(app: RunningApp, desk: Desk, page: Page) {
  const xdotool: Stage["xdotool"] = async (...words) => {
    await run("xdotool", [...words], { env: desk.env, timeout: 10_000 });
  };
  const view = async () => {
    const bounds = await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.contentView.children.at(-1)?.getBounds(),
    );
    if (!bounds) throw new Error("no page in the window");
    return bounds;
  };
  return {
    xdotool,
    keys: (...names: readonly string[]) => xdotool("key", "--delay", "15", ...names),
    type: (text: string) => xdotool("type", "--delay", "10", text),
    mount: async (markup: string) => {
      const text = JSON.stringify(markup);
      const put = `arrivals = []; document.querySelector("#box").innerHTML = ${text};`;
      await inPage(page, `void setTimeout(() => { ${put} })`);
      // Some frames, so that everything lies where it is drawn.
      await new Promise((resolve) => setTimeout(resolve, 80));
    },
    arrivals: () => inPage(page, "arrivals") as Promise<readonly Arrival[]>,
    values: () => inPage(page, VALUES) as Promise<string>,
    view,
    place: async (selector: string) => {
      const box = await page.locator(selector).boundingBox();
      const { x, y } = await view();
      if (!box) throw new Error(`no place for ${selector}`);
      return { x: Math.round(x + box.x + box.width / 2), y: Math.round(y + box.y + box.height / 2) };
    },
    clickAt: ({ x, y }: { readonly x: number; readonly y: number }, button = 1) =>
      xdotool("mousemove", String(x), String(y), "click", String(button)),
  };
}

/** Values, texts and choices of whatever may take input. */
const VALUES = `(() => {
  const of = (root) => [...root.querySelectorAll("*")].flatMap((at) => [
    at.matches("input,textarea,select") ? [at.value, at.checked, at.files?.length] : [],
    at.isContentEditable ? [at.textContent] : [],
    at.open === undefined ? [] : [at.open],
    at.kept ? of(at.kept) : [],
    at.contentDocument ? of(at.contentDocument) : [],
  ].flat(9));
  return JSON.stringify(of(document));
})()`;

function locks(app: RunningApp) {
  const power = (event: "suspend" | "resume") =>
    app.electron.evaluate(({ powerMonitor }, name) => void powerMonitor.emit(name), event);
  return {
    lock: async () => {
      await power("suspend");
      await app.until("the curtain", ({ active }) => active?.stage === "refused");
    },
    unlock: async () => {
      await power("resume");
      await shown(app);
    },
  };
}
