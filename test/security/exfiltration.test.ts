/**
 * The exfiltration matrix: the real app in a network of its own, where every packet is captured, on a page that tries
 * every way out for what was typed into it. Each way has a control: a bare window with the same page, seen to leak.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { buildWhenStale } from "../../build/bundle.mjs";
import { root } from "../../build/electron-command.mjs";
import type { Findings } from "./exfiltration/inside.ts";
import type { Way } from "./exfiltration/way.ts";
import { WAYS } from "./exfiltration/ways.ts";

const EXPECTED = "no packet and not a byte of the secret leaves";

/** Root makes a namespace at once, others inside a user namespace. */
const PREFIXES = [
  ["unshare", "--net", "--mount"],
  ["unshare", "--user", "--map-root-user", "--net", "--mount"],
];

const works = ([program = "", ...words]: readonly string[]) => spawnSync(program, words).status === 0;
const prefix = PREFIXES.find((words) => works([...words, "ip", "link", "add", "trial", "type", "veth"]));

function missing(): string | false {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (prefix === undefined) return "this machine lets nobody make a network namespace with a cable (ip link type veth)";
  const program = ["tcpdump", "ss", "xdotool", "Xvfb", "setpriv"].find((name) => !works(["which", name]));
  return program === undefined ? false : `${program} is not installed`;
}

const skip = missing();

describe("what was typed into a page of a site", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-matrix-"));
  let found: Findings;

  before(async () => {
    buildWhenStale();
    found = await matrix(folder);
    mkdirSync(join(root, "out"), { recursive: true });
    writeFileSync(
      join(root, "out/exfiltration.json"),
      `${JSON.stringify(
        WAYS.map((way) => row(way, found)),
        undefined,
        2,
      )}\n`,
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("stays, whatever its scripts try: every way by itself", () => {
    const leaking = WAYS.filter(({ id }) => leaks(found.app, id)).map(({ id }) => id);
    assert.deepEqual(leaking, []);
  });

  it("leaves a bare window by each of these ways", () => {
    const dry = WAYS.filter((way) => way.closedAnyway === undefined && !leaks(found.control, way.id));
    assert.deepEqual(
      dry.map(({ id }) => id),
      [],
    );
    assert.ok(WAYS.filter(({ closedAnyway }) => closedAnyway === undefined).length >= 45);
  });

  it("brings no packet about but the gateway's with the site, on the cable and on loopback", () => {
    assert.deepEqual(found.app.unexplained, []);
    assert.ok((found.app.explained["gateway and bank"] ?? 0) > 0, "the site was never reached");
    assert.ok((found.app.explained["page and gateway"] ?? 0) > 0, "the page never reached its gateway");
  });

  it("is nowhere in any spelling", () => {
    assert.deepEqual(found.app.secretIn, []);
    assert.ok(found.control.secretIn.length > 45, "the control must find it");
  });

  it("was at stake: the page has tried every way", () => {
    const tried = found.app.bank.find((line) => line.startsWith("POST /tried ")) ?? "";
    const trials = Object.keys(JSON.parse(tried.replace(/^POST \/tried /, "")));
    const left = found.app.bank.flatMap((line) => /^POST \/left\/(\S+)/.exec(line)?.[1] ?? []);
    const expected = WAYS.filter(({ place }) => place !== "engine").map(({ id }) => id);
    assert.deepEqual([...trials, ...left].sort(), [...expected].sort());
  });
});

async function matrix(folder: string): Promise<Findings> {
  const file = join(folder, "findings.json");
  const [program = "", ...words] = [...(prefix ?? []), process.execPath, "--import", "tsx"];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(program, [...words, join(root, "test/security/exfiltration/inside.ts"), file], {
    cwd: root,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (bytes) => {
    said += bytes;
  });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  assert.equal(code, 0, said.slice(-4000));
  return JSON.parse(readFileSync(file, "utf8"));
}

function leaks({ ways }: Findings["app"], id: string): boolean {
  const seen = ways[id];
  return seen === undefined || seen.packets > 0 || seen.secret || seen.program;
}

function row({ id, way, closedAnyway }: Way, { control, app }: Findings) {
  const outcome = leaks(app, id) ? `leaked: ${JSON.stringify(app.ways[id])}` : "nothing left";
  const bare = control.ways[id];
  const kinds = [
    ...(bare?.packets ? [`${bare.packets} packets`] : []),
    ...(bare?.program ? ["another program was started"] : []),
    ...(bare?.secret ? ["the secret was seen"] : []),
  ];
  const without =
    closedAnyway === undefined ? `a bare window leaks: ${kinds.join(", ")}` : `no control: ${closedAnyway}`;
  return { id, way, expected: EXPECTED, outcome: `${outcome}; ${without}` };
}
