/** Closing a page that may ask to be kept. */
import type { WebContents } from "electron";

/** How long a page may take to say whether it may be left, milliseconds. */
const LEAVE_PATIENCE = 3000;

export interface Closing {
  /** Asks the page whether it may be left. */
  readonly ask: boolean;
  /** Asks the user, when the page would rather not; it stays as it is meanwhile. */
  mayLeave(): Promise<boolean>;
}

/** @returns false when the user would rather stay on the page */
export function closePage(contents: WebContents, { ask, mayLeave }: Closing): Promise<boolean> {
  return new Promise((resolve) => {
    // A page that does not even answer whether it may be left is closed all the same.
    const patience = setTimeout(() => {
      if (!contents.isDestroyed()) contents.close();
    }, LEAVE_PATIENCE);
    const gone = () => {
      clearTimeout(patience);
      resolve(true);
    };
    contents.once("destroyed", gone);
    contents.once("will-prevent-unload", () => {
      clearTimeout(patience);
      void mayLeave().then((leave) => {
        if (contents.isDestroyed()) return;
        if (leave) return contents.close();
        contents.off("destroyed", gone);
        resolve(false);
      });
    });
    contents.close({ waitForBeforeUnload: ask });
  });
}
