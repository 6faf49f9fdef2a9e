// Starts the app whose folder or file stands first on the command line, as Electron's own default app does.
const { app } = require("electron");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

function parse(argv) {
  const preload = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index];
    if (word === "-r" || word === "--require") {
      index += 1;
      preload.push(argv[index]);
    } else if (!word.startsWith("-")) return { preload, place: word };
  }
  return { preload, place: undefined };
}

function describe(place) {
  const manifest = path.join(place, "package.json");
  if (!fs.existsSync(manifest)) return place;
  const { name, productName, version, main } = JSON.parse(fs.readFileSync(manifest, "utf8"));
  app.setName(productName ?? name);
  if (version) app.setVersion(version);
  app.setAppPath(place);
  return path.join(place, main ?? "index.js");
}

const { preload, place } = parse(process.argv.slice(1));
if (preload.length > 0) Module._preloadModules(preload);
if (place === undefined) {
  console.error("electron: name the folder of an app");
  app.exit(2);
} else {
  const file = describe(path.resolve(place));
  process.defaultApp = true;
  try {
    // Synchronously: an app sets switches and schemes before the engine is ready.
    Module._load(file, module, true);
  } catch (error) {
    console.error(error);
    app.exit(1);
  }
}
