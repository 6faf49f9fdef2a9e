/** What becomes of a fault of the program itself. */
import { app, BaseWindow, webContents } from "electron";

/** Exit code for it, that of no command. */
export const EXIT_FAULT = 70;

/**
 * After an error that nobody caught, nothing that is on the screen can be vouched for: every page goes at once and the
 * program ends. Electron's own way would be a box, with the page standing behind it.
 */
export function failClosed(): void {
  process.on("uncaughtException", (error) => {
    console.error("countersign: ended by a fault of the program:", error);
    for (const window of BaseWindow.getAllWindows()) window.hide();
    for (const contents of webContents.getAllWebContents()) contents.close();
    setImmediate(() => app.exit(EXIT_FAULT));
  });
}
