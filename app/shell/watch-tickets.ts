/** When to look for the user's sign-in: at intervals, since no system tells all of it, and when the user comes back. */
import { app, powerMonitor } from "electron";
import { TicketWatch, type TicketWatchHost } from "./ticket-watch.ts";

/** Milliseconds. */
const INTERVAL = 5000;

/** @returns a function that ends the watch */
export function watchTickets(host: TicketWatchHost): () => void {
  const watch = new TicketWatch(host);
  const look = () => void watch.look();
  const timer = setInterval(look, INTERVAL);
  app.on("browser-window-focus", look);
  powerMonitor.on("unlock-screen", look);
  return () => {
    clearInterval(timer);
    app.off("browser-window-focus", look);
    powerMonitor.off("unlock-screen", look);
  };
}
