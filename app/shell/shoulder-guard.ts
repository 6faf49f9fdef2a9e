/**
 * Against eyes and cameras: what sensitive fields show is blurred while the window has lost the keyboard or a capture
 * begins, captures of the window are asked away where the system offers that, and on macOS keys go to this program
 * alone while a sensitive field has the cursor.
 */
import { app, type BrowserWindow } from "electron";
import type { SensitiveWatch } from "./sensitive-watch.ts";

/** How long fields stay blurred after a key that captures the screen, milliseconds. */
const AFTER_CAPTURE = 3000;

export class ShoulderGuard {
  readonly #window: BrowserWindow;
  #page: SensitiveWatch | undefined;
  #away = false;
  #capture: NodeJS.Timeout | undefined;
  #protected = false;
  #secureKeys = false;

  constructor(window: BrowserWindow) {
    this.#window = window;
    window.on("blur", () => this.#leave(true));
    window.on("focus", () => this.#leave(false));
    window.once("closed", () => clearTimeout(this.#capture));
  }

  /** The page on the stage has changed, or what it says of its fields. */
  follow(page: SensitiveWatch | undefined): void {
    if (this.#window.isDestroyed()) return;
    this.#page = page;
    page?.watchPaste();
    const present = page?.present === true;
    if (present !== this.#protected) this.#window.setContentProtection(present);
    this.#protected = present;
    this.#guardKeys();
    if (present && this.#hidden) page?.conceal(true);
  }

  /** A key was pressed that captures the screen. */
  captured(): void {
    clearTimeout(this.#capture);
    this.#capture = setTimeout(() => {
      this.#capture = undefined;
      this.#page?.conceal(this.#hidden);
    }, AFTER_CAPTURE);
    this.#page?.conceal(true);
  }

  get #hidden(): boolean {
    return this.#away || this.#capture !== undefined;
  }

  #leave(away: boolean): void {
    this.#away = away;
    this.#page?.conceal(this.#hidden);
    this.#guardKeys();
  }

  #guardKeys(): void {
    if (process.platform !== "darwin") return;
    const secure = !this.#away && this.#page?.focused !== undefined;
    if (secure !== this.#secureKeys) app.setSecureKeyboardEntryEnabled(secure);
    this.#secureKeys = secure;
  }
}
