/** The one window: where it stands, what it may load, and nothing about sites. */
import { join } from "node:path";
import { app, BrowserWindow, nativeTheme, screen, session } from "electron";
import { serveInterface, UI_ADDRESS } from "./scheme.ts";
import { denyPermissions } from "./site-session.ts";
import { fitBounds, INITIAL, MINIMUM, readPlace, writePlace } from "./window-bounds.ts";

/** Creates the window and starts loading the interface; everything else may come after the first paint. */
export function openWindow(folders: { readonly preload: string; readonly renderer: string }): BrowserWindow {
  prepareInterfaceSession(folders.renderer);
  const file = join(app.getPath("userData"), "window.json");
  const place = readPlace(file);
  const fitted =
    place.bounds &&
    fitBounds(
      place.bounds,
      screen.getAllDisplays().map(({ workArea }) => workArea),
    );
  const window = new BrowserWindow({
    ...INITIAL,
    ...fitted,
    minWidth: MINIMUM.width,
    minHeight: MINIMUM.height,
    title: "Countersign",
    backgroundColor: background(),
    autoHideMenuBar: true,
    webPreferences: {
      preload: folders.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
      navigateOnDragDrop: false,
      devTools: !app.isPackaged,
    },
  });
  if (place.maximized) window.maximize();
  keepPlace(window, file);
  shutInterface(window);
  void window.loadURL(UI_ADDRESS);
  return window;
}

function background(): string {
  return nativeTheme.shouldUseDarkColors ? "#16181d" : "#f6f7f9";
}

/** The interface's own session: its files, and no way to any network. */
function prepareInterfaceSession(folder: string): void {
  const own = session.defaultSession;
  own.setSpellCheckerLanguages([]);
  own.setSpellCheckerEnabled(false);
  denyPermissions(own);
  own.setCertificateVerifyProc((_request, callback) => callback(-2));
  void own.setProxy({ mode: "fixed_servers", proxyRules: "http://127.0.0.1:1", proxyBypassRules: "<-loopback>" });
  own.on("will-download", (event) => event.preventDefault());
  serveInterface(own, folder);
}

/** The interface stays where it is: no navigation, no windows, no zoom by accident. */
function shutInterface(window: BrowserWindow): void {
  const contents = window.webContents;
  contents.on("will-navigate", (event) => event.preventDefault());
  contents.on("will-frame-navigate", (event) => event.preventDefault());
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
  window.on("page-title-updated", (event) => event.preventDefault());
  nativeTheme.on("updated", () => {
    if (!window.isDestroyed()) window.setBackgroundColor(background());
  });
}

function keepPlace(window: BrowserWindow, file: string): void {
  let timer: NodeJS.Timeout | undefined;
  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    if (window.isDestroyed()) return;
    try {
      writePlace(file, { bounds: window.getNormalBounds(), maximized: window.isMaximized() });
    } catch (error) {
      console.error("the window's place could not be kept:", error instanceof Error ? error.message : error);
    }
  };
  const soon = () => {
    timer ??= setTimeout(write, 500);
  };
  window.on("resize", soon);
  window.on("move", soon);
  window.on("maximize", soon);
  window.on("unmaximize", soon);
  window.on("close", write);
}
