import { randomUUID } from "node:crypto";
import type { NoticeView } from "../ipc/contract.ts";

/** More than these would only be noise; the oldest gives way. */
const MOST = 4;

/** Short words to the user that wait to be acknowledged; the same words stand there once. */
export class Notices {
  #views: readonly NoticeView[] = [];

  get views(): readonly NoticeView[] {
    return this.#views;
  }

  add(text: string, kind: NoticeView["kind"] = "warning"): void {
    const others = this.#views.filter((view) => view.text !== text);
    this.#views = [...others, { id: randomUUID(), text, kind }].slice(-MOST);
  }

  acknowledge(id: string): void {
    this.#views = this.#views.filter((view) => view.id !== id);
  }
}
