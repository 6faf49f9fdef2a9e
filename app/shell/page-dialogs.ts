/** What a page puts before the user by itself, outside its view: the engine's dialogs and files it offers to save. */
import type { WebContents } from "electron";
import type { Stage } from "./page.ts";

/** The engine's own event, with which alert() and confirm() reach the listener that draws them; it has no public one. */
const DIALOG = "-run-dialog";

type Draw = (dialog: unknown, answer: (accepted: boolean, text: string) => void) => void;

/** Dialogs of a page appear only while the page itself may be seen; otherwise they are answered as if dismissed. */
export function guardDialogs(contents: WebContents, live: () => boolean): void {
  const emitter: NodeJS.EventEmitter = contents;
  const drawers = emitter.listeners(DIALOG) as Draw[];
  emitter.removeAllListeners(DIALOG);
  emitter.on(DIALOG, (dialog: unknown, answer: (accepted: boolean, text: string) => void) => {
    // An answer given after the page was shut is none of it.
    const late = (accepted: boolean, text: string) => (live() ? answer(accepted, text) : answer(false, ""));
    if (!live() || drawers.length === 0) answer(false, "");
    else for (const draw of drawers) draw.call(contents, dialog, late);
  });
}

/**
 * Whether the user may be asked where to save a file. A document under way becomes one before its page could be seen,
 * but it came over a proven channel; what a page makes up itself needs a page that may be seen.
 */
export function mayOfferFile(stage: Stage, url: string): boolean {
  return stage === "page" || (stage === "waiting" && url.startsWith("https:"));
}
