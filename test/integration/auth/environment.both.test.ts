import assert from "node:assert/strict";
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Expectation } from "../../../app/core/expectation.ts";
import { HOST } from "../../realm/scene.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();
const directory = mkdtempSync(join(tmpdir(), "countersign-environment-"));
after(async () => {
  await stage.close();
  rmSync(directory, { recursive: true, force: true });
});

async function openWith(environment: Readonly<Record<string, string>>, to: Expectation): Promise<unknown> {
  const child = fork(fileURLToPath(new URL("./open-in-child.ts", import.meta.url)), [], {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const exited = once(child, "exit");
  child.send(to);
  const [answer] = await once(child, "message");
  await exited;
  return answer;
}

describe("no environment variable changes who is trusted", () => {
  const file = join(directory, "stranger.pem");
  writeFileSync(file, stage.scene.strangeRoot.certificatePem);
  // The name under which OpenSSL and BoringSSL look for it in SSL_CERT_DIR.
  const hash = execFileSync("openssl", ["x509", "-in", file, "-noout", "-hash"], { encoding: "utf8" }).trim();
  writeFileSync(join(directory, `${hash}.0`), stage.scene.strangeRoot.certificatePem);
  const environments = [
    { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    { NODE_EXTRA_CA_CERTS: file },
    { SSL_CERT_FILE: file, NODE_OPTIONS: process.versions.electron === undefined ? "--use-openssl-ca" : "" },
    { SSL_CERT_DIR: directory, NODE_OPTIONS: process.versions.electron === undefined ? "--use-openssl-ca" : "" },
  ];

  for (const environment of environments) {
    it(Object.keys(environment).join(" with "), async () => {
      const stranger = stage.scene.strangeRoot.issue({ names: { dns: [HOST] }, key: stage.scene.genuine.key });
      const impostor = await stage.serve({ certificate: stranger });
      const genuine = await stage.serve();
      const to = (port: number) => stage.expectation(port, { method: "form" });
      assert.equal(await openWith(environment, to(impostor.port)), "server.untrusted");
      assert.equal(await openWith(environment, to(genuine.port)), "authenticated");
    });
  }
});
