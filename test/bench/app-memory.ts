/** Memory with one site open, over the whole process tree, against a bare window with the same page. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildWhenStale } from "../../build/bundle.mjs";
import { root } from "../../build/electron-command.mjs";
import { type Desk, startDesk } from "../e2e/support/app.ts";
import { writeBareWindow } from "./bare-window.ts";
import { type DesktopApp, startDesktopApp } from "./desktop-app.ts";
import { memoryOf, processTree } from "./memory.ts";
import { openSite, startPlainServer } from "./plain-server.ts";
import { median, type Row, rowOf } from "./row.ts";

const ROUNDS = 3;
/** Milliseconds until what happens once after a start is over. */
const SETTLE = 4_000;

async function memoryWhen(
  desk: Desk,
  words: readonly string[],
  origin: string,
  open: (app: DesktopApp) => Promise<void>,
): Promise<number> {
  const data = mkdtempSync(join(desk.folder, "data-"));
  const app = await startDesktopApp([`--user-data-dir=${data}`, ...words], desk.env);
  try {
    await open(app);
    const page = await app.page((url) => url.startsWith(origin));
    await page.getByText("Example Bank").first().waitFor();
    await new Promise((resolve) => setTimeout(resolve, SETTLE));
    return memoryOf(processTree(app.pid));
  } finally {
    await app.close();
  }
}

export async function measureMemory(): Promise<readonly Row[]> {
  buildWhenStale();
  const desk = await startDesk();
  const { nginx, origin, profile, bareSwitches } = await startPlainServer();
  try {
    const file = join(desk.folder, "profile.json");
    writeFileSync(file, JSON.stringify(profile));
    const bare = writeBareWindow(desk.folder);
    const aside = [...bareSwitches, bare];
    const memory = { product: [] as number[], bare: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      memory.product.push(await memoryWhen(desk, [root, `--profile=${file}`], origin, openSite));
      memory.bare.push(await memoryWhen(desk, [...aside, `--address=${origin}/`], origin, async () => {}));
    }
    return [
      rowOf({
        id: "app.memory",
        what: "memory with one site open, PSS of all processes",
        product: median(memory.product),
        peer: median(memory.bare),
        peerName: "bare window with the same page",
        unit: "MiB",
        better: "less",
        goal: 1.3,
      }),
    ];
  } finally {
    await nginx.stop();
    await desk.stop();
  }
}
