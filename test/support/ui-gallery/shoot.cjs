/**
 * Pictures of every scene, light and dark: electron test/support/ui-gallery/shoot.cjs <gallery> <out> [scene ...]
 * Prints violations of the content security policy and console errors; exits 1 if there were any.
 */
const { app, BrowserWindow, nativeTheme } = require("electron");
const { mkdirSync, writeFileSync } = require("node:fs");
const { join, resolve } = require("node:path");

const given = process.argv.slice(process.argv.findIndex((argument) => argument.endsWith("shoot.cjs")) + 1);
const [gallery, out, ...wanted] = given.filter((argument) => !argument.startsWith("--"));
const size = (process.env.SIZE ?? "1280x820").split("x").map(Number);
let faults = 0;

async function shoot(window, scene, theme) {
  nativeTheme.themeSource = theme;
  await window.loadURL(`file://${resolve(gallery, "index.html")}?${theme}#${scene}`);
  const run = (code) => window.webContents.executeJavaScript(code);
  await run("new Promise((done) => setTimeout(done, 150))");
  for (const selector of await run("window.clicks")) {
    await run(`document.querySelector(${JSON.stringify(selector)}).click()`);
    await run("new Promise((done) => setTimeout(done, 200))");
  }
  await run("new Promise((done) => setTimeout(done, 250))");
  writeFileSync(join(out, `${scene}-${theme}.png`), (await window.capturePage()).toPNG());
}

async function shootAll() {
  await app.whenReady();
  mkdirSync(out, { recursive: true });
  const window = new BrowserWindow({ width: size[0], height: size[1], useContentSize: true });
  window.webContents.on("console-message", (_event, level, message) => {
    if (level < 2) return;
    faults += 1;
    console.log(`console: ${message}`);
  });
  await window.loadURL(`file://${resolve(gallery, "index.html")}`);
  const names = await window.webContents.executeJavaScript("window.sceneNames");
  for (const scene of names.filter((name) => wanted.length === 0 || wanted.includes(name)))
    for (const theme of ["light", "dark"]) await shoot(window, scene, theme);
}

app.on("window-all-closed", () => {});
shootAll().then(
  () => app.exit(faults === 0 ? 0 : 1),
  (error) => {
    console.error(error);
    app.exit(2);
  },
);
