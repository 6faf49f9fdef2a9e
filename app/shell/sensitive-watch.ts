/** What the documents of a page say of their sensitive fields, and orders to them. */
import type { WebContents, WebFrameMain } from "electron";
import { isDigits, type SensitiveKind } from "../core/sensitive-fields.ts";
import { FIELD_CHANNEL, type FieldMessage, type FieldOrder, fieldMessage, ORDER_CHANNEL } from "./page-messages.ts";

export interface SensitiveField {
  readonly kind: SensitiveKind;
  /** Whether it takes digits alone. */
  readonly digits: boolean;
  readonly dots: boolean;
}

export class SensitiveWatch {
  readonly #contents: WebContents;
  readonly #changed: () => void;
  /** By the frame's number in the frame tree. */
  readonly #said = new Map<number, FieldMessage>();
  #focused: WebFrameMain | undefined;

  constructor(contents: WebContents, changed: () => void) {
    this.#contents = contents;
    this.#changed = changed;
    contents.ipc.on(FIELD_CHANNEL, (event, message: unknown) => {
      const parsed = fieldMessage.safeParse(message);
      const frame = event.senderFrame;
      if (parsed.success && frame) this.#heard(frame, parsed.data);
    });
    contents.on("did-navigate", () => this.#forget());
    contents.on("render-process-gone", () => this.#forget());
  }

  /** The sensitive field that has the cursor. */
  get focused(): SensitiveField | undefined {
    const said = this.#focused && this.#said.get(this.#focused.frameTreeNodeId);
    return said?.focused ? { kind: said.focused, digits: isDigits(said.focused), dots: said.dots } : undefined;
  }

  /** Whether any document of the page has a sensitive field. */
  get present(): boolean {
    return [...this.#said.values()].some(({ present }) => present);
  }

  /** Whether the user has put something into a sensitive field of the page. */
  get filled(): boolean {
    return [...this.#said.values()].some(({ filled }) => filled);
  }

  /** Blurs what sensitive fields show in every document of the page. */
  conceal(on: boolean): void {
    for (const frame of this.#frames()) this.#order(frame, { order: "conceal", on });
  }

  reveal(on: boolean): void {
    this.#order(this.#focused, { order: "reveal", on });
  }

  erase(): void {
    this.#order(this.#focused, { order: "erase" });
  }

  #heard(frame: WebFrameMain, message: FieldMessage): void {
    this.#said.set(frame.frameTreeNodeId, message);
    if (message.focused !== null) this.#focused = frame;
    this.#changed();
  }

  #forget(): void {
    this.#said.clear();
    this.#focused = undefined;
    this.#changed();
  }

  #frames(): readonly WebFrameMain[] {
    try {
      return this.#contents.isDestroyed() ? [] : this.#contents.mainFrame.framesInSubtree;
    } catch {
      // The frames' process is gone, and what they showed with it.
      return [];
    }
  }

  #order(frame: WebFrameMain | undefined, order: FieldOrder): void {
    if (frame && this.#frames().some(({ frameTreeNodeId }) => frameTreeNodeId === frame.frameTreeNodeId))
      frame.send(ORDER_CHANNEL, order);
  }
}
