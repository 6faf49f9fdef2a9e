/** What the documents of a page say of their sensitive fields, and orders to them. */
import type { WebContents, WebFrameMain } from "electron";
import { isDigits, type SensitiveKind } from "../core/sensitive-fields.ts";
import {
  FIELD_CHANNEL,
  type FieldMessage,
  type FieldOrder,
  fieldMessage,
  KEY_CHANNEL,
  keyedHash,
  ORDER_CHANNEL,
  PASTE_CHANNEL,
  TYPED_CHANNEL,
} from "./page-messages.ts";
import type { TypedSecrets } from "./typed-secrets.ts";

export interface SensitiveField {
  readonly kind: SensitiveKind;
  /** Whether it takes digits alone. */
  readonly digits: boolean;
  readonly dots: boolean;
}

export interface SensitiveWatchHost {
  /** Id of the page's site. */
  readonly site: string;
  readonly secrets: TypedSecrets;
  changed(): void;
  /** Whether the page takes the user's input now. */
  open(): boolean;
  /** Asks whether to paste what was typed into this other site. */
  mayPaste(from: string): Promise<boolean>;
}

export class SensitiveWatch {
  readonly #contents: WebContents;
  readonly #host: SensitiveWatchHost;
  #watching = false;
  /** By the frame's number in the frame tree. */
  readonly #said = new Map<number, FieldMessage>();
  #focused: WebFrameMain | undefined;

  constructor(contents: WebContents, host: SensitiveWatchHost) {
    this.#contents = contents;
    this.#host = host;
    this.#followSecrets();
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

  /** Has pasting asked about, if there is something to ask. */
  watchPaste(): void {
    const on = this.#host.secrets.any(this.#host.site);
    if (on === this.#watching) return;
    this.#watching = on;
    for (const frame of this.#frames()) this.#order(frame, { order: "watch-paste", on });
  }

  #followSecrets(): void {
    const { site, secrets } = this.#host;
    this.#contents.ipc.handle(KEY_CHANNEL, () => secrets.key);
    this.#contents.ipc.on(TYPED_CHANNEL, (_event, hash: unknown) => {
      const parsed = keyedHash.safeParse(hash);
      if (parsed.success) secrets.remember(site, parsed.data);
    });
    this.#contents.ipc.handle(PASTE_CHANNEL, async (_event, hash: unknown) => {
      const parsed = keyedHash.safeParse(hash);
      if (!parsed.success) return false;
      const from = secrets.elsewhere(site, parsed.data);
      const may = from === undefined || (await this.#host.mayPaste(from));
      // The isolated world inserts the text now, or never.
      return may && this.#host.open();
    });
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
    if (this.#watching) this.#order(frame, { order: "watch-paste", on: true });
    if (message.focused !== null) this.#focused = frame;
    this.#host.changed();
  }

  #forget(): void {
    this.#said.clear();
    this.#focused = undefined;
    this.#host.changed();
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
