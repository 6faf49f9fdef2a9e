/** Where the app and its commands keep what they learn of impostors. */
import { join } from "node:path";
import { app } from "electron";
import { LearnedImpostors } from "../hostile/learned.ts";

/** The demonstration learns for itself. */
export function impostorFolder(demo: boolean): string {
  return join(app.getPath("userData"), demo ? "demo-impostors" : "impostors");
}

/** @param notify shows a sentence to the user */
export function learnedImpostors(demo: boolean, notify: (text: string) => void): LearnedImpostors {
  return new LearnedImpostors({
    folder: impostorFolder(demo),
    trouble: (fault) => {
      console.error("impostors:", fault);
      notify("Part of what this computer remembers of flagged servers could not be read or kept. Tell your support.");
    },
  });
}
