/**
 * Debian packages that building, running and testing need. Other systems bring their own equivalents.
 * A name with a `t64` twin (Debian 13, Ubuntu 24.04) counts as either.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** keytar is compiled where its prebuilt file is out of reach. */
const forBuilding = ["g++", "make", "python3", "pkg-config", "libsecret-1-dev"];

const forElectron = [
  "libgtk-3-0",
  "libnss3",
  "libasound2",
  "libgbm1",
  "libxss1",
  "libxtst6",
  "libnotify4",
  "libsecret-1-0",
  "libatk-bridge2.0-0",
  "libdrm2",
  "libxkbcommon0",
];

/** A display, a session bus and a keyring for machines without, and tools that look at windows. */
const forDesktop = [
  "xvfb",
  "xauth",
  "dbus",
  "dbus-x11",
  "gnome-keyring",
  "xdotool",
  "xinput",
  "imagemagick",
  "fonts-dejavu-core",
];

/** Real parts that tests run against. */
const forTests = [
  "nginx-light",
  "openssl",
  "stunnel4",
  "tcpdump",
  "iproute2",
  "procps",
  "curl",
  "krb5-kdc",
  "krb5-admin-server",
  "krb5-user",
  "libgssapi3-heimdal",
  "faketime",
  "apache2",
  "libapache2-mod-auth-gssapi",
  "python3",
  "python3-gssapi",
  "slapd",
];

/** @returns {boolean} */
export function isDebian() {
  return process.platform === "linux" && existsSync("/usr/bin/dpkg-query") && existsSync("/usr/bin/apt-get");
}

/** Folder whose `include/node/node.h` node-gyp may use instead of downloading headers. */
export function nodeHeaders() {
  const prefixes = [dirname(dirname(process.execPath)), "/usr"];
  return prefixes.find((prefix) => existsSync(join(prefix, "include/node/node.h")));
}

function installed() {
  const answer = spawnSync("dpkg-query", ["-W", "-f", "${db:Status-Abbrev} ${Package}\n"], { encoding: "utf8" });
  const names = answer.stdout.split("\n").filter((line) => line.startsWith("ii"));
  return new Set(names.map((line) => line.slice(3).trim()));
}

/** @returns {string[]} names of packages that are missing; empty on systems other than Debian. */
export function missingPackages() {
  if (!isDebian()) return [];
  const have = installed();
  const wanted = [...forBuilding, ...forElectron, ...forDesktop, ...forTests];
  if (nodeHeaders() === undefined) wanted.push("libnode-dev");
  return wanted.filter((name) => !have.has(name) && !have.has(`${name}t64`) && !(name === "nginx-light" && hasNginx()));
}

function hasNginx() {
  return existsSync("/usr/sbin/nginx");
}

/** The twin of a package that this release of Debian knows. */
function nameHere(name) {
  const known = (candidate) =>
    spawnSync("apt-cache", ["show", "--no-all-versions", candidate], { stdio: "ignore" }).status === 0;
  return !known(name) && known(`${name}t64`) ? `${name}t64` : name;
}

export function installCommand(names) {
  return `apt-get update && apt-get install -y --no-install-recommends ${names.join(" ")}`;
}

/**
 * Installs packages as root. Servers among them must not start by themselves: Debian's policy-rc.d says so meanwhile.
 * @param {string[]} names
 */
export function installPackages(names) {
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const run = (args) => spawnSync("apt-get", args, { env: environment, encoding: "utf8", maxBuffer: 1 << 26 });
  const update = run(["update"]);
  if (update.status !== 0) throw new Error(`apt-get update failed:\n${update.stderr}`);
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    const answer = run(["install", "-y", "--no-install-recommends", ...names.map(nameHere)]);
    if (answer.status !== 0) throw new Error(`apt-get install failed:\n${answer.stdout}\n${answer.stderr}`);
  } finally {
    if (ours && readFileSync(policy, "utf8").includes("exit 101")) rmSync(policy);
  }
}
