/** Closing a page that may ask to be kept. */
import type { WebContents } from "electron";

/** How long a page may take to say whether it may be left, milliseconds. */
const LEAVE_PATIENCE = 3000;

/**
 * @param ask asks the page whether it may be left
 * @returns false when the user would rather stay on the page
 */
export function closePage(contents: WebContents, ask: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    // A page that does not even answer whether it may be left is closed all the same.
    const patience = setTimeout(() => {
      if (!contents.isDestroyed()) contents.close();
    }, LEAVE_PATIENCE);
    contents.once("destroyed", () => {
      clearTimeout(patience);
      resolve(true);
    });
    contents.once("will-prevent-unload", (event) => {
      if (event.defaultPrevented) return;
      clearTimeout(patience);
      resolve(false);
    });
    contents.close({ waitForBeforeUnload: ask });
  });
}
