/** What a page puts before the user by itself, outside its view: its dialogs and files it offers to save. */
import type { WebContents } from "electron";
import { z } from "zod";
import type { Stage } from "./page.ts";
import type { Answer, Question } from "./questions.ts";

/**
 * The engine's own event, with which alert() and confirm() reach the listener that draws them; it has no public one.
 * Were it called otherwise in another engine, that engine's own listener would draw nothing: `disableDialogs` is set.
 * prompt() never gets here: the engine refuses it.
 */
const DIALOG = "-run-dialog";

const dialogShape = z.object({ dialogType: z.enum(["alert", "confirm"]), messageText: z.string() });

type Reply = (accepted: boolean, text: string) => void;

export interface DialogGuard {
  /** Whether the page may be seen now. */
  live(): boolean;
  ask(question: Question): Promise<Answer>;
}

/** Dialogs of a page are our own questions, and only while the page may be seen; otherwise they count as dismissed. */
export function guardDialogs(contents: WebContents, guard: DialogGuard): void {
  const emitter: NodeJS.EventEmitter = contents;
  let asked = 0;
  let silent = false;
  contents.on("did-navigate", () => {
    asked = 0;
    silent = false;
  });
  emitter.removeAllListeners(DIALOG);
  emitter.on(DIALOG, (given: unknown, reply: Reply) => {
    const dialog = dialogShape.safeParse(given);
    if (!dialog.success || silent || !guard.live()) return reply(false, "");
    const { dialogType: kind, messageText: text } = dialog.data;
    asked += 1;
    void guard.ask({ kind, text, canSilence: asked > 1 }).then(({ accepted, silence }) => {
      silent = silence;
      // An answer given after the page was shut is none of it.
      reply(accepted && guard.live(), "");
    });
  });
}

/**
 * Whether the user may be asked where to save a file. A document under way becomes one before its page could be seen,
 * but it came over a proven channel; what a page makes up itself needs a page that may be seen.
 */
export function mayOfferFile(stage: Stage, url: string): boolean {
  return stage === "page" || (stage === "waiting" && url.startsWith("https:"));
}
