/** What a page wants and only the user may allow: one question at a time, on a sheet of ours that names the site. */
import { randomUUID } from "node:crypto";
import type { WebContents } from "electron";
import type { ConsentView } from "../ipc/contract.ts";

/** A page that asks for more at once is pestering. */
const MOST = 4;

interface Waiting {
  readonly view: ConsentView;
  readonly contents: WebContents | undefined;
  readonly answer: (allowed: boolean) => void;
}

export class Consents {
  readonly #changed: () => void;
  #waiting: readonly Waiting[] = [];

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The question that the interface shows now. */
  get current(): ConsentView | undefined {
    return this.#waiting[0]?.view;
  }

  /** @param contents of the page that asks; the question goes with its proof */
  ask(consent: Omit<ConsentView, "id">, contents: WebContents | undefined): Promise<boolean> {
    const same = this.#waiting.filter(({ view }) => view.site === consent.site);
    if (same.length >= MOST || contents?.isDestroyed()) return Promise.resolve(false);
    return new Promise((resolve) => {
      const view = { ...consent, id: randomUUID() };
      this.#waiting = [...this.#waiting, { view, contents, answer: resolve }];
      contents?.once("destroyed", () => this.drop((each) => each.contents === contents));
      this.#changed();
    });
  }

  reply(id: string, allowed: boolean): void {
    const asked = this.#waiting.find(({ view }) => view.id === id);
    if (!asked) return;
    this.#waiting = this.#waiting.filter((each) => each !== asked);
    asked.answer(allowed);
    this.#changed();
  }

  /** Who asked has lost its proof, or is gone: nothing is allowed to it. */
  drop(which: (asked: { readonly view: ConsentView; readonly contents: WebContents | undefined }) => boolean): void {
    for (const { view } of this.#waiting.filter(which)) this.reply(view.id, false);
  }
}
