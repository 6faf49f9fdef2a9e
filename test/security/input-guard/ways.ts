/**
 * Ways for a user's input, and for what passes itself off as such, to reach a field. Each acts twice on the same
 * page: while it is open, where the input must be seen to arrive, and while it is shut, where nothing may.
 */
import type { Stage } from "./stage.ts";

export interface Way {
  readonly id: string;
  readonly way: string;
  /** Markup of the page; the field is `#f`. */
  readonly page: string;
  /** An event that the input causes when the page is open. */
  readonly arrives: string;
  /** Done while the page is open, before the lock; gives the act what it needs. */
  readonly before?: (stage: Stage) => Promise<unknown>;
  /** What a hostile page does just before the act, once it is shut. */
  readonly script?: string;
  readonly act: (stage: Stage, prepared: unknown) => Promise<unknown>;
  /** Closes what the act may have left open. */
  readonly after?: (stage: Stage) => Promise<unknown>;
}

const FIELD = "<input id=f>";
const focus =
  (selector = "#f") =>
  async ({ page }: Stage) => {
    await page.evaluate((at) => document.querySelector<HTMLElement>(at)?.focus(), selector);
  };
const typed = async (stage: Stage) => {
  await stage.type("geheim");
};
const keys =
  (...names: readonly string[]) =>
  (stage: Stage) =>
    stage.keys(...names);
const point =
  (selector = "#f") =>
  (stage: Stage) =>
    stage.place(selector);
type Place = { readonly x: number; readonly y: number };
const click = (button?: number) => (stage: Stage, place: unknown) => stage.clickAt(place as Place, button);
const copied =
  (text: string, kind: "clipboard" | "selection" = "clipboard") =>
  (stage: Stage) =>
    stage.app.electron.evaluate(
      ({ clipboard }, [words, where]) => {
        // Current runtimes know no kind of clipboard any more, and answer with a promise.
        const write = clipboard.writeText as (words: string, where: string) => unknown;
        return write.call(clipboard, words, where);
      },
      [text, kind] as const,
    );
const both =
  (...steps: readonly ((stage: Stage) => Promise<unknown>)[]) =>
  async (stage: Stage) => {
    let last: unknown;
    for (const step of steps) last = await step(stage);
    return last;
  };
const frame = (source: string) => `<iframe id=frame src="${source}"></iframe>`;
/** The frame is there and has the cursor in its field. */
const entered = async (stage: Stage) => {
  await stage.app.eventually("the frame", async () => (await stage.arrivals()).some(({ type }) => type === "ready"));
  await stage.app.until("the page with its frame", ({ active }) => active?.stage === "page");
  await stage.clickAt(await stage.place("#frame"));
};
const inMain = (script: (contents: Electron.WebContents) => void) => (stage: Stage) =>
  stage.app.electron.evaluate(({ webContents, session }, text) => {
    const own = session.fromPartition("persist:site-scene");
    const contents = webContents.getAllWebContents().find((each) => each.session === own);
    new Function("contents", `return (${text})(contents)`)(contents);
  }, String(script));

export const WAYS: readonly Way[] = [
  {
    id: "keys",
    way: "keys of the X server into a text field",
    page: FIELD,
    arrives: "input",
    before: focus(),
    act: typed,
  },
  {
    id: "keys-password",
    way: "keys into a password field",
    page: "<input id=f type=password>",
    arrives: "input",
    before: focus(),
    act: typed,
  },
  {
    id: "keys-textarea",
    way: "keys into a text area",
    page: "<textarea id=f></textarea>",
    arrives: "input",
    before: focus(),
    act: typed,
  },
  {
    id: "keys-editable",
    way: "keys into an editable part of the page",
    page: "<div id=f contenteditable style='min-height:20px'></div>",
    arrives: "input",
    before: focus(),
    act: typed,
  },
  {
    id: "keys-design-mode",
    way: "keys into a page that is editable as a whole",
    page: "<p>x</p><input id=f>",
    arrives: "input",
    before: async ({ page }) => {
      await page.evaluate("document.designMode='on'; document.querySelector('#f').focus()");
    },
    act: typed,
    after: async ({ page }) => {
      await page.evaluate("document.designMode='off'");
    },
  },
  {
    id: "keys-date",
    way: "digits into the parts of a date",
    page: "<input id=f type=date>",
    arrives: "input",
    before: focus(),
    act: async (stage) => {
      await stage.type("11222026");
    },
  },
  {
    id: "keys-number",
    way: "arrow keys on a number",
    page: "<input id=f type=number value=1>",
    arrives: "input",
    before: focus(),
    act: keys("Up"),
  },
  {
    id: "keys-range",
    way: "arrow keys on a slider",
    page: "<input id=f type=range>",
    arrives: "input",
    before: focus(),
    act: keys("Right"),
  },
  {
    id: "keys-checkbox",
    way: "the space bar on a checkbox",
    page: "<input id=f type=checkbox>",
    arrives: "change",
    before: focus(),
    act: keys("space"),
  },
  {
    id: "keys-radio",
    way: "arrow keys among radio buttons",
    page: "<input id=f type=radio name=r checked><input type=radio name=r>",
    arrives: "change",
    before: focus(),
    act: keys("Right"),
  },
  {
    id: "keys-select",
    way: "a letter on a closed list",
    page: "<select id=f><option>a<option>b</select>",
    arrives: "change",
    before: focus(),
    act: keys("b"),
  },
  {
    id: "keys-tab",
    way: "Tab to the field, then keys",
    page: "<button id=first>x</button><input id=f>",
    arrives: "input",
    before: focus("#first"),
    act: async (stage) => {
      await stage.keys("Tab");
      await stage.type("geheim");
    },
  },
  {
    id: "keys-enter-submit",
    way: "Enter that submits a form",
    page: "<form onsubmit='event.preventDefault()'><input id=f value=x></form>",
    arrives: "submit",
    before: focus(),
    act: keys("Return"),
  },
  {
    id: "keys-enter-button",
    way: "Enter on a button",
    page: "<button id=f>x</button>",
    arrives: "click",
    before: focus(),
    act: keys("Return"),
  },
  {
    id: "keys-details",
    way: "Enter on a summary",
    page: "<details id=d><summary id=f>x</summary>y</details>",
    arrives: "click",
    before: focus(),
    act: keys("Return"),
  },
  {
    id: "keys-listener",
    way: "keys that a page listens to without any field",
    page: "<canvas id=f tabindex=0 width=50 height=20></canvas>",
    arrives: "keydown",
    before: focus(),
    act: typed,
  },
  {
    id: "keys-up-only",
    way: "the release of a key alone",
    page: FIELD,
    arrives: "keyup",
    before: async (stage) => {
      await focus()(stage);
    },
    act: async (stage) => {
      await stage.xdotool("keydown", "g");
      await stage.page.evaluate("arrivals = []; document.querySelector('#f').value = ''");
      await stage.xdotool("keyup", "g");
    },
  },
  {
    id: "keys-accesskey",
    way: "an access key",
    page: "<button id=f accesskey=j>x</button>",
    arrives: "click",
    act: keys("alt+j"),
  },
  {
    id: "keys-shadow",
    way: "keys into a closed shadow tree",
    page: "<div id=host></div>",
    arrives: "input",
    before: async ({ page }) => {
      await page.evaluate(
        `(() => { const host = document.querySelector('#host'); const shadow = host.attachShadow({ mode: 'closed' }); shadow.innerHTML = '<input style="width:90px">'; host.kept = shadow; shadow.firstChild.focus(); })()`,
      );
    },
    act: typed,
  },
  {
    id: "keys-unicode",
    way: "the input method's composition of a character by its number",
    page: FIELD,
    arrives: "input",
    before: focus(),
    act: keys("ctrl+shift+u", "e", "9", "space"),
  },
  {
    id: "keys-dead",
    way: "a dead key and a letter, composed by the input method",
    page: FIELD,
    arrives: "input",
    before: focus(),
    act: keys("dead_acute", "e"),
  },
  {
    id: "ime-half",
    way: "a composition begun while open and finished afterwards",
    page: FIELD,
    arrives: "input",
    before: both(focus(), keys("ctrl+shift+u", "e", "9")),
    act: keys("space"),
  },
  {
    id: "keys-held",
    way: "a key held down from before the lock",
    page: FIELD,
    arrives: "keydown",
    before: async (stage) => {
      await focus()(stage);
      await stage.xdotool("keydown", "h");
    },
    act: async (stage) => {
      await new Promise((resolve) => setTimeout(resolve, 900));
      await stage.xdotool("keyup", "h");
    },
    after: (stage) => stage.xdotool("keyup", "h"),
  },
  {
    id: "mouse-click",
    way: "a click on a button",
    page: "<button id=f>x</button>",
    arrives: "click",
    before: point(),
    act: click(),
  },
  {
    id: "mouse-checkbox",
    way: "a click on a checkbox",
    page: "<input id=f type=checkbox>",
    arrives: "change",
    before: point(),
    act: click(),
  },
  {
    id: "mouse-label",
    way: "a click on the label of a checkbox",
    page: "<label id=l><input id=f type=checkbox> word</label>",
    arrives: "change",
    before: point("#l"),
    act: click(),
  },
  {
    id: "mouse-focus-type",
    way: "a click into the field, then keys",
    page: FIELD,
    arrives: "input",
    before: point(),
    act: async (stage, place) => {
      await stage.clickAt(place as Place);
      await stage.type("geheim");
    },
  },
  {
    id: "mouse-slider",
    way: "dragging a slider",
    page: "<input id=f type=range>",
    arrives: "input",
    before: point(),
    act: async (stage, place) => {
      const { x, y } = place as Place;
      await stage.xdotool(
        "mousemove",
        `${x}`,
        `${y}`,
        "mousedown",
        "1",
        "mousemove",
        `${x + 20}`,
        `${y}`,
        "mouseup",
        "1",
      );
    },
  },
  {
    id: "mouse-wheel",
    way: "the wheel over the page",
    page: "<input id=f type=number value=1>",
    arrives: "wheel",
    before: point(),
    act: click(4),
  },
  {
    id: "mouse-move",
    way: "where the pointer is",
    page: FIELD,
    arrives: "mousemove",
    before: point(),
    act: async (stage, place) => {
      const { x, y } = place as Place;
      await stage.xdotool("mousemove", `${x - 8}`, `${y}`, "mousemove", `${x + 8}`, `${y}`);
    },
  },
  {
    id: "mouse-held",
    way: "a mouse button held from before the lock",
    page: "<button id=f>x</button>",
    arrives: "mouseup",
    before: async (stage) => {
      const place = await stage.place("#f");
      await stage.xdotool("mousemove", `${place.x}`, `${place.y}`, "mousedown", "1");
    },
    act: (stage) => stage.xdotool("mouseup", "1"),
  },
  {
    id: "paste-key",
    way: "pasting by Ctrl+V",
    page: FIELD,
    arrives: "paste",
    before: both(copied("geheim"), focus()),
    act: keys("ctrl+v"),
  },
  {
    id: "paste-shift-insert",
    way: "pasting by Shift+Insert",
    page: FIELD,
    arrives: "paste",
    before: both(copied("geheim"), focus()),
    act: keys("shift+Insert"),
  },
  {
    id: "paste-middle",
    way: "pasting the selection by the middle button",
    page: FIELD,
    arrives: "input",
    before: both(copied("geheim", "selection"), point()),
    act: click(2),
  },
  {
    id: "paste-context-menu",
    way: "Paste in a context menu opened before the lock",
    page: FIELD,
    arrives: "paste",
    before: both(copied("geheim"), async (stage) => {
      await stage.app.electron.evaluate(() => {
        (globalThis as { menu?: unknown }).menu = undefined;
      });
      await stage.clickAt(await stage.place("#f"), 3);
      await stage.app.eventually("the menu", () =>
        stage.app.electron.evaluate(
          () => "menu" in globalThis && (globalThis as { menu?: unknown }).menu !== undefined,
        ),
      );
    }),
    act: (stage) =>
      stage.app.electron.evaluate(() => {
        (globalThis as { menu?: Electron.Menu }).menu?.items.find(({ label }) => label === "Paste")?.click();
      }),
  },
  {
    id: "paste-edit-menu",
    way: "Paste in the application menu",
    page: FIELD,
    arrives: "paste",
    before: both(copied("geheim"), focus()),
    act: (stage) =>
      stage.app.electron.evaluate(({ Menu }) => {
        Menu.getApplicationMenu()
          ?.items.flatMap(({ submenu }) => submenu?.items ?? [])
          .find(({ label }) => label === "&Paste")
          ?.click();
      }),
  },
  {
    id: "cut-key",
    way: "cutting by Ctrl+X",
    page: "<input id=f value=word>",
    arrives: "cut",
    before: async ({ page }) => {
      await page.evaluate("document.querySelector('#f').focus(); document.querySelector('#f').select()");
    },
    act: keys("ctrl+x"),
  },
  {
    id: "undo-key",
    way: "undoing by Ctrl+Z",
    page: FIELD,
    arrives: "input",
    before: both(focus(), typed, async ({ page }) => {
      await page.evaluate("arrivals = []");
    }),
    act: keys("ctrl+z"),
  },
  {
    id: "redo-key",
    way: "redoing by Ctrl+Shift+Z",
    page: FIELD,
    arrives: "input",
    before: both(focus(), typed, keys("ctrl+z"), async ({ page }) => {
      await page.evaluate("arrivals = []");
    }),
    act: keys("ctrl+shift+z"),
  },
  {
    id: "drag-text",
    way: "text dragged into the field",
    page: "<p id=t style='font-size:20px;margin:0 0 30px'>geheim</p><input id=f>",
    arrives: "drop",
    before: async (stage) => {
      await stage.page.evaluate("getSelection().selectAllChildren(document.querySelector('#t'))");
      return [await stage.place("#t"), await stage.place("#f")];
    },
    act: (stage, places) => drag(stage, places as readonly Place[]),
  },
  {
    id: "list-popup",
    way: "a choice in a list that was unfolded before the lock",
    page: "<select id=f><option>a<option>b<option>c</select>",
    arrives: "change",
    before: both(point(), async (stage) => {
      await stage.clickAt(await stage.place("#f"));
      await pause(250);
    }),
    act: keys("Down", "Return"),
    after: keys("Escape"),
  },
  {
    id: "datalist-popup",
    way: "a suggestion that was offered before the lock",
    page: "<input id=f list=d><datalist id=d><option value=geheim></datalist>",
    arrives: "input",
    before: both(focus(), keys("Down"), () => pause(300)),
    act: keys("Down", "Return"),
    after: keys("Escape"),
  },
  {
    id: "datalist-click",
    way: "a click on a suggestion that was offered before the lock",
    page: "<input id=f list=d><datalist id=d><option value=geheim></datalist>",
    arrives: "input",
    before: async (stage) => {
      await focus()(stage);
      await stage.keys("Down");
      await pause(300);
      // The runtime of the tests draws this list as if the page began where the window does.
      const { x, y } = await stage.place("#f");
      const view = await stage.view();
      return { x: x - view.x, y: y - view.y + 22 };
    },
    act: click(),
    after: keys("Escape"),
  },
  {
    id: "picker-popup",
    way: "a day in a calendar that was opened before the lock",
    page: "<input id=f type=date value=2026-11-20>",
    arrives: "change",
    before: both(focus(), keys("alt+Down"), () => pause(400)),
    act: keys("Right", "Return"),
    after: keys("Escape"),
  },
  {
    id: "frame-same",
    way: "keys into a frame of the page's origin",
    page: frame("/inner"),
    arrives: "input",
    before: entered,
    act: typed,
  },
  {
    id: "frame-other",
    way: "keys into a frame of another origin of the site",
    page: frame("LOGIN/inner"),
    arrives: "input",
    before: entered,
    act: typed,
  },
  {
    id: "frame-written",
    way: "keys into a frame that the page writes",
    page: `<iframe id=frame srcdoc="<input id=f style='width:90px'><script>for (const t of ['input','keydown']) addEventListener(t, (e) => parent.postMessage({ type: t, trusted: e.isTrusted }, '*'), true); parent.postMessage({ type: 'ready', trusted: false }, '*')</script>"></iframe>`,
    arrives: "input",
    before: entered,
    act: typed,
  },
  {
    id: "focus-loop",
    way: "a script that gives its field the focus again and again",
    page: FIELD,
    arrives: "input",
    script:
      "document.querySelector('#f').focus(); window.loop = setInterval(() => { window.focus(); document.querySelector('#f').focus(); }, 5)",
    act: typed,
    after: async ({ page }) => {
      await page.evaluate("clearInterval(window.loop)");
    },
  },
  {
    id: "focus-modal",
    way: "a modal dialog of the page with a field that takes the focus",
    page: "<dialog id=d><input id=f autofocus></dialog>",
    arrives: "input",
    script: "document.querySelector('#d').showModal()",
    act: typed,
    after: async ({ page }) => {
      await page.evaluate("document.querySelector('#d')?.close()");
    },
  },
  {
    id: "focus-new",
    way: "a new field that takes the focus as it comes",
    page: "<div id=n></div>",
    arrives: "input",
    script: "document.querySelector('#n').innerHTML = '<input id=f>'; document.querySelector('#f').focus()",
    act: typed,
  },
  {
    id: "focus-engine",
    way: "the engine's own focus on the page, then keys",
    page: FIELD,
    arrives: "input",
    before: focus(),
    act: async (stage) => {
      await inMain((contents) => contents.focus())(stage);
      await stage.type("geheim");
    },
  },
  {
    id: "focus-engine-paste",
    way: "the engine's own focus on the page, then Paste in the application menu",
    page: FIELD,
    arrives: "paste",
    before: both(copied("geheim"), focus()),
    act: (stage) =>
      stage.app.electron.evaluate(({ Menu, webContents, session }) => {
        const own = session.fromPartition("persist:site-scene");
        webContents
          .getAllWebContents()
          .find((each) => each.session === own)
          ?.focus();
        Menu.getApplicationMenu()
          ?.items.flatMap(({ submenu }) => submenu?.items ?? [])
          .find(({ label }) => label === "&Paste")
          ?.click();
      }),
  },
  {
    id: "synthetic-key",
    way: "a key event made by the main process",
    page: FIELD,
    arrives: "input",
    before: focus(),
    act: inMain((contents) => {
      for (const type of ["keyDown", "char", "keyUp"] as const) contents.sendInputEvent({ type, keyCode: "g" });
    }),
  },
  {
    id: "synthetic-mouse",
    way: "a mouse event made by the main process",
    page: "<button id=f style='position:fixed;left:0;top:0;width:60px;height:40px'>x</button>",
    arrives: "click",
    act: inMain((contents) => {
      for (const type of ["mouseDown", "mouseUp"] as const)
        contents.sendInputEvent({ type, x: 20, y: 20, button: "left", clickCount: 1 });
    }),
  },
  {
    id: "devtools-key",
    way: "a key event by the devtools protocol",
    page: FIELD,
    arrives: "input",
    before: focus(),
    act: async ({ devtools }) => {
      await answered(devtools.send("Input.dispatchKeyEvent", { type: "keyDown", key: "g", text: "g", code: "KeyG" }));
    },
  },
  {
    id: "devtools-mouse",
    way: "a mouse event by the devtools protocol",
    page: "<button id=f style='position:fixed;left:0;top:0;width:60px;height:40px'>x</button>",
    arrives: "click",
    act: async ({ devtools }) => {
      for (const type of ["mousePressed", "mouseReleased"] as const)
        await answered(
          devtools.send("Input.dispatchMouseEvent", { type, x: 20, y: 20, button: "left", clickCount: 1 }),
        );
    },
  },
  {
    id: "devtools-touch",
    way: "a touch by the devtools protocol",
    page: "<button id=f style='position:fixed;left:0;top:0;width:60px;height:40px'>x</button>",
    arrives: "touchstart",
    act: async ({ devtools }) => {
      await answered(
        devtools.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: 20, y: 20 }] }),
      );
    },
    after: async ({ devtools }) => {
      await answered(devtools.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] }));
    },
  },
];

/**
 * Commands of the devtools protocol that the engine lets pass while it ignores input events. The client itself sends
 * none of them (text-commands.test.ts), and refuses to run with a debugging port (switches.test.ts).
 */
export const PASSED: readonly Pick<Way, "id" | "way" | "page" | "act">[] = [
  {
    id: "devtools-text",
    way: "text inserted by the devtools protocol",
    page: "<input id=f autofocus>",
    act: async (stage) => {
      await focus()(stage);
      await answered(stage.devtools.send("Input.insertText", { text: "geheim" }));
    },
  },
  {
    id: "devtools-composition",
    way: "a composition by the devtools protocol",
    page: "<input id=f autofocus>",
    act: async (stage) => {
      await focus()(stage);
      const text = { text: "geheim", selectionStart: 6, selectionEnd: 6 };
      await answered(stage.devtools.send("Input.imeSetComposition", text));
    },
  },
  {
    id: "devtools-drop",
    way: "a drop by the devtools protocol",
    page: "<textarea id=f style='position:fixed;left:0;top:0;width:60px;height:40px'></textarea>",
    act: async ({ devtools }) => {
      const data = { items: [{ mimeType: "text/plain", data: "geheim" }], dragOperationsMask: 1 };
      for (const type of ["dragEnter", "dragOver", "drop"] as const)
        await answered(devtools.send("Input.dispatchDragEvent", { type, x: 20, y: 20, data }));
    },
  },
];

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A page that ignores input may never answer. */
const answered = (command: Promise<unknown>) => Promise.race([command.catch(() => undefined), pause(250)]);

async function pickUp(stage: Stage, [from]: readonly Place[]): Promise<void> {
  const { x, y } = from ?? { x: 0, y: 0 };
  await stage.xdotool("mousemove", `${x - 30}`, `${y}`, "mousedown", "1", "sleep", "0.1");
  for (const step of [4, 8, 12]) await stage.xdotool("mousemove", `${x - 30 + step}`, `${y + step}`, "sleep", "0.05");
}

async function putDown(stage: Stage, [, to]: readonly Place[]): Promise<void> {
  const { x, y } = to ?? { x: 0, y: 0 };
  for (const step of [-6, -3, 0]) await stage.xdotool("mousemove", `${x + step}`, `${y}`, "sleep", "0.05");
  await stage.xdotool("sleep", "0.1", "mouseup", "1");
}

async function drag(stage: Stage, places: readonly Place[]): Promise<void> {
  await pickUp(stage, places);
  await putDown(stage, places);
}

/** Of its own, and last: the display keeps the pointer with a drag that was begun and could not be ended. */
export const DRAG_HELD: Way = {
  id: "drag-held",
  way: "text picked up before the lock and dropped afterwards",
  page: "<p id=t style='font-size:20px;margin:0 0 30px'>geheim</p><input id=f>",
  arrives: "drop",
  before: async (stage) => {
    await stage.page.evaluate("getSelection().selectAllChildren(document.querySelector('#t'))");
    const places = [await stage.place("#t"), await stage.place("#f")] as const;
    await pickUp(stage, places);
    await stage.page.evaluate("arrivals = []");
    return places;
  },
  act: (stage, places) => putDown(stage, places as readonly Place[]),
  after: both(
    (stage) => stage.xdotool("mouseup", "1"),
    keys("Escape"),
    () => pause(300),
  ),
};
