import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { FuseV1Options, getCurrentFuseWire } from "@electron/fuses";
import { root } from "../../build/electron-command.mjs";
import { type Nginx, startNginx } from "../realm/nginx.ts";
import { makePkcs12 } from "../realm/pkcs12.ts";
import { HOST, makeScene } from "../realm/scene.ts";
import { asOrdinaryUser } from "./ordinary-user.ts";

const application = join(root, "release/linux-unpacked");
const ENABLED = "1".charCodeAt(0);
const DISABLED = "0".charCodeAt(0);

const isRoot = process.getuid?.() === 0;
const skip = process.platform !== "linux" ? "the packaged scene is written for Linux" : false;

describe("the packaged app", { skip }, () => {
  before(() => {
    const answer = spawnSync(process.execPath, [join(root, "build/package.mjs")], { cwd: root, encoding: "utf8" });
    assert.equal(answer.status, 0, `${answer.stdout}\n${answer.stderr}`);
  });

  test("has every fuse as electron-builder.yml says", async () => {
    const wire = await getCurrentFuseWire(join(application, "countersign-electron"));
    const expected: Readonly<Record<number, number>> = {
      [FuseV1Options.RunAsNode]: DISABLED,
      [FuseV1Options.EnableCookieEncryption]: ENABLED,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: DISABLED,
      [FuseV1Options.EnableNodeCliInspectArguments]: DISABLED,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: ENABLED,
      [FuseV1Options.OnlyLoadAppFromAsar]: ENABLED,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: DISABLED,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: DISABLED,
    };
    for (const [fuse, state] of Object.entries(expected)) {
      assert.equal(wire[Number(fuse) as FuseV1Options], state, FuseV1Options[Number(fuse)]);
    }
  });

  describe("as an ordinary user runs it", { skip: isRoot ? false : "needs root, to be another user" }, () => {
    const scene = makeScene();
    let portal: Nginx;
    let impostor: Nginx;
    let pictures: string;
    let result: Record<string, { status: number; stdout: string; stderr: string }> & {
      window: Record<"titles" | "listening" | "afterSignal", readonly string[]>;
    };

    before(async () => {
      const clientAuthorityPem = scene.clientAuthority.certificatePem;
      portal = await startNginx({ certificate: scene.genuine, clientAuthorityPem });
      impostor = await startNginx({ certificate: scene.leaf(), clientAuthorityPem });
      pictures = mkdtempSync(join(tmpdir(), "countersign-pictures-"));
      chmodSync(pictures, 0o777);
      const origin = (server: Nginx) => `https://${HOST}:${server.port}`;
      const site = (id: string, name: string, server: Nginx) => ({
        id,
        name,
        origins: [origin(server)],
        addresses: ["127.0.0.1"],
        server: { pins: [scene.genuine.pin], anchors: [scene.root.certificatePem] },
        client: { method: "certificate", issuer: scene.clientAuthority.subject },
      });
      const profile = JSON.stringify({
        version: 1,
        serial: 1,
        organization: "Example Bank",
        sites: [site("bank", "Online banking", portal), site("impostor", "Impostor", impostor)],
        hostile: [],
        unlisted: "refuse",
      });
      const ended = await asOrdinaryUser({
        application,
        policies: { "countersign.json": profile },
        files: {
          "profile.json": profile,
          "user.p12": makePkcs12(scene.identity, { passphrase: "scene" }),
          pass: "scene",
        },
        script: "scene.ts",
        arguments: [pictures, `${origin(portal)}/`, `${origin(impostor)}/`],
      });
      assert.equal(ended.status, 0, `${ended.stdout}\n${ended.stderr}`);
      result = JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "");
    });
    after(async () => {
      await portal?.stop();
      await impostor?.stop();
      if (pictures) rmSync(pictures, { recursive: true, force: true });
    });

    test("commands work without a display and with the words of a checkout", () => {
      assert.equal(result.imported?.status, 0, JSON.stringify(result.imported));
      assert.match(result.listed?.stdout ?? "", new RegExp(scene.identity.fingerprint));
      assert.equal(result.genuine?.status, 0, JSON.stringify(result.genuine));
      assert.equal(JSON.parse(result.genuine?.stdout ?? "").verdict, "authenticated");
      assert.equal(result.impostor?.status, 10, JSON.stringify(result.impostor));
      assert.equal(JSON.parse(result.impostor?.stdout ?? "").code, "server.pin-mismatch");
      assert.deepEqual(JSON.parse(result.flagged?.stdout ?? ""), []);
      assert.equal(result.unknown?.status, 2, JSON.stringify(result.unknown));
    });

    test("debugging, weakened certificates and key logs are refused at the door", () => {
      for (const name of ["debugged", "inspected", "weakened", "keyLog", "preloaded"] as const) {
        assert.equal(result[name]?.status, 2, `${name}: ${JSON.stringify(result[name])}`);
        assert.match(result[name]?.stderr ?? "", /is refused, because/, name);
      }
    });

    test("variables that name certificates change nothing", () => {
      assert.equal(result.genuineWithVariables?.status, 0, JSON.stringify(result.genuineWithVariables));
      const { status, stdout } = result.impostorWithVariables ?? {};
      assert.equal(status, 10, JSON.stringify(result.impostorWithVariables));
      assert.equal(JSON.parse(stdout ?? "").code, "server.pin-mismatch");
    });

    test("the executable is no Node", () => {
      assert.doesNotMatch(result.asNode?.stdout ?? "", /ran as node/);
    });

    test("the running program waits for connections at its gateway alone, also after the debugger's signal", () => {
      const { listening, afterSignal } = result.window;
      assert.equal(listening.length, 1, JSON.stringify(listening));
      assert.match(listening[0] ?? "", /^127\.0\.0\.1:/);
      assert.deepEqual(
        afterSignal.filter((each) => !listening.includes(each)),
        [],
      );
    });

    test("the window opens the portal, with the profile from the policy directory and X input alone", () => {
      mkdirSync(join(root, "out/e2e"), { recursive: true });
      copyFileSync(join(pictures, "packaged.png"), join(root, "out/e2e/packaged.png"));
      assert.match(
        result.window.titles.at(-1) ?? "",
        /^Online banking – Countersign$/,
        JSON.stringify(result.window.titles),
      );
      const pages = portal.requests().filter(({ request }) => request.startsWith("GET / "));
      assert.ok(pages.length > 0, "the portal served its page");
      assert.ok(pages.every(({ clientVerify }) => clientVerify === "SUCCESS"));
      assert.equal(impostor.requests().length, 0, "the impostor got no request");
      assert.ok(readFileSync(join(root, "out/e2e/packaged.png")).length > 10_000, "the picture shows something");
    });
  });
});
