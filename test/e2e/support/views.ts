/** What can be seen of sites' pages, watched from inside the main process. */
import type { RunningApp } from "./app.ts";

interface Watched {
  /** Views that are drawn now. */
  shown: Set<Electron.View>;
  seen?: string[];
  timer?: NodeJS.Timeout;
}

/** Must run before the first site opens: the runtime of the tests cannot be asked whether a view is visible. */
export async function watchViews(app: RunningApp): Promise<void> {
  await app.electron.evaluate(({ View }) => {
    const shown = new Set<Electron.View>();
    const setVisible = View.prototype.setVisible;
    View.prototype.setVisible = function (this: Electron.View, visible: boolean) {
      if (visible) shown.add(this);
      else shown.delete(this);
      setVisible.call(this, visible);
    };
    Object.assign(globalThis, { watched: { shown } });
  });
}

/** Addresses of the pages that can be seen. */
export function seenNow(app: RunningApp): Promise<readonly string[]> {
  return app.electron.evaluate(({ BrowserWindow }) => {
    const { shown } = (globalThis as unknown as { watched: Watched }).watched;
    return (BrowserWindow.getAllWindows()[0]?.contentView.children ?? []).flatMap((view) =>
      shown.has(view) && "webContents" in view ? [(view.webContents as Electron.WebContents).getURL()] : [],
    );
  });
}

/** Looks every other millisecond. @returns `end`, which gives the addresses of all pages that were seen. */
export async function startWatch(app: RunningApp): Promise<{ end(): Promise<readonly string[]> }> {
  await app.electron.evaluate(({ BrowserWindow }) => {
    const { watched } = globalThis as unknown as { watched: Watched };
    const seen: string[] = [];
    watched.seen = seen;
    watched.timer = setInterval(() => {
      for (const view of BrowserWindow.getAllWindows()[0]?.contentView.children ?? [])
        if (watched.shown.has(view) && "webContents" in view)
          seen.push((view.webContents as Electron.WebContents).getURL());
    }, 2);
  });
  return {
    end: () =>
      app.electron.evaluate(() => {
        const { watched } = globalThis as unknown as { watched: Watched };
        clearInterval(watched.timer);
        return [...new Set(watched.seen)];
      }),
  };
}
