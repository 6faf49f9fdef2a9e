/**
 * Holds a page's input shut in the engine itself, whatever its scripts do, and knows who answers for its frames.
 *
 * Two locks stand before every field and are turned together: the view is not on the stage, so that neither pointer
 * nor keyboard nor input method has it as a target (site-view.ts), and the engine ignores the input events of the whole
 * page, frames of other sites included. The second one is the debugger's `Input.setIgnoreInputEvents`, which the main
 * process holds; a page has no way to it.
 */
import type { WebContents } from "electron";
import {
  answeringOrigin,
  firstLapse,
  type InputState,
  inputState,
  lapsedAmong,
  type Verdicts,
} from "../core/input-rules.ts";

/** What setTimeout can hold, milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** How soon a page that a frame has shut is looked at again, milliseconds. */
const LOOK_AGAIN = 500;

export interface InputGuardHost {
  /** Whether the page machine shows the page. */
  shown(): boolean;
  /** The origin that a document without an address belongs to. */
  inherited(): string | undefined;
  /** The state may be another one now; look again. */
  changed(): void;
  /** The verdicts of these origins, which frames rest on, have run out. */
  lapsed(origins: readonly string[]): void;
}

export class InputGuard {
  readonly #contents: WebContents;
  readonly #host: InputGuardHost;
  readonly #verdicts = new Map<string, number>();
  #held = false;
  #ignoring = false;
  #timer: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(contents: WebContents, host: InputGuardHost) {
    this.#contents = contents;
    this.#host = host;
    contents.debugger.on("detach", () => this.#lost());
    contents.on("before-input-event", (event) => {
      if (this.state.kind !== "open" || this.#ignoring) event.preventDefault();
    });
    contents.on("frame-created", () => this.#look());
    contents.on("did-frame-navigate", () => this.#look());
    contents.once("destroyed", () => {
      clearTimeout(this.#timer);
      clearTimeout(this.#again);
    });
    this.hold();
  }

  get state(): InputState {
    if (this.#contents.isDestroyed()) return { kind: "shut", why: "page" };
    return inputState({
      shown: this.#host.shown(),
      held: this.#held,
      answering: this.#answering(),
      verdicts: this.#verdicts,
      now: Date.now(),
    });
  }

  /** Takes hold of the engine's input, and shuts it. @returns whether the engine obeys */
  hold(): boolean {
    if (this.#contents.isDestroyed()) return false;
    const control = this.#contents.debugger;
    if (this.#held && control.isAttached()) return true;
    try {
      if (!control.isAttached()) control.attach("1.3");
      this.#held = true;
      this.#ignoring = false;
      this.#ignore(true);
    } catch {
      // Another debugger has the page: what cannot be shut is not opened.
      this.#held = false;
    }
    return this.#held;
  }

  /** Shuts the input of the whole page. Takes effect before this returns. */
  shut(): void {
    this.#ignore(true);
  }

  /** Opens the input, if nothing stands against it. @returns whether it is open */
  open(): boolean {
    if (this.state.kind !== "open") {
      this.shut();
      return false;
    }
    this.#ignore(false);
    this.#watch();
    return !this.#ignoring;
  }

  /** A channel of this origin has its verdict. @param lapsesAt milliseconds since the epoch */
  proven(origin: string, lapsesAt: number): void {
    this.#verdicts.set(origin, lapsesAt);
  }

  /** No verdict counts any more. */
  forget(): void {
    this.#verdicts.clear();
    this.shut();
  }

  #answering(): readonly (string | undefined)[] {
    const inherited = this.#host.inherited();
    try {
      const frames = this.#contents.mainFrame.framesInSubtree;
      return [...new Set(frames.map((frame) => answeringOrigin(frame, inherited)))];
    } catch {
      // The frames' process is gone; until the engine says what is there instead, nobody answers for it.
      return [undefined];
    }
  }

  /** The browser process handles the command as it is given; its answer only repeats that. */
  #ignore(ignore: boolean): void {
    if (this.#held && this.#ignoring === ignore) return;
    this.#ignoring = true;
    if (!this.#held || this.#contents.isDestroyed()) return;
    try {
      this.#contents.debugger.sendCommand("Input.setIgnoreInputEvents", { ignore }).catch(() => this.#lost());
      this.#ignoring = ignore;
    } catch {
      this.#lost();
    }
  }

  /** The engine no longer obeys: the other lock falls at once, and this one is taken up again. */
  #lost(): void {
    if (this.#contents.isDestroyed()) return;
    this.#held = false;
    this.#ignoring = true;
    this.#host.changed();
    setImmediate(() => {
      if (!this.#contents.isDestroyed() && !this.#held && this.hold()) this.#host.changed();
    });
  }

  /** Frames have come or gone. The engine does not say when one goes, so a page that one of them shuts is looked at again. */
  #look(): void {
    if (this.#contents.isDestroyed() || !this.#host.shown()) return;
    this.#host.changed();
    clearTimeout(this.#again);
    const { state } = this;
    if (state.kind === "shut" && state.why === "frame") this.#again = setTimeout(() => this.#look(), LOOK_AGAIN);
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const at = firstLapse(this.#answering(), this.#verdicts);
    if (at === Number.POSITIVE_INFINITY) return;
    const look = () => {
      if (Date.now() >= at) this.#host.lapsed(lapsedAmong(this.#answering(), this.#verdicts, Date.now()));
      else this.#watch();
    };
    this.#timer = setTimeout(look, Math.min(Math.max(0, at - Date.now()), LONGEST_TIMER));
  }
}

export type { InputState, Verdicts };
