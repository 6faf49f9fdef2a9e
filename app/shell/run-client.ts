/** Binds the client to its window, to the calls of the interface and to the events of the engine. */
import { app, type BrowserWindow, ipcMain } from "electron";
import { registerCalls } from "../ipc/register.ts";
import { callHandlers } from "./calls.ts";
import { Client } from "./client.ts";
import { showMenu } from "./menu.ts";
import { UI_ORIGIN } from "./scheme.ts";
import type { StartWords } from "./switches.ts";
import { watchSurroundings } from "./watch-surroundings.ts";
import { watchTickets } from "./watch-tickets.ts";

export function runClient(window: BrowserWindow, start: StartWords): void {
  const impostors = once(async () =>
    (await import("./impostors.ts")).learnedImpostors(start.demo, (text) => client.notify(text)),
  );
  const trust = once(async () => {
    const { createTrustPath } = await import("./trust-path.ts");
    return createTrustPath({ demo: start.demo, impostors: await impostors() });
  });
  const keystore = async () => (await trust()).keystore;
  const client = new Client({
    window,
    demo: start.demo,
    loadProfile: async () => (await import("./profile-state.ts")).profileState(start.profile),
    startGateway: async (...parts) => (await trust()).startGateway(...parts),
    openLists: async (profile, events) => {
      const { openLists } = await import("./hostile-lists.ts");
      return openLists(profile, async (list) => (await trust()).listSource(list), events);
    },
    keystore,
  });
  registerCalls({
    ipc: ipcMain,
    sender: { webContentsId: () => (window.isDestroyed() ? undefined : window.webContents.id), origin: UI_ORIGIN },
    handlers: callHandlers(client, { window: () => window, keystore, impostors }),
    rejected: ({ call, code, fault }) => console.error(`rejected call ${call}: ${code}: ${fault}`),
  });
  followEngine(client);
  followWindow(client, window);
  window.webContents.once("did-finish-load", () => {
    showMenu({
      focus: (what) => client.focus(what),
      focusPage: () => client.focusPage(),
      view: (command) => client.command(command),
      edit: (command) => client.edit(command),
      closeSite: () => void client.closeActive(),
      reloadProfile: () => void client.reloadProfile(),
    });
    // Loaded before the first site is opened, after everything that is seen first.
    setTimeout(() => void trust(), 300);
    const ends = [
      watchSurroundings({
        lapse: (why, again) => client.lapse(why, again),
        networkBack: () => client.networkBack(),
      }),
      watchTickets({
        needed: () => client.restsOnSignIn,
        credential: async () => (await trust()).credential(),
        missing: (why) => client.signInMissing(why),
        found: () => client.signInFound(),
      }),
    ];
    app.once("will-quit", () => {
      for (const end of ends) end();
    });
  });
}

function followEngine(client: Client): void {
  app.on("login", (event, contents, details, info, answer) => {
    event.preventDefault();
    client.logins.ask({ contents: contents ?? undefined, url: details.url, info, answer });
  });
  app.on("certificate-error", (event, _contents, _url, _error, _certificate, answer) => {
    event.preventDefault();
    answer(false);
  });
  app.on("select-client-certificate", (event, _contents, _url, _list, answer) => {
    event.preventDefault();
    answer();
  });
}

function followWindow(client: Client, window: BrowserWindow): void {
  let leaving = false;
  window.on("close", (event) => {
    if (leaving || !client.hasOpenSites) return;
    event.preventDefault();
    void client.closeAll().then((closed) => {
      leaving = closed;
      if (closed) window.close();
    });
  });
  window.webContents.on("render-process-gone", (_event, { reason }) => {
    if (reason !== "clean-exit" && !window.isDestroyed()) window.webContents.reload();
  });
  window.on("app-command", (_event, command) => {
    if (command === "browser-backward") client.command("back");
    if (command === "browser-forward") client.command("forward");
  });
  app.on("second-instance", () => {
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
