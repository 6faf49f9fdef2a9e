/** Back and forward of a page, round the entries that refusals leave in the engine's history. */
import type { WebContents } from "electron";
import type { Page } from "./page.ts";

export class PageHistory {
  readonly #contents: WebContents;
  /** Index of an entry that the engine's error page fills, to be removed once another one is active. */
  #failedEntry: number | undefined;

  constructor(contents: WebContents) {
    this.#contents = contents;
  }

  canGoBack({ refused, committed }: Page): boolean {
    if (refused && !refused.entry && !refused.intact) return committed !== undefined;
    return this.#contents.navigationHistory.canGoBack();
  }

  canGoForward({ refused }: Page): boolean {
    return !refused && this.#contents.navigationHistory.canGoForward();
  }

  /** @param showAgain shows the document that a refusal hides and that is still in the view */
  goBack(page: Page, showAgain: () => void): void {
    const { refused } = page;
    if (!this.canGoBack(page)) return;
    const history = this.#contents.navigationHistory;
    if (refused?.entry) {
      this.#failedEntry = history.getActiveIndex();
      history.goToIndex(this.#failedEntry - 1);
    } else if (refused && !refused.intact) showAgain();
    else history.goBack();
  }

  goForward(page: Page): void {
    if (this.canGoForward(page)) this.#contents.navigationHistory.goForward();
  }

  /** Another document has committed: the entry of the one that was refused goes. */
  committed(): void {
    const history = this.#contents.navigationHistory;
    const failed = this.#failedEntry;
    this.#failedEntry = undefined;
    if (failed !== undefined && failed !== history.getActiveIndex()) history.removeEntryAtIndex(failed);
  }
}
