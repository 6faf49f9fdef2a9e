/** Starts an Electron app as a user does and looks at it from outside, over the engine's own debugging port. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chromium, type Page } from "playwright";
import { electron, sandboxSwitches, userPrefix } from "../../build/electron-command.mjs";

export interface DesktopApp {
  readonly pid: number;
  /** `Date.now()` just before the process was spawned. */
  readonly spawnedAt: number;
  /** The page whose URL fulfils the condition, waited for. */
  page(condition: (url: string) => boolean): Promise<Page>;
  close(): Promise<void>;
}

/** How long an app may take for anything here, milliseconds. */
const PATIENCE = 30_000;
const ATTEMPTS = 3;

/** Where the engine listens; it says so on standard error. */
function debuggingAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const [, address] = /DevTools listening on (ws:\S+)/.exec(text) ?? [];
      if (address !== undefined) resolve(address);
    });
    child.once("exit", (code) => reject(new Error(`the app ended with ${code}: ${text}`)));
  });
}

/** Starts the app anew where looking into it failed: on a busy machine the debugging port does not always answer. */
export async function startDesktopApp(words: readonly string[], env: NodeJS.ProcessEnv): Promise<DesktopApp> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(words, env);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce(words: readonly string[], env: NodeJS.ProcessEnv): Promise<DesktopApp> {
  const switches = ["--disable-gpu", "--remote-debugging-port=0", ...sandboxSwitches()];
  const [program = "", ...rest] = [...userPrefix(), electron().executable, ...switches, ...words];
  const spawnedAt = Date.now();
  const child = spawn(program, rest, { env, stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
  };
  try {
    const browser = await chromium.connectOverCDP(await debuggingAddress(child), { timeout: 10_000 });
    return {
      pid: child.pid ?? 0,
      spawnedAt,
      async page(condition) {
        for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
          const pages = browser.contexts().flatMap((context) => context.pages());
          const page = pages.find((one) => condition(one.url()));
          if (page !== undefined) return page;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error(`no such page in ${PATIENCE} ms`);
      },
      async close() {
        await browser.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface Paints {
  /** Milliseconds from the spawn to the first contentful paint (W3C Paint Timing). */
  readonly first: number;
  /** To the largest one so far (W3C Largest Contentful Paint): what the window is there for. */
  readonly largest: number;
}

/** Both paints, once nothing larger has come for a while. */
export async function paintsOf(app: DesktopApp, page: Page): Promise<Paints> {
  const largest = await page.evaluate(
    ({ patience, quiet }) =>
      new Promise<number | undefined>((resolve) => {
        let settled: ReturnType<typeof setTimeout>;
        const giveUp = setTimeout(() => resolve(undefined), patience);
        new PerformanceObserver((list) => {
          const last = list.getEntries().at(-1);
          clearTimeout(settled);
          settled = setTimeout(() => {
            clearTimeout(giveUp);
            resolve(last?.startTime);
          }, quiet);
        }).observe({ type: "largest-contentful-paint", buffered: true });
      }),
    { patience: PATIENCE, quiet: 1_000 },
  );
  const [origin, first] = await page.evaluate(() => [
    performance.timeOrigin,
    performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  ]);
  if (origin === undefined || first === undefined || largest === undefined) {
    throw new Error(`nothing was painted in ${PATIENCE} ms`);
  }
  const spawned = origin - app.spawnedAt;
  return { first: spawned + first, largest: spawned + largest };
}
