import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { UiState } from "../../app/ipc/contract.ts";
import { type Desk, launchApp, type RunningApp, startDesk } from "./support/app.ts";
import { type Scene, startScene } from "./support/scene.ts";

let desk: Desk;
let scene: Scene;

before(async () => {
  desk = await startDesk();
  scene = await startScene(desk.folder);
});

after(async () => {
  await scene?.stop();
  await desk?.stop();
});

const shows = (path: string) => (state: UiState) => state.active?.stage === "page" && state.active.path === path;

async function withApp(userData: string, work: (app: RunningApp) => Promise<void>): Promise<void> {
  const app = await launchApp(desk, { profile: scene.profile, userData });
  try {
    await app.until("the profile", ({ profile }) => profile.kind === "loaded");
    await work(app);
  } finally {
    await app.close();
  }
}

const freshData = () => mkdtempSync(join(desk.folder, "data-"));

const boundsOf = (app: RunningApp) =>
  app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getNormalBounds());

test("the window comes back where it was", async () => {
  const data = freshData();
  const place = { x: 120, y: 90, width: 900, height: 640 };
  await withApp(data, async (app) => {
    await app.electron.evaluate(
      ({ BrowserWindow }, bounds) => BrowserWindow.getAllWindows()[0]?.setBounds(bounds),
      place,
    );
    await app.eventually("the new place", async () => (await boundsOf(app))?.width === place.width);
  });
  await withApp(data, async (app) => assert.deepEqual(await boundsOf(app), place));
});

test("keys of the menu work while the page has the keyboard", async () => {
  await withApp(freshData(), async (app) => {
    await app.call("site.navigate", { text: `${scene.origin}/` });
    await app.until("the page", shows("/"));
    const page = await app.sitePage();
    await page.click("#field");
    const press = async (keys: string, what: string, condition: (state: UiState) => unknown) => {
      await app.press(keys);
      await app.until(what, condition);
    };
    await press("ctrl+l", "the address line", ({ focus }) => focus?.what === "address");
    await press("ctrl+f", "find", ({ focus }) => focus?.what === "find");
    await press("ctrl+shift+k", "the keystore", ({ focus }) => focus?.what === "keystore");
    await press("ctrl+equal", "a larger page", ({ active }) => (active?.zoom ?? 1) > 1);
    await press("ctrl+0", "its own size", ({ active }) => active?.zoom === 1);
    const before = scene.visits.length;
    await press("F5", "a reload", () => scene.visits.length > before);
    await app.until("the page", shows("/"));
    await press("ctrl+w", "no site", ({ active }) => active === undefined);
    await press("ctrl+l", "the address line once more", ({ focus }) => focus?.what === "address");
  });
});

test("a page that is not seen has no keyboard, even when it navigates", async () => {
  await withApp(freshData(), async (app) => {
    await app.call("site.navigate", { text: `${scene.origin}/` });
    await app.until("the page", shows("/"));
    const page = await app.sitePage();
    await app.press("ctrl+shift+k");
    await app.until("the keystore over it", ({ focus }) => focus?.what === "keystore");
    await app.call("view.command", "reload");
    await app.until("the page below", shows("/"));
    await page.evaluate(() => document.querySelector("input")?.focus());
    await app.press("a");
    await app.press("ctrl+l");
    await app.until("the address line", ({ focus }) => focus?.what === "address");
    assert.equal(await page.inputValue("#field"), "");
  });
});

test("a second start raises the first and ends", async () => {
  const data = freshData();
  await withApp(data, async (app) => {
    await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    const [command = "", ...words] = app.commandLine;
    const second = spawn(command, words, { env: desk.env, stdio: "ignore" });
    const code = await new Promise((resolve) => second.once("exit", resolve));
    assert.equal(code, 0);
    await app.eventually("the window shown", () =>
      app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible() ?? false),
    );
  });
});

test("the interface cannot be led away, and opens no windows", async () => {
  await withApp(freshData(), async (app) => {
    await app.ui.evaluate(() => {
      setTimeout(() => {
        location.href = "https://elsewhere.test/";
        window.open("https://elsewhere.test/");
      }, 0);
    });
    const reached = await app.ui.evaluate(() =>
      fetch("https://elsewhere.test/").then(
        () => true,
        () => false,
      ),
    );
    assert.equal(reached, false);
    assert.equal(await app.ui.evaluate(() => location.href), "countersign://ui/index.html");
    assert.equal(app.electron.windows().length, 1);
  });
});

test("a hung page is set aside; waiting brings it back, ending it says that it crashed", async () => {
  await withApp(freshData(), async (app) => {
    await app.call("site.navigate", { text: `${scene.origin}/` });
    await app.until("the page", shows("/"));
    const hang = () =>
      app.electron.evaluate(({ webContents, session }) => {
        const own = session.fromPartition("persist:site-scene");
        webContents
          .getAllWebContents()
          .find((each) => each.session === own)
          ?.emit("unresponsive");
      });
    await hang();
    await app.until("the hung page", ({ active }) => active?.stage === "hung");
    await app.call("view.command", "wait");
    await app.until("the page", shows("/"));
    await hang();
    await app.call("view.command", "end");
    await app.until("the crash", ({ active }) => active?.stage === "crashed");
  });
});

test("a page that is too busy to answer is closed all the same", async () => {
  await withApp(freshData(), async (app) => {
    await app.call("site.navigate", { text: `${scene.origin}/` });
    await app.until("the page", shows("/"));
    const page = await app.sitePage();
    await page.evaluate(() => {
      window.onbeforeunload = () => undefined;
      setTimeout(() => {
        for (;;);
      }, 0);
    });
    await app.call("site.close");
    assert.equal((await app.state()).active, undefined);
  });
});

test("F6 brings the keyboard back to the page", async () => {
  await withApp(freshData(), async (app) => {
    await app.call("site.navigate", { text: `${scene.origin}/` });
    await app.until("the page", shows("/"));
    const page = await app.sitePage();
    await page.click("#field");
    await app.press("ctrl+l");
    await app.until("the address line", ({ focus }) => focus?.what === "address");
    await app.press("F6");
    await app.press("a");
    await app.eventually("the letter in the page", async () => (await page.inputValue("#field")) === "a");
  });
});

test("a page cannot move the window", async () => {
  await withApp(freshData(), async (app) => {
    await app.call("site.navigate", { text: `${scene.origin}/` });
    await app.until("the page", shows("/"));
    const before = await boundsOf(app);
    await app.electron.evaluate(({ webContents, session }) => {
      const own = session.fromPartition("persist:site-scene");
      const contents = webContents.getAllWebContents().find((each) => each.session === own);
      (globalThis as { moved?: number }).moved = 0;
      contents?.on("content-bounds-updated", () => {
        (globalThis as { moved?: number }).moved = 1;
      });
    });
    await (await app.sitePage()).evaluate(() => {
      window.moveTo(5, 5);
      window.resizeTo(700, 500);
    });
    await app.call("app.state");
    assert.deepEqual(await boundsOf(app), before);
  });
});

test("the interface comes back after its process has ended", async () => {
  await withApp(freshData(), async (app) => {
    await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
    );
    await app.eventually("the list of sites", () =>
      app.electron.evaluate(async ({ BrowserWindow }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        if (!contents || contents.isCrashed() || contents.isLoading()) return false;
        const found: Promise<boolean> = contents.executeJavaScript("document.body.innerText.includes('Scene bank')");
        // A question to a document that is being replaced is never answered.
        return Promise.race([found, new Promise<boolean>((resolve) => setTimeout(resolve, 1000, false))]);
      }),
    );
  });
});

test("quitting ends the program with its sites open", async () => {
  const app = await launchApp(desk, { profile: scene.profile });
  await app.call("site.navigate", { text: `${scene.origin}/` });
  await app.until("the page", shows("/"));
  const ended = new Promise((resolve) => app.electron.process().once("exit", resolve));
  await app.press("ctrl+q").catch(() => undefined);
  assert.equal(await ended, 0, "it ends by itself, with its own code");
});

test("a fault of the program takes its windows with it", async () => {
  const app = await launchApp(desk, { profile: scene.profile });
  await app.call("site.navigate", { text: `${scene.origin}/` });
  await app.until("the page", shows("/"));
  const ended = new Promise((resolve) =>
    app.electron.process().once("exit", (code, signal) => resolve(code ?? signal)),
  );
  await app.electron
    .evaluate(() => {
      setImmediate(() => {
        throw new Error("a fault for the test");
      });
    })
    .catch(() => undefined);
  assert.equal(await ended, 70);
});

test("without a profile the first page says where one goes", async () => {
  const app = await launchApp(desk);
  try {
    const state = await app.until("the answer", ({ profile }) => profile.kind !== "loaded");
    // In a user namespace /etc itself does not look like root's, and is refused as unsafe.
    const expected = statSync("/etc").uid === 0 ? "none" : "invalid";
    assert.equal(state.profile.kind, expected);
    await app.ui
      .getByText(expected === "none" ? "/etc/countersign/policy.d" : "profile.unsafe")
      .first()
      .waitFor();
  } finally {
    await app.close();
  }
});

test("a profile that is wrong is not taken in part, and says what is wrong", async () => {
  const app = await launchApp(desk, { profile: join(desk.folder, "no-such.json") });
  try {
    const { profile, sites } = await app.until("the answer", (state) => state.profile.kind === "invalid");
    assert.equal(profile.kind === "invalid" && profile.error.code, "profile.missing");
    assert.deepEqual(sites, []);
  } finally {
    await app.close();
  }
});
