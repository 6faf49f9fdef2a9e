/**
 * Ways for input to reach a locked field, each with its control: the same act on the same page while it is open.
 * Writes out/input-guard.json.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../build/electron-command.mjs";
import { LOCKS } from "./input-guard/locks.ts";
import { type Stage, startStage } from "./input-guard/stage.ts";
import { DRAG_HELD, PASSED, WAYS, type Way } from "./input-guard/ways.ts";

interface Row {
  readonly id: string;
  readonly way: string;
  readonly expected: string;
  readonly outcome: string;
}

const rows: Row[] = [];
let stage: Stage;

before(async () => {
  stage = await startStage();
});

after(async () => {
  mkdirSync(join(root, "out"), { recursive: true });
  writeFileSync(join(root, "out/input-guard.json"), `${JSON.stringify(rows, undefined, 2)}\n`);
  await stage?.stop();
});

/** How long input that is on its way may take, milliseconds. */
const SETTLE = 120;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const EXPECTED = "arrives while the page is open; nothing arrives while it is shut, nor once it is open again";

for (const way of WAYS) test(`shut to: ${way.way}`, { timeout: 30_000 }, () => bothWays(way));

for (const { id, way, before: prepare, shut, mend } of LOCKS) {
  test(`shut when: ${way}`, { timeout: 30_000 }, async () => {
    await open();
    await prepare?.(stage);
    await shut(stage);
    const { active } = await stage.app.until("the curtain", (state) => state.active && state.active.stage !== "page");
    await pause(SETTLE);
    const watch = await watchAll();
    await stage.type("geheim");
    await pause(SETTLE);
    const arrived = await watch();
    rows.push({
      id,
      way: `keys into the field when ${way}`,
      expected: "arrive before; a curtain, and nothing arrives, afterwards",
      outcome: `arrived before; ${active?.stage} on the stage, ${arrived === "" ? "nothing arrived" : `${arrived} arrived`} afterwards`,
    });
    await mend?.(stage);
    assert.equal(arrived, "");
  });
}

/** Puts the pointer where the page never is: a page that comes on the stage below it hears of it, as it should. */
const park = () => stage.xdotool("mousemove", "8", "880");

/** The page of a lock is a new one each time, with a document before it in the history. */
async function open(path = "/fields"): Promise<void> {
  await park();
  for (const at of ["/before", path]) {
    await stage.app.call("site.navigate", { text: `${stage.scene.origin}${at}` });
    await stage.app.until(at, ({ active }) => active?.stage === "page" && active.path === at && !active.loading);
  }
  await stage.mount("<input id=f>");
  // The engine keeps input from a document that has not been drawn yet: until it arrives, it is given again.
  await stage.app.eventually("the control", async () => {
    await stage.clickAt(await stage.place("#f"));
    await stage.type("a");
    await pause(60);
    return (await stage.arrivals()).some(({ type }) => type === "input");
  });
}

/** What reaches any page of the site, whether or not our recorder is in it: asked of each document that can answer. */
async function watchAll(): Promise<() => Promise<string>> {
  const look = (script: string) =>
    stage.app.electron.evaluate(async ({ webContents, session }, text) => {
      const own = session.fromPartition("persist:site-scene");
      const pages = webContents.getAllWebContents().filter((each) => each.session === own && !each.isCrashed());
      const patience = new Promise<string>((resolve) => setTimeout(() => resolve(""), 500));
      const asked = pages.map((each) => Promise.race([each.executeJavaScript(text).catch(() => ""), patience]));
      return (await Promise.all(asked)) as readonly string[];
    }, script);
  await look(`globalThis.heard = []; for (const type of ["keydown", "input", "keyup"])
    addEventListener(type, (event) => heard.push(event.type), true); ""`);
  return async () => (await look(`(globalThis.heard ?? []).join(" ")`)).filter((words) => words !== "").join(" ");
}

test("a connection that the server merely closes shuts nothing", async () => {
  await open("/closing");
  await pause(300);
  await stage.type("geheim");
  await stage.app.eventually("the word", async () => (await stage.values()).includes("geheim"));
  rows.push({
    id: "keep-alive",
    way: "keys into the field after the server has closed its connections",
    expected: "arrive: an idle connection that ends says nothing of who the server is",
    outcome: "arrived",
  });
});

for (const { id, way, page, act } of PASSED) {
  test(`known to pass: ${way}`, async () => {
    await open();
    await stage.mount(page);
    await stage.lock();
    await act(stage, undefined);
    await pause(SETTLE);
    const arrived = (await stage.values()).includes("geheim");
    await stage.unlock();
    rows.push({
      id,
      way,
      expected: "arrives although the page is shut: no page can send it, and no release starts with the port it needs",
      outcome: arrived ? "arrived" : "nothing arrived",
    });
    assert.ok(arrived, "the engine has come to hold this back: let the table say so");
  });
}

test(`shut to: ${DRAG_HELD.way}`, { timeout: 30_000 }, () => bothWays(DRAG_HELD));

async function bothWays(way: Way): Promise<void> {
  const control = await whileOpen(way);
  const shut = await whileShut(way);
  const outcome = `${control ? "arrived" : "did not arrive"} while open; ${shut === "" ? "nothing arrived" : `${shut} arrived`} while shut`;
  rows.push({ id: way.id, way: way.way, expected: EXPECTED, outcome });
  assert.ok(control, `the control: ${way.arrives} is seen while the page is open`);
  assert.equal(shut, "", "what arrived while the page was shut");
}

async function mount(way: Way): Promise<void> {
  await park();
  await stage.mount(way.page.replace("LOGIN", stage.scene.login));
}

/** The control. @returns whether the input was seen */
async function whileOpen(way: Way): Promise<boolean> {
  await mount(way);
  const prepared = await way.before?.(stage);
  if (way.script !== undefined) await stage.page.evaluate(way.script);
  await way.act(stage, prepared);
  for (let attempt = 0; attempt < 30; attempt += 1) {
    if ((await stage.arrivals()).some(({ type, trusted }) => trusted && type === way.arrives)) {
      await way.after?.(stage);
      return true;
    }
    await pause(50);
  }
  await way.after?.(stage);
  return false;
}

/** @returns what arrived, nothing if empty */
async function whileShut(way: Way): Promise<string> {
  await mount(way);
  const prepared = await way.before?.(stage);
  await stage.lock();
  await pause(SETTLE);
  if (way.script !== undefined) await stage.page.evaluate(way.script);
  await stage.page.evaluate("arrivals = []");
  const values = await stage.values();
  await way.act(stage, prepared);
  await pause(SETTLE);
  await park();
  await stage.unlock();
  await pause(SETTLE);
  const arrived = (await stage.arrivals()).filter(({ trusted }) => trusted).map(({ type }) => type);
  const changed = (await stage.values()) === values ? [] : ["a changed value"];
  await way.after?.(stage);
  return [...new Set([...arrived, ...changed])].join(", ");
}
