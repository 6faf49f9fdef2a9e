/** What a page wants and only the user may allow: one question at a time, on a sheet of ours that names the site. */
import { randomUUID } from "node:crypto";
import type { WebContents } from "electron";
import type { ConsentView } from "../ipc/contract.ts";

/** A page that asks for more at once is pestering. */
const MOST = 4;

/** So often one document may hear no to the same kind of question; then it is not put any more. */
const MOST_REFUSALS = 3;

interface Waiting {
  readonly view: ConsentView;
  readonly contents: WebContents | undefined;
  readonly answer: (allowed: boolean) => void;
}

export class Consents {
  readonly #changed: () => void;
  #waiting: readonly Waiting[] = [];
  readonly #refusals = new WeakMap<WebContents, Map<ConsentView["kind"], number>>();

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
    if (same.length >= MOST || contents?.isDestroyed() || this.#pesters(consent.kind, contents))
      return Promise.resolve(false);
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
    if (!allowed) this.#refused(asked);
    asked.answer(allowed);
    this.#changed();
  }

  #pesters(kind: ConsentView["kind"], contents: WebContents | undefined): boolean {
    return contents !== undefined && (this.#refusals.get(contents)?.get(kind) ?? 0) >= MOST_REFUSALS;
  }

  #refused({ view: { kind }, contents }: Waiting): void {
    if (contents === undefined || contents.isDestroyed()) return;
    const known = this.#refusals.get(contents);
    const refusals = known ?? new Map<ConsentView["kind"], number>();
    refusals.set(kind, (refusals.get(kind) ?? 0) + 1);
    if (known) return;
    this.#refusals.set(contents, refusals);
    contents.on("did-navigate", () => refusals.clear());
  }

  /** Who asked has lost its proof, or is gone: nothing is allowed to it. */
  drop(which: (asked: { readonly view: ConsentView; readonly contents: WebContents | undefined }) => boolean): void {
    for (const { view } of this.#waiting.filter(which)) this.reply(view.id, false);
  }
}
