/** From spawn to first contentful paint: the app with a profile, against an empty window. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildWhenStale } from "../../build/bundle.mjs";
import { root } from "../../build/electron-command.mjs";
import { type Desk, startDesk } from "../e2e/support/app.ts";
import { writeBareWindow } from "./bare-window.ts";
import { type Paints, paintsOf, startDesktopApp } from "./desktop-app.ts";
import type { Portal } from "./portal.ts";
import { median, type Row, rowOf } from "./row.ts";

const ROUNDS = 9;
const WARM_UP = 1;

async function paintsIn(desk: Desk, words: readonly string[], isFirstPage: (url: string) => boolean): Promise<Paints> {
  const data = mkdtempSync(join(desk.folder, "data-"));
  const app = await startDesktopApp([`--user-data-dir=${data}`, ...words], desk.env);
  try {
    return await paintsOf(app, await app.page(isFirstPage));
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
    const empty = writeBareWindow(desk.folder);
    const seen = { product: [] as Paints[], bare: [] as Paints[] };
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      const product = await paintsIn(desk, [root, `--profile=${profile}`], (url) => !/^(about|devtools):/.test(url));
      const bare = await paintsIn(desk, [empty], (url) => url.startsWith("file:"));
      if (round >= 0) {
        seen.product.push(product);
        seen.bare.push(bare);
      }
    }
    const row = (which: keyof Paints) => ({
      id: which === "first" ? "app.start" : "app.start.largest",
      what: `spawn to ${which} contentful paint, median of ${ROUNDS}`,
      product: median(seen.product.map((paints) => paints[which])),
      peer: median(seen.bare.map((paints) => paints[which])),
      peerName: "empty Electron window",
      unit: "ms",
      better: "less" as const,
    });
    return [rowOf({ ...row("first"), goal: 1.3 }), rowOf(row("largest"))];
  } finally {
    await desk.stop();
  }
}
