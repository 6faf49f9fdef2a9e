/**
 * The only place that puts text into a page or edits in it on the user's behalf. The engine lets these commands pass
 * even while it ignores a page's input events, so each looks whether the page is open at the moment it is carried out.
 */
import type { WebContents } from "electron";

export type EditCommand = "undo" | "redo" | "cut" | "copy" | "paste" | "delete" | "selectAll";

export class PageInput {
  readonly #contents: WebContents;
  readonly #open: () => boolean;

  /** @param open whether the page takes the user's input now */
  constructor(contents: WebContents, open: () => boolean) {
    this.#contents = contents;
    this.#open = open;
  }

  /** @returns whether the page was open to it */
  edit(command: EditCommand): boolean {
    if (this.#contents.isDestroyed() || !this.#open()) return false;
    this.#contents[command]();
    return true;
  }

  /**
   * Types into the field that has the cursor, without key events.
   * @returns whether the page was open to it
   */
  async type(text: string): Promise<boolean> {
    if (this.#contents.isDestroyed() || !this.#open()) return false;
    await this.#contents.insertText(text);
    return true;
  }

  /**
   * A turn of the wheel over this place of the view: moves what is shown, enters nothing.
   * @param deltaY pixels, positive upwards
   * @returns whether the page was open to it
   */
  scroll(place: { readonly x: number; readonly y: number }, deltaY: number): boolean {
    if (this.#contents.isDestroyed() || !this.#open()) return false;
    this.#contents.sendInputEvent({ type: "mouseWheel", ...place, deltaX: 0, deltaY, canScroll: true });
    return true;
  }
}
