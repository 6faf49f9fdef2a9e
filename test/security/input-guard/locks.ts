/** Reasons for which a page is shut, each brought about for real; keys are typed into its field before and after. */
import type { Stage } from "./stage.ts";

export interface Lock {
  readonly id: string;
  readonly way: string;
  /** Makes sure of what the lock needs, while everything is still right. */
  readonly before?: (stage: Stage) => Promise<unknown>;
  readonly shut: (stage: Stage) => Promise<unknown>;
  /** Puts right what was made wrong. */
  readonly mend?: (stage: Stage) => Promise<unknown>;
}

const inPage = (script: string) => async (stage: Stage) => {
  await stage.page.evaluate(`void setTimeout(() => { ${script} })`);
};
const impersonate = (stage: Stage) => stage.scene.impersonate();
const restore = (stage: Stage) => stage.scene.restore();
const lapse = (stage: Stage) => stage.app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("suspend"));

const steps =
  (...all: readonly ((stage: Stage) => Promise<unknown>)[]) =>
  async (stage: Stage) => {
    for (const each of all) await each(stage);
  };

/** What the main process does with the debugger of the page. */
const withDebugger = (script: string) => (stage: Stage) =>
  stage.app.electron.evaluate(({ webContents, session }, text) => {
    const own = session.fromPartition("persist:site-scene");
    const contents = webContents.getAllWebContents().find((each) => each.session === own);
    new Function("control", text)(contents?.debugger);
  }, script);

export const LOCKS: readonly Lock[] = [
  { id: "lock-sleep", way: "the computer went to sleep", shut: lapse },
  {
    id: "lock-navigation",
    way: "another document is under way",
    shut: inPage("location.href = '/never'"),
    mend: (stage) => stage.app.call("view.command", "stop"),
  },
  {
    id: "lock-impostor",
    way: "the origin cannot be proved again",
    shut: steps(impersonate, (stage) =>
      stage.app.electron.evaluate(({ powerMonitor }) => void powerMonitor.emit("resume")),
    ),
    mend: restore,
  },
  {
    id: "lock-cache",
    way: "a document from the cache, and the origin cannot be proved",
    before: async (stage) => {
      await stage.page.evaluate("fetch('/kept', { cache: 'force-cache' }).then((answer) => answer.text())");
    },
    shut: steps(impersonate, lapse, inPage("location.href = '/kept'")),
    mend: restore,
  },
  {
    id: "lock-worker",
    way: "a document drawn by a service worker, and the origin cannot be proved",
    before: async (stage) => {
      await stage.page.evaluate(
        "navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready).then(() => undefined)",
      );
    },
    shut: steps(impersonate, inPage("location.href = '/drawn'")),
    mend: restore,
  },
  {
    id: "lock-history",
    way: "a document from the history, and the origin cannot be proved",
    shut: steps(impersonate, inPage("history.back()")),
    mend: restore,
  },
  {
    id: "lock-blob",
    way: "a document that the page made itself, and the origin cannot be proved",
    shut: steps(
      impersonate,
      lapse,
      inPage("location.href = URL.createObjectURL(new Blob(['<input autofocus>'], { type: 'text/html' }))"),
    ),
    mend: restore,
  },
  {
    id: "lock-empty",
    way: "an empty window that the page writes, and the origin cannot be proved",
    shut: steps(
      impersonate,
      lapse,
      inPage(
        "window.open('').document.write('<input autofocus onkeydown=\"opener.arrivals.push({type:event.type,trusted:true})\">')",
      ),
    ),
    mend: steps(restore, (stage) =>
      stage.app.electron.evaluate(({ webContents }) => {
        for (const each of webContents.getAllWebContents()) if (each.getURL() === "about:blank") each.close();
      }),
    ),
  },
  {
    id: "lock-debugger",
    way: "another debugger has taken the page's input out of our hands",
    shut: withDebugger(
      "control.genuine = control.attach; control.attach = () => { throw new Error('taken'); }; control.detach();",
    ),
    mend: withDebugger("control.attach = control.genuine;"),
  },
];
