/** What pages ask the user by themselves. The interface shows it in its own place, one at a time, under the site's name. */
import { randomUUID } from "node:crypto";
import type { WebContents } from "electron";
import type { CallArguments, QuestionView } from "../ipc/contract.ts";

export type Question = Pick<QuestionView, "kind" | "text" | "canSilence">;
export type Answer = Omit<CallArguments<"question.answer">[0], "id">;

/** What a question that nobody can answer any more counts as. */
const DISMISSED: Answer = { accepted: false, silence: false };

/** Longer texts of a page are cut. */
const LONGEST = 2000;

interface Waiting {
  readonly view: QuestionView;
  readonly contents: WebContents;
  readonly answer: (answer: Answer) => void;
}

export class Questions {
  readonly #changed: () => void;
  #waiting: readonly Waiting[] = [];

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The question that the interface shows now. */
  get current(): QuestionView | undefined {
    return this.#waiting[0]?.view;
  }

  /** @param site id of the site whose page asks */
  ask(site: string, contents: WebContents, question: Question): Promise<Answer> {
    const text = question.text.length > LONGEST ? `${question.text.slice(0, LONGEST)}…` : question.text;
    const view: QuestionView = { ...question, text, id: randomUUID(), site };
    return new Promise((answer) => {
      this.#waiting = [...this.#waiting, { view, contents, answer }];
      contents.once("destroyed", () => this.drop(contents));
      this.#changed();
    });
  }

  /** @returns the page that had asked */
  reply(id: string, answer: Answer): WebContents | undefined {
    const asked = this.#waiting.find(({ view }) => view.id === id);
    this.#waiting = this.#waiting.filter((each) => each !== asked);
    asked?.answer(answer);
    if (asked) this.#changed();
    return asked?.contents;
  }

  /** The page that asks has lost its proof, or is gone. */
  drop(contents: WebContents): void {
    for (const { view } of this.#waiting.filter((each) => each.contents === contents)) this.reply(view.id, DISMISSED);
  }
}
