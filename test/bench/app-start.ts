/** From spawn to first contentful paint: the app with a profile, against an empty window. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildWhenStale } from "../../build/bundle.mjs";
import { root } from "../../build/electron-command.mjs";
import { type Desk, startDesk } from "../e2e/support/app.ts";
import { writeBareWindow } from "./bare-window.ts";
import { startDesktopApp, timeToPaint } from "./desktop-app.ts";
import type { Portal } from "./portal.ts";
import { median, type Row, rowOf } from "./row.ts";

const ROUNDS = 9;
const WARM_UP = 1;

async function timeOf(desk: Desk, words: readonly string[], isFirstPage: (url: string) => boolean): Promise<number> {
  const data = mkdtempSync(join(desk.folder, "data-"));
  const app = await startDesktopApp([`--user-data-dir=${data}`, ...words], desk.env);
  try {
    return await timeToPaint(app, await app.page(isFirstPage));
  } finally {
    await app.close();
  }
}

export async function measureStart(portal: Portal): Promise<readonly Row[]> {
  buildWhenStale();
  const desk = await startDesk();
  try {
    const profile = join(desk.folder, "profile.json");
    writeFileSync(profile, JSON.stringify(portal.profile));
    const bare = writeBareWindow(desk.folder);
    const times = { product: [] as number[], bare: [] as number[] };
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      const product = await timeOf(desk, [root, `--profile=${profile}`], (url) => !/^(about|devtools):/.test(url));
      const peer = await timeOf(desk, [bare], (url) => url.startsWith("file:"));
      if (round >= 0) {
        times.product.push(product);
        times.bare.push(peer);
      }
    }
    return [
      rowOf({
        id: "app.start",
        what: `spawn to first contentful paint, median of ${ROUNDS}`,
        product: median(times.product),
        peer: median(times.bare),
        peerName: "empty Electron window",
        unit: "ms",
        better: "less",
        goal: 1.3,
      }),
    ];
  } finally {
    await desk.stop();
  }
}
