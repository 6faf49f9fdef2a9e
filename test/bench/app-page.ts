/** What the way through the gateway costs a page: a hundred small assets in the app, and in a bare window. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright";
import { buildWhenStale } from "../../build/bundle.mjs";
import { root } from "../../build/electron-command.mjs";
import { type Desk, startDesk } from "../e2e/support/app.ts";
import { writeBareWindow } from "./bare-window.ts";
import { type DesktopApp, startDesktopApp } from "./desktop-app.ts";
import { openSite, type PlainServer, startPlainServer } from "./plain-server.ts";
import { median, type Row, rowOf } from "./row.ts";

const ROUNDS = 25;
const WARM_UP = 5;
const ASSETS = 100;

/** Style sheets, scripts and pictures of about 2 KiB each, none of which may be kept. */
function pageOfAssets(): Record<string, string> {
  const files: Record<string, string> = {};
  const tags: string[] = [];
  const filler = "x".repeat(2_000);
  for (let index = 0; index < ASSETS; index += 1) {
    if (index % 5 === 0) {
      files[`assets/${index}.css`] = `.a${index}{color:#000}/*${filler}*/`;
      tags.push(`<link rel="stylesheet" href="/assets/${index}.css">`);
    } else if (index % 5 === 1) {
      files[`assets/${index}.js`] = `window.loaded=(window.loaded??0)+1;//${filler}`;
      tags.push(`<script src="/assets/${index}.js" defer></script>`);
    } else {
      const circle = `<circle cx="8" cy="8" r="${index % 8}"/><!--${filler}-->`;
      files[`assets/${index}.svg`] = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16">${circle}</svg>`;
      tags.push(`<img src="/assets/${index}.svg" width="16" height="16" alt="">`);
    }
  }
  files["assets/index.html"] = `<!doctype html><title>Assets</title><h1>Assets</h1>${tags.join("")}\n`;
  return files;
}

/** Milliseconds from the start of a navigation to the end of its load event (W3C Navigation Timing). */
async function loadOnce(page: Page, url: string): Promise<number> {
  await page.goto(url, { waitUntil: "load" });
  const { duration, loaded } = await page.evaluate(async () => {
    while (performance.getEntriesByType("navigation")[0]?.toJSON().loadEventEnd === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const resources = performance.getEntriesByType("resource");
    return {
      duration: performance.getEntriesByType("navigation")[0]?.duration ?? Number.NaN,
      loaded: resources.filter((entry) => entry.toJSON().responseStatus === 200).length,
    };
  });
  if (loaded !== ASSETS) throw new Error(`${loaded} assets came; expected all ${ASSETS}`);
  return duration;
}

async function opened(
  desk: Desk,
  words: readonly string[],
  open: (app: DesktopApp) => Promise<void>,
  server: PlainServer,
) {
  const data = mkdtempSync(join(desk.folder, "data-"));
  const app = await startDesktopApp([`--user-data-dir=${data}`, ...words], desk.env);
  await open(app);
  const page = await app.page((url) => url.startsWith(server.origin));
  await page.getByText("Example Bank").first().waitFor();
  return { app, page };
}

export async function measurePage(): Promise<readonly Row[]> {
  buildWhenStale();
  const desk = await startDesk();
  const configuration =
    "location /assets/ { add_header Cache-Control no-store; types { image/svg+xml svg; text/html html; text/javascript js; text/css css; } }";
  const server = await startPlainServer({ files: pageOfAssets(), configuration });
  const file = join(desk.folder, "profile.json");
  writeFileSync(file, JSON.stringify(server.profile));
  const product = await opened(desk, [root, `--profile=${file}`], openSite, server);
  const aside = [...server.bareSwitches, writeBareWindow(desk.folder), `--address=${server.origin}/`];
  const bare = await opened(desk, aside, async () => {}, server);
  try {
    const times = { product: [] as number[], bare: [] as number[] };
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      const url = `${server.origin}/assets/index.html`;
      const pair = { product: await loadOnce(product.page, url), bare: await loadOnce(bare.page, url) };
      if (round >= 0) {
        times.product.push(pair.product);
        times.bare.push(pair.bare);
      }
    }
    return [
      rowOf({
        id: "app.page",
        what: `page of ${ASSETS} small assets, start of navigation to end of load, median of ${ROUNDS}`,
        product: median(times.product),
        peer: median(times.bare),
        peerName: "bare window without the gateway",
        unit: "ms",
        better: "less",
        goal: 1.15,
      }),
    ];
  } finally {
    await product.app.close();
    await bare.app.close();
    await server.nginx.stop();
    await desk.stop();
  }
}
