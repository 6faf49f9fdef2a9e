/** The control: a window of Electron without any guard, which is to leak by every way. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MAIN = `const { app, BrowserWindow, crashReporter, session } = require("electron");
const { origin, secret, leave, quic, crash } = JSON.parse(process.env.BARE_TASK);
app.commandLine.appendSwitch("enable-quic");
app.commandLine.appendSwitch("short-reporting-delay");
app.commandLine.appendSwitch("origin-to-force-quic-on", quic + ":443");
crashReporter.start({ submitURL: "http://" + crash + "/", uploadToServer: true, compress: false });
const later = (time) => new Promise((done) => setTimeout(done, time));
async function open(path) {
  const window = new BrowserWindow({ width: 800, height: 600, webPreferences: { sandbox: true, spellcheck: true } });
  await window.loadURL(origin + path).catch(() => undefined);
  return window;
}
app.on("window-all-closed", () => undefined);
app.whenReady().then(async () => {
  const own = session.defaultSession;
  own.setCertificateVerifyProc((_request, answer) => answer(0));
  own.setSpellCheckerLanguages(["en-US"]);
  own.on("will-download", (_event, item) => item.setSavePath(process.env.BARE_FOLDER + "/" + Math.random()));
  const typing = await open("/typing");
  typing.webContents.focus();
  await typing.webContents.insertText(secret + ".");
  await later(11000);
  await Promise.all(leave.map((id) => open("/leave/" + id)));
  await later(3000);
  const blank = await open("/blank");
  blank.webContents.openDevTools({ mode: "detach" });
  await later(4000);
  process.kill(blank.webContents.getOSProcessId(), "SIGSEGV");
  await later(4000);
  app.exit(0);
});
`;

/** @returns the folder of the app */
export function writeBareApp(folder: string): string {
  const place = join(folder, "bare");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), '{ "name": "bare", "version": "1.0.0", "main": "main.cjs" }\n');
  writeFileSync(join(place, "main.cjs"), MAIN);
  return place;
}
